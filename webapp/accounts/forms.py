"""The sign-in form, in Spinula's words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest


class SignInForm(AuthenticationForm):
    """Does not tell whether the name or the password was wrong."""

    error_messages = {
        "invalid_login": "This name and password do not go together. Check both; the password tells "
        "capital and small letters apart.",
        "inactive": "This account is switched off. Ask an administrator.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "Name"
