"""What a person changes of their own account, and administrators of others'."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from spines.access import require_admin
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import User
from spines.services import audit


@transaction.atomic
def set_own_name(*, user: User, first_name: str, last_name: str, email: str) -> User:
    """Change how others read of the user, and where mail goes."""
    row = User.objects.select_for_update().get(pk=user.pk)
    row.first_name, row.last_name, row.email = first_name.strip(), last_name.strip(), email.strip()
    try:
        row.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    row.save(update_fields=["first_name", "last_name", "email"])
    return row


@transaction.atomic
def set_own_password(*, user: User, old: str, new: str) -> User:
    """Change the user's password. Their API tokens end with it."""
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.has_usable_password():
        raise Conflict("This account has no password here: you sign in through your institution, which has yours.")
    if not row.check_password(old):
        raise InvalidInput("This is not your password of now. It tells capital and small letters apart.")
    try:
        validate_password(new, row)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    row.set_password(new)
    row.save()
    audit.record(actor=user, lab=None, action="account.password_changed", subject=row)
    return row


def _other(user: User, person_id: int) -> User:
    require_admin(user)
    row = User.objects.select_for_update().filter(pk=person_id).first()
    if row is None:
        raise NotFound("There is no such person.")
    return row


@transaction.atomic
def set_active(*, user: User, person_id: int, active: bool) -> User:
    """Switch an account off or on. Administrators only, and not their own. Who is off is signed out everywhere."""
    row = _other(user, person_id)
    if row.pk == user.pk:
        raise Conflict("You cannot switch off your own account. Ask another administrator.")
    if row.is_active != active:
        row.is_active = active
        row.save(update_fields=["is_active"])
        audit.record(actor=user, lab=None, action="account.activity_set", subject=row, before=not active, after=active)
    return row


@transaction.atomic
def set_administrator(*, user: User, person_id: int, administrator: bool) -> User:
    """Make somebody an administrator, or take that back. Administrators only, and not of themselves."""
    row = _other(user, person_id)
    if row.pk == user.pk:
        raise Conflict("You cannot stop being administrator yourself. Ask another one.")
    if (row.is_staff, row.is_superuser) != (administrator, administrator):
        before = row.is_staff
        row.is_staff = row.is_superuser = administrator
        row.save(update_fields=["is_staff", "is_superuser"])
        audit.record(actor=user, lab=None, action="administrator.set", subject=row, before=before, after=administrator)
    return row


@transaction.atomic
def note_reset_link(*, user: User, person_id: int) -> User:
    """An administrator makes a link with which this person sets a new password. Returns whom it is for."""
    row = _other(user, person_id)
    if not row.is_active:
        raise Conflict(f"The account {row} is switched off. Switch it on first.")
    audit.record(actor=user, lab=None, action="account.reset_link_made", subject=row)
    return row
