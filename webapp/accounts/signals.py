"""Signing in, out, and failing to, and failing second factors, in the audit trail: whichever page or door it was."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from spines.models import User
from spines.services import audit
from webapp.accounts.houses import LDAP, OIDC, houses
from webapp.accounts.sessions import SEEN_AT, SIGNED_IN_AT

LONGEST_NAME = 150


def note_sign_ins() -> None:
    """Have Django tell of them."""
    for signal, receiver in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (user_login_failed, _failed),
        (authentication_failed, _factor_failed),
    ):
        signal.connect(receiver, dispatch_uid=f"spinula{receiver.__name__}")


def _signed_in(user: User, request: HttpRequest, **_: Any) -> None:
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = int(time.time())
    through = _through(user, request)
    details: dict[str, Any] = {"through": through} if through else {}
    audit.record(actor=user, lab=None, action="account.signed_in", subject=user, **details)


def _through(user: User, request: HttpRequest) -> str:
    """The house that signed somebody in; empty where their password or passkey of this site did."""
    if getattr(user, "backend", "").startswith("webapp.accounts.ldap"):
        return houses().get(LDAP, "")
    records = get_authentication_records(request, user)
    return houses().get(OIDC, "") if any(each.get("method") == "socialaccount" for each in records) else ""


def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        audit.record(actor=user, lab=None, action="account.signed_out", subject=user)


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Whether the name is of an account or not: both are tried by those who guess."""
    name = str(credentials.get("username", ""))[:LONGEST_NAME]
    known = User.objects.filter(username=name).first() if name and "\x00" not in name else None
    audit.record(
        actor=None, lab=None, action="account.sign_in_failed", subject=known or User(), name=name.replace("\x00", "")
    )


def _factor_failed(user: User, **_: Any) -> None:
    audit.record(actor=None, lab=None, action="account.second_factor_failed", subject=user)
