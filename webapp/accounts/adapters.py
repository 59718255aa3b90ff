"""What django-allauth asks this site: who may sign up, where somebody comes from, how secrets are kept."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from axes.helpers import get_client_ip_address
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest

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
