"""The request of someone signed in, which LoginRequiredMiddleware makes certain, and numbers in forms."""

from __future__ import annotations

from django.http import HttpRequest

from spines.models import User

_MOST_DIGITS = 18  # of what the database takes; beyond some thousands Python refuses to read them


def is_number(text: str) -> bool:
    """Whether what a form or an address says can be the number of a row.

    >>> is_number("17"), is_number("-1"), is_number("9" * 5000), is_number("²")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


class UserRequest(HttpRequest):
    """Type of `request` in views behind sign-in."""

    user: User
