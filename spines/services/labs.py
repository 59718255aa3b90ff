"""Making labs. Who is in one is set in the admin."""

from __future__ import annotations

from django.db import transaction

from spines.errors import Conflict, NotAllowed
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
