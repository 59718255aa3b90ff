"""How long a session lasts: so long after it was last used, and so long after the sign-in in any case."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
NOTE_USE_EVERY_S = 600


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
