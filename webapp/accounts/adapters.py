"""What django-allauth asks this site: who may sign up, where somebody comes from, how secrets are kept."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from axes.helpers import get_client_ip_address
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from spines.models import User
from webapp.accounts.houses import LDAP, OIDC, houses_of
from webapp.accounts.oidc import CONFIRMED_AT

_UNTOLD = ("logged_in.txt", "logged_out.txt")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth carries no types
    """People are invited; nobody signs up."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "This name and password do not go together. Check both; the password tells "
        "capital and small letters apart.",
        "too_many_login_attempts": "Too many attempts. Wait some minutes, then try again.",
        "incorrect_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account without an invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Wrong passwords are counted by django-axes, by name and address: nobody locks a colleague out elsewhere."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address that lockout and audit trail go by, too."""
        return get_client_ip_address(request) or "127.0.0.1"

    def add_message(
        self, request: HttpRequest, level: int, message_template: str = "", *args: Any, **more: Any
    ) -> None:
        """That somebody signed in is seen without being said."""
        if not message_template.endswith(_UNTOLD):
            super().add_message(request, level, message_template, *args, **more)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not where the institution confirmed who it is within the last minutes, by its page or its password."""
        if _confirmed_lately(context.request):
            return False
        return bool(super().is_reauthentication_required(app=app, **more))

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Beside a password and second factors: the directory's password, the provider's page."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        through = houses_of(user) if isinstance(user, User) else {}
        if LDAP in through and not user.has_usable_password():
            address = reverse("account_reauthenticate")
            methods.insert(0, {"id": "reauthenticate", "description": "Use your password", "url": address})
        if OIDC in through:
            address = reverse("accounts:confirm_oidc")
            methods.append({"id": "oidc", "description": f"Sign in at {through[OIDC]} again", "url": address})
        return methods


def _confirmed_lately(request: HttpRequest) -> bool:
    if not isinstance(request.user, User):
        return False
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    passwords = [each["at"] for each in records if each.get("method") == "password" and each.get("reauthenticated")]
    return bool(max([request.session.get(CONFIRMED_AT, 0.0), *passwords]) > since)


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of second factors are kept encrypted under the secret key: a copy of the database alone gives none."""

    def encrypt(self, text: str) -> str:
        """For the database."""
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """From the database, written under this secret key or a former one."""
        return _ciphers().decrypt(encrypted_text.encode()).decode()


def _ciphers() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"second factors under {key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
