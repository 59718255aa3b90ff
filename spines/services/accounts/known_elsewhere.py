"""People whom another house knows: an institution that signs them in by OpenID Connect or LDAP.

It says who somebody is. What they may do here is still said here: by an invitation, or by a group that a setting maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import Lab, Membership, Role, User
from spines.services import audit
from spines.services.accounts.invitations import invitations_by_mail, take_invitations_by_mail

log = structlog.get_logger(__name__)

_LONGEST_NAME = 150
GroupRoles = Mapping[str, tuple[str, str]]
"""Of each group, in small letters: the name of a lab, and the role in it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A person as the other house knows them. `mail` counts for something only where it is verified."""

    house: str
    username: str
    first_name: str = ""
    last_name: str = ""
    mail: str = ""
    is_verified: bool = False
    groups: Sequence[str] = ()


def roles_of(known: Known, group_roles: GroupRoles) -> dict[str, Role]:
    """The greatest role that the person's groups give in each lab, by its name. Of a DN its first value counts, too."""
    roles: dict[str, Role] = {}
    for group in known.groups:
        first = group.partition(",")[0].partition("=")[2] or group
        lab, role = group_roles.get(group.lower()) or group_roles.get(first.lower()) or ("", "")
        if role and (lab not in roles or roles[lab].rank < Role(role).rank):
            roles[lab] = Role(role)
    return roles


@transaction.atomic
def make_known(*, known: Known, group_roles: GroupRoles, only_invited: bool) -> User:
    """Make the account of somebody who signs in for the first time. It has no password and is in no lab by itself.

    Raises
    ------
    Conflict
        An account has this mail address already: nobody gets it by saying so.
    NotAllowed
        Only who was invited, or is in a mapped group, gets an account (`only_invited`).
    """
    if known.mail and User.objects.filter(email__iexact=known.mail).exists():
        raise Conflict(
            f"There is an account here with the address {known.mail} already. Sign in to it as before, then join it "
            f"with {known.house} on your account page; or ask an administrator."
        )
    invited = known.is_verified and invitations_by_mail(known.mail).exists()
    if only_invited and not invited and not roles_of(known, group_roles):
        raise NotAllowed(
            f"{known.house} knows you, this site does not yet. Ask a manager of your lab for an invitation"
            + (f" that is for {known.mail}." if known.is_verified else ".")
        )
    user = User(
        username=_free_name(known.username),
        first_name=known.first_name[:_LONGEST_NAME],
        last_name=known.last_name[:_LONGEST_NAME],
        email=known.mail,
    )
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    user.save()
    audit.record(actor=user, lab=None, action="account.made", subject=user, through=known.house)
    return user


def _free_name(wanted: str) -> str:
    """The wanted name with signs that names may have, and a number where somebody has it already."""
    allowed = "".join(sign for sign in wanted.strip() if sign.isalnum() or sign in "@.+-_")
    name = allowed[: _LONGEST_NAME - 8] or "person"
    number, free = 1, name
    while User.objects.filter(username__iexact=free).exists():
        number += 1
        free = f"{name}{number}"
    return free


@transaction.atomic
def let_in_known(*, user: User, known: Known, group_roles: GroupRoles) -> None:
    """At each sign-in: take what invitations are for the person's verified address, and the roles of their groups.

    A group lets in and raises; who leaves one stays until a manager removes them.
    """
    if known.is_verified:
        take_invitations_by_mail(user=user, mail=known.mail)
    for name, role in roles_of(known, group_roles).items():
        lab = Lab.objects.filter(name__iexact=name, archived_at=None).first()
        if lab is None:
            log.warning("group_of_no_lab", lab=name)
            continue
        held, made = Membership.objects.select_for_update().get_or_create(lab=lab, user=user, defaults={"role": role})
        before = None if made else held.role
        if not made and Role(held.role).rank >= role.rank:
            continue
        held.role = role
        held.save(update_fields=["role"])
        audit.record(
            actor=user,
            lab=lab,
            action="member.joined",
            subject=user,
            before=before,
            after=str(role),
            through=f"a group of {known.house}",
        )


@transaction.atomic
def join_by_mail(*, known: Known) -> User | None:
    """The account that has the person's verified address, made theirs: its password and API tokens end, as whoever set
    them may be somebody else. None where no account or several have it; administrators' accounts are never joined so.
    """
    if not (known.is_verified and known.mail):
        return None
    found = list(User.objects.select_for_update().filter(email__iexact=known.mail)[:2])
    if len(found) != 1 or found[0].is_staff or not found[0].is_active:
        return None
    user = found[0]
    user.set_unusable_password()
    user.save(update_fields=["password"])
    user.api_tokens.all().delete()
    audit.record(actor=user, lab=None, action="account.joined_by_mail", subject=user, through=known.house)
    return user
