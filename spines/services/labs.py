"""Labs and who is in them."""

from __future__ import annotations

from django.db import transaction

from spines.access import get_lab, require_role
from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import Lab, Membership, Role, User
from spines.services import audit


@transaction.atomic
def create_lab(*, user: User, name: str) -> Lab:
    """Make a lab; its maker becomes its manager. Site admins only."""
    if not user.is_staff:
        raise NotAllowed("Only a site admin makes labs. Ask yours to add one and to put you in it.")
    if Lab.objects.filter(name__iexact=name).exists():
        raise Conflict(f"There is a lab named {name} already. Choose another name.")
    lab = Lab.objects.create(name=name)
    Membership.objects.create(lab=lab, user=user, role=Role.MANAGER)
    audit.record(actor=user, lab=lab, action="lab.created", subject=lab)
    return lab


@transaction.atomic
def set_member(*, user: User, lab_id: int, member: User, role: Role) -> Membership:
    """Put a person into a lab, or change their role. The last manager cannot be made less."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    managers = set(lab.memberships.filter(role=Role.MANAGER).values_list("user_id", flat=True))
    if role != Role.MANAGER and managers == {member.pk}:
        raise InvalidInput(f"{member} is the only manager of {lab}. Name another manager first.")
    membership, _ = Membership.objects.update_or_create(lab=lab, user=member, defaults={"role": role})
    audit.record(actor=user, lab=lab, action="lab.member_set", subject=membership, role=role.value)
    return membership
