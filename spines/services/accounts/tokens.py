"""API tokens: a program that has one acts as its user. The token is shown once; its SHA-256 is what is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from spines.access import tokens_for
from spines.errors import Conflict, InvalidInput, NotFound, NotSignedIn
from spines.models import ApiToken, User
from spines.services import audit

PREFIX = "spinula_"
"""What every token begins with, so that a leaked one is recognised for what it is."""

SECRET_BYTES = 32
LONGEST_NAME = 80
MOST_TOKENS = 50
MARK_USE_EVERY = timedelta(minutes=1)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


@transaction.atomic
def create_token(*, user: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Make a token that acts as its user until `expires_at`, or until it is revoked.

    Returns
    -------
    tuple of (ApiToken, str)
        The row, and the token itself, which nothing can show again.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"Say in 1 to {LONGEST_NAME} characters what the token is for, such as “upload script”.")
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput("The token would have expired already. Choose a later day, or none.")
    User.objects.select_for_update().get(pk=user.pk)
    held = tokens_for(user)
    if held.filter(name=name).exists():
        raise Conflict(f"You have a token named {name} already. Choose another name, or revoke that one first.")
    if held.count() >= MOST_TOKENS:
        raise Conflict(f"You have {MOST_TOKENS} tokens, the most there may be. Revoke one that nothing uses.")
    token = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    row = ApiToken.objects.create(user=user, name=name, sha256=_digest(token), expires_at=expires_at)
    audit.record(actor=user, lab=None, action="token.created", subject=row, name=name)
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


def user_of_token(token: str) -> User:
    """Whom a token acts as. Notes the use, at most once a minute.

    Raises
    ------
    NotSignedIn
        When the token is unknown, revoked or expired, or its user may not sign in any more.
    """
    row = ApiToken.objects.select_related("user").filter(sha256=_digest(token)).first()
    if row is None or not row.user.is_active:
        raise NotSignedIn("This token is unknown or revoked. Make one on the settings page of your lab.")
    now = timezone.now()
    if row.expires_at is not None and row.expires_at <= now:
        raise NotSignedIn(f"The token {row.name} has expired. Make a new one on the settings page of your lab.")
    if row.last_used_at is None or row.last_used_at <= now - MARK_USE_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - MARK_USE_EVERY)
        ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)
    return row.user
