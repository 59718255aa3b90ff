"""Who is in a lab, and with which role."""

from __future__ import annotations

from django.db import transaction

from spines.access import get_lab, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Lab, Membership, Role, User
from spines.services import audit


def _member(user: User, lab_id: int, member_id: int) -> tuple[Lab, Membership]:
    """A lab that the user rules and one of its members, with all memberships of the lab locked."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    rows = {row.user_id: row for row in Membership.objects.select_for_update().filter(lab=lab).select_related("user")}
    if member_id not in rows:
        raise NotFound(f"This person is not in {lab}. Somebody may have removed them.")
    row = rows[member_id]
    others = [each for each in rows.values() if each.role == Role.MANAGER and each.pk != row.pk]
    if row.role == Role.MANAGER and not others:
        raise Conflict(f"{row.user} is the only manager of {lab}. Make somebody else a manager first.")
    return lab, row


@transaction.atomic
def set_role(*, user: User, lab_id: int, member_id: int, role: str) -> Membership:
    """Give a member another role. Managers only; the last manager stays one."""
    if role not in Role.values:
        raise InvalidInput(f"Choose a role: {', '.join(Role.values)}.")
    lab, row = _member(user, lab_id, member_id)
    before = row.role
    if before != role:
        row.role = role
        row.save(update_fields=["role"])
        audit.record(
            actor=user,
            lab=lab,
            action="member.role_set",
            subject=row.user,
            member=row.user.username,
            before=before,
            after=role,
        )
    return row


@transaction.atomic
def remove_member(*, user: User, lab_id: int, member_id: int) -> User:
    """Take somebody out of a lab. Managers only; what the person did stays, with their name."""
    lab, row = _member(user, lab_id, member_id)
    audit.record(
        actor=user,
        lab=lab,
        action="member.removed",
        subject=row.user,
        member=row.user.username,
        before=row.role,
        after=None,
    )
    row.delete()
    return row.user
