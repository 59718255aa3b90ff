"""The request of someone signed in, which LoginRequiredMiddleware makes certain."""

from __future__ import annotations

from django.http import HttpRequest

from spines.models import User


class UserRequest(HttpRequest):
    """Type of `request` in views behind sign-in."""

    user: User
