"""API tokens: a program that has one acts as its user. The token is shown once; its SHA-256 is what is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from spines.access import tokens_for
from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotSignedIn
from spines.models import ApiToken, User
from spines.services import audit
from spines.services.accounts.links import digest, new_secret

PREFIX = "spinula_"
"""What every token begins with, so that a leaked one is recognised for what it is."""

LONGEST_NAME = 80
MOST_TOKENS = 50
USUAL_LIFE = timedelta(days=90)
LONGEST_LIFE = timedelta(days=366)
MARK_USE_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_token(
    *, user: User, name: str, expires_at: datetime | None = None, may_write: bool = True
) -> tuple[ApiToken, str]:
    """Make a token that acts as its user: until `expires_at` (without one for 90 days), a revocation or a new password.

    Without `may_write` it reads, and changes nothing.

    Returns
    -------
    tuple of (ApiToken, str)
        The row, and the token itself, which nothing can show again.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"Say in 1 to {LONGEST_NAME} characters what the token is for, such as “upload script”.")
    if expires_at is None:
        expires_at = timezone.now() + USUAL_LIFE
    if expires_at <= timezone.now():
        raise InvalidInput("The token would have expired already. Choose a later day.")
    if expires_at > timezone.now() + LONGEST_LIFE:
        raise InvalidInput("A token works for a year at most. Make a new one when it ends.")
    User.objects.select_for_update().get(pk=user.pk)
    held = tokens_for(user)
    if held.filter(name=name).exists():
        raise Conflict(f"You have a token named {name} already. Choose another name, or revoke that one first.")
    if held.count() >= MOST_TOKENS:
        raise Conflict(f"You have {MOST_TOKENS} tokens, the most there may be. Revoke one that nothing uses.")
    token = PREFIX + new_secret()
    row = ApiToken.objects.create(
        user=user, name=name, sha256=digest(token), expires_at=expires_at, may_write=may_write
    )
    audit.record(actor=user, lab=None, action="token.created", subject=row, name=name, may_write=may_write)
    return row, token


@transaction.atomic
def revoke_token(*, user: User, token_id: int) -> str:
    """Make one of the user's own tokens worthless, at once. Returns its name."""
    row = tokens_for(user).select_for_update().filter(pk=token_id).first()
    if row is None:
        raise NotFound("There is no such token of yours. It may have been revoked already.")
    audit.record(actor=user, lab=None, action="token.revoked", subject=row, name=row.name)
    row.delete()
    return row.name


def user_of_token(token: str, *, writes: bool = False) -> User:
    """Whom a token acts as, where it may do what is asked: change rows (`writes`), or read.

    Notes the use, at most once a minute.

    Raises
    ------
    NotSignedIn
        When the token is unknown, revoked or expired, or its user may not sign in any more.
    NotAllowed
        When it only reads, and this would change something.
    """
    row = ApiToken.objects.select_related("user").filter(sha256=digest(token)).first()
    if row is None or not row.user.is_active:
        raise NotSignedIn("This token is unknown or revoked. Make one on your account page.")
    now = timezone.now()
    if row.expires_at is not None and row.expires_at <= now:
        raise NotSignedIn(f"The token {row.name} has expired. Make a new one on your account page.")
    if writes and not row.may_write:
        raise NotAllowed(f"The token {row.name} only reads. Make one that may change things on your account page.")
    if row.last_used_at is None or row.last_used_at <= now - MARK_USE_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - MARK_USE_EVERY)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return row.user
