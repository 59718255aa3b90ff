"""How long a session lasts: so long after it was last used, and so long after the sign-in in any case."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from webapp.errors import API

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
NOTE_USE_EVERY_S = 600
WITHOUT_FACTOR = ("account_reauthenticate", "accounts:sign_out", "classes:default", "classes:own")
"""What somebody reaches before there is one; the API is entered by tokens, which cannot be made without."""


class SecondFactorMiddleware:
    """Leads people who need a second factor (`SPINULA_SECOND_FACTOR`) and have none to where they set one up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, where: Mapping[str, Any]
    ) -> HttpResponse | None:
        """The way there, or None to go on."""
        asked = settings.SPINULA_SECOND_FACTOR
        if asked == "offered" or not getattr(view, "login_required", True) or _leads_there(request):
            return None
        user = request.user
        needs = user.is_authenticated and (asked == "everybody" or user.is_staff)
        if not needs or is_mfa_enabled(user):
            return None
        messages.warning(request, "This site asks for a second factor: set one up, then go on.")
        return redirect("mfa_index")


def _leads_there(request: HttpRequest) -> bool:
    name = request.resolver_match.view_name if request.resolver_match else ""
    return name.startswith("mfa_") or name in WITHOUT_FACTOR or request.path_info.startswith(API)


class SessionAgeMiddleware:
    """Ends a session that is too old; notes its use, seldom enough that pictures do not each write a row."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session, now = request.session, int(time.time())
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SIGNED_IN_AT in session:
            if now - session[SIGNED_IN_AT] > settings.SPINULA_SESSION_LONGEST.total_seconds():
                logout(request)
            elif now - session.get(SEEN_AT, 0) > NOTE_USE_EVERY_S:
                session[SEEN_AT] = now
        return self.get_response(request)
