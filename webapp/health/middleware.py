"""The health page says what is down, and asks nobody who they are: a session would need the database."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

HEALTH = "/healthz/"


class HealthMiddleware:
    """Takes the cookies from a request for the health page, before anything looks for a session in them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == HEALTH:
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)
