"""Letting people in: a link that makes one account, or brings one into a lab, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from spines.access import get_lab, has_role, require_admin, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Invitation, Lab, Membership, Role, User
from spines.services import audit
from spines.services.accounts.links import digest, new_secret

LONGEST_NAME = 120
MOST_OPEN = 100


def _made(*, user: User | None, lab: Lab | None, role: str, for_whom: str, life: timedelta) -> tuple[Invitation, str]:
    for_whom = for_whom.strip()
    if len(for_whom) > LONGEST_NAME or not for_whom.isprintable():
        raise InvalidInput(f"Say in at most {LONGEST_NAME} characters whom the invitation is for, or nothing.")
    if open_invitations(lab).count() >= MOST_OPEN:
        raise Conflict(f"There are {MOST_OPEN} invitations that nobody has used. Take back what is not needed.")
    secret = new_secret()
    made = Invitation.objects.create(
        lab=lab,
        role=role,
        for_whom=for_whom,
        sha256=digest(secret),
        made_by=user,
        expires_at=timezone.now() + life,
    )
    audit.record(actor=user, lab=lab, action="invitation.made", subject=made, role=str(made), for_whom=for_whom)
    return made, secret


@transaction.atomic
def invite(*, user: User, lab_id: int, role: str, for_whom: str = "", life: timedelta) -> tuple[Invitation, str]:
    """Invite one person into a lab. Its managers do; administrators too, so that a lab without a manager gets one.

    Returns
    -------
    tuple of (Invitation, str)
        The row, and the secret that its link carries, which nothing can show again.
    """
    if role not in Role.values:
        raise InvalidInput(f"Choose a role: {', '.join(Role.values)}.")
    if user.is_staff:
        lab = Lab.objects.filter(pk=lab_id, archived_at=None).first()
        if lab is None:
            raise NotFound("There is no such lab, or it was archived.")
        if not has_role(user, lab, Role.MANAGER) and role != Role.MANAGER:
            raise InvalidInput("Administrators invite managers; the managers invite everybody else.")
    else:
        lab = get_lab(user, lab_id)
        require_role(user, lab, Role.MANAGER)
    return _made(user=user, lab=lab, role=role, for_whom=for_whom, life=life)


@transaction.atomic
def invite_administrator(*, user: User, for_whom: str = "", life: timedelta) -> tuple[Invitation, str]:
    """Invite another administrator. Administrators only."""
    require_admin(user)
    return _made(user=user, lab=None, role="", for_whom=for_whom, life=life)


@transaction.atomic
def first_administrator(*, life: timedelta, besides: str = "") -> str | None:
    """A link's secret for the first administrator, in place of those made before; None where there is one already.

    `besides` names an account that does not count: the demonstration's.
    """
    if User.objects.filter(is_staff=True, is_active=True).exclude(username=besides).exists():
        return None
    Invitation.objects.filter(lab=None, made_by=None, used_at=None).delete()
    _, secret = _made(user=None, lab=None, role="", for_whom="", life=life)
    return secret


def open_invitations(lab: Lab | None) -> QuerySet[Invitation]:
    """What was made for the lab (None: for administrators) and still lets somebody in."""
    rows = Invitation.objects.filter(lab=lab, used_at=None, expires_at__gt=timezone.now())
    return rows.select_related("made_by")


@transaction.atomic
def take_back(*, user: User, invitation_id: int) -> Invitation:
    """Make an invitation worthless, at once. Managers of its lab; administrators."""
    row = Invitation.objects.select_related("lab").filter(pk=invitation_id, used_at=None).first()
    if row is None or not (user.is_staff or (row.lab and has_role(user, get_lab(user, row.lab.pk), Role.MANAGER))):
        raise NotFound("There is no such invitation, or somebody used it already.")
    audit.record(actor=user, lab=row.lab, action="invitation.taken_back", subject=row, role=str(row))
    row.delete()
    return row


def invitation_of(secret: str, *, now: datetime | None = None) -> Invitation:
    """The invitation of a link. Raises `NotFound`: unknown, used, taken back and expired read the same."""
    row = Invitation.objects.select_related("lab", "made_by").filter(sha256=digest(secret), used_at=None).first()
    if row is None or row.expires_at <= (now or timezone.now()) or (row.lab and row.lab.archived_at):
        raise NotFound(
            "This link lets nobody in: it was used, taken back or has expired. Ask whoever sent it for a new one."
        )
    return row


@transaction.atomic
def accept(*, secret: str, user: User) -> Invitation:
    """Let somebody in who has an account. Who is in the lab already gets the greater of the two roles."""
    row = _used(secret, user)
    _let_in(row, user)
    return row


def invitations_by_mail(mail: str) -> QuerySet[Invitation]:
    """What is open for whoever has this address: invitations into labs that were made for it, by its letters."""
    rows = Invitation.objects.filter(used_at=None, expires_at__gt=timezone.now(), lab__archived_at=None)
    return rows.filter(lab__isnull=False, for_whom__iexact=mail) if mail else rows.none()


def take_invitations_by_mail(*, user: User, mail: str) -> int:
    """Let somebody into the labs that invited their address, which is known to be theirs. Returns how many."""
    rows = list(invitations_by_mail(mail).select_related("lab", "made_by").select_for_update(of=("self",)))
    for row in rows:
        row.used_at, row.used_by = timezone.now(), user
        row.save(update_fields=["used_at", "used_by"])
        _let_in(row, user)
    return len(rows)


@transaction.atomic
def accept_as_new(*, secret: str, username: str, full_name: str, email: str, password: str) -> User:
    """Make the account that an invitation is for, and let it in."""
    row = invitation_of(secret)
    username = username.strip()
    user = User(username=username, email=email.strip())
    user.first_name, _, user.last_name = full_name.strip().partition(" ")
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict(
            f"Somebody is named {username} already. Choose another name, or sign in and open the link again."
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    user.set_password(password)
    user.save()
    audit.record(actor=user, lab=row.lab, action="account.made", subject=user, invited_by=_name(row.made_by))
    _let_in(_used(secret, user), user)
    return user


def _name(user: User | None) -> str:
    return user.get_username() if user else ""


def _used(secret: str, user: User) -> Invitation:
    row = invitation_of(secret)
    if not Invitation.objects.filter(pk=row.pk, used_at=None).update(used_at=timezone.now(), used_by=user):
        raise Conflict("Somebody else used this link at this moment. Ask for a new one.")
    return row


def _let_in(row: Invitation, user: User) -> None:
    if row.lab is None:
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
        audit.record(actor=user, lab=None, action="administrator.made", subject=user, invited_by=_name(row.made_by))
        return
    held = Membership.objects.select_for_update().filter(lab=row.lab, user=user).first()
    before = held.role if held else None
    if held is None:
        Membership.objects.create(lab=row.lab, user=user, role=row.role)
    elif Role(held.role).rank < Role(row.role).rank:
        held.role = row.role
        held.save(update_fields=["role"])
    audit.record(
        actor=user,
        lab=row.lab,
        action="member.joined",
        subject=user,
        before=before,
        after=row.role,
        invited_by=_name(row.made_by),
    )
