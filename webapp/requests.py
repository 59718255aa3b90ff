"""The request of someone signed in, which LoginRequiredMiddleware makes certain."""

from __future__ import annotations

from django.http import HttpRequest

from spines.models import User


class UserRequest(HttpRequest):
    """Type of `request` in views behind sign-in."""

    user: User


def ticked_images(request: HttpRequest) -> list[int]:
    """The ids of the images ticked in a form."""
    return [int(pk) for pk in request.POST.getlist("image") if pk.isascii() and pk.isdigit()]
