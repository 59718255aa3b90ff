"""What a user reads when something fails, as a page, an htmx fragment or JSON.

Known errors show their sentence. Unknown ones show a reference number, under which the log has the exception.
"""

import secrets
import sys
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

from spines.errors import Busy, Conflict, DomainError, InvalidInput, NotAllowed, NotFound, NotSignedIn, Stale
from spines.storage.files import failed_around
from spines.surroundings import Surrounding

log = structlog.get_logger(__name__)

STATUS_OF_ERROR: dict[type[DomainError], int] = {
    NotFound: 404,
    NotSignedIn: 401,
    NotAllowed: 403,
    Conflict: 409,
    InvalidInput: 422,
    Busy: 503,
    DomainError: 400,
}
RETRY_AFTER_S = 30
NUL = "cannot contain NUL"
"""In the words of PostgreSQL's driver."""
NO_SUCH_SIGN = "What was sent holds a sign that no text can have (NUL). Type it anew."
MOST_SHOWN = 100
"""So many sentences stand on a page that tells several."""
API = "/api/"
"""Where addresses begin whose failures are JSON, whatever the client accepts."""
ASK_FOR_TOKEN = "Send a token as “Authorization: Bearer spinula_…”. Make one on your account page."  # noqa: S105
TITLE_OF_STATUS = {
    400: "This request cannot be read",
    401: "Nobody known is asking",
    403: "Not allowed",
    404: "Not found",
    409: "Not possible now",
    413: "Too much at once",
    422: "This cannot be used",
    429: "Too many attempts",
    500: "Spinula failed",
    503: "Not possible at this moment",
}


def status_of(error: DomainError) -> int:
    """The HTTP status of a domain error, by its nearest known class."""
    return next(STATUS_OF_ERROR[kind] for kind in type(error).__mro__ if kind in STATUS_OF_ERROR)


def new_reference() -> str:
    """A short number that a user can read out and an operator can search the log for."""
    return secrets.token_hex(4).upper()


def error_response(
    request: HttpRequest,
    *,
    status: int,
    sentence: str,
    reference: str = "",
    sentences: Sequence[str] = (),
    changed: Sequence[str] = (),
) -> HttpResponse:
    """The failure in the form the client asked for: JSON, an htmx fragment, or a whole page.

    `sentences` has all that is wrong where that is several things, of which `sentence` tells the first. `changed` says,
    for a program, what others did since it looked.
    """
    if _wants_json(request):
        body: dict[str, Any] = {"error": sentence} | ({"reference": reference} if reference else {})
        body |= {"faults": list(sentences)} if len(sentences) > 1 else {}
        body |= {"changed": list(changed)} if changed else {}
        response: HttpResponse = JsonResponse(body, status=status)
        if status == 401:
            response["WWW-Authenticate"] = "Bearer"
        return response
    context = {
        "title": TITLE_OF_STATUS.get(status, TITLE_OF_STATUS[500]),
        "status": status,
        "sentence": sentence,
        "reference": reference,
        "sentences": sentences[:MOST_SHOWN] if len(sentences) > 1 else (),
        "n_sentences": len(sentences),
        "back": _page_before(request),
    }
    if not request.headers.get("HX-Request"):
        return render(request, "errors/page.html", context, status=status)
    response = render(request, "errors/fragment.html", context, status=status)
    response["HX-Retarget"] = "#messages"
    response["HX-Reswap"] = "innerHTML"
    return response


def _page_before(request: HttpRequest) -> str:
    """The page of this site that a form was sent from, or nothing."""
    before = request.headers.get("Referer", "")
    if request.method != "POST" or not before:
        return ""
    try:
        host = request.get_host()
    except DisallowedHost:  # which may be the very error that is told
        return ""
    return before if url_has_allowed_host_and_scheme(before, {host}, require_https=request.is_secure()) else ""


def _wants_json(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    if request.path_info.startswith(API):
        return True
    return "application/json" in accepted and "text/html" not in accepted


class DomainErrorMiddleware:
    """Turns a domain error into its sentence, and any other exception into a page with a reference number.

    That a text holds a NUL is what the database says of it, wherever a view takes one: nobody types it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for domain errors; leave the rest to Django, which calls `server_error`."""
        if isinstance(exception, DomainError):
            return domain_error(request, exception)
        if isinstance(exception, DataError) and NUL in str(exception):
            return domain_error(request, InvalidInput(NO_SUCH_SIGN))
        return None


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The sentence of a domain error, under its status."""
    status = status_of(error)
    changed = error.changed if isinstance(error, Stale) else ()
    log.info("domain_error", kind=type(error).__name__, status=status, sentence=error.sentence)
    return error_response(request, status=status, sentence=error.sentence, sentences=error.sentences, changed=changed)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a malformed or oversized request."""
    return _logged(
        request,
        status=400,
        sentence="The request was malformed or too large. Go back, reload the page and try again.",
        exception=exception,
    )


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a view or the admin turned the user away."""
    return _logged(
        request,
        status=403,
        sentence="Your account may not do this. Ask a manager of the lab.",
        exception=exception,
    )


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such address, or a row of another lab; both read the same."""
    return error_response(
        request,
        status=404,
        sentence="There is no such page, or it belongs to a lab you are not a member of.",
    )


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of Django's CSRF check: most often a page left open across a sign-in, or blocked cookies."""
    reference = new_reference()
    log.warning("csrf_failure", reference=reference, reason=reason)
    return error_response(
        request,
        status=403,
        sentence="This page was open for too long, or cookies are blocked. Reload it and try again.",
        reference=reference,
    )


def locked_out(request: HttpRequest, response: Any = None, credentials: Any = None, **_: Any) -> HttpResponse:
    """429 of django-axes: too many wrong passwords for one name from one address."""
    return error_response(
        request,
        status=429,
        sentence="Too many wrong passwords. Signing in with this name is locked from here for a while: "
        "wait, or ask an administrator to unlock it.",
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the page shows a reference number and the log has the exception under it."""
    if what := failed_around(sys.exc_info()[1]):
        log.error("surroundings_failed", what=what.name, path=request.path, exc_info=True)
        return _away(request, what)
    reference = new_reference()
    log.error("server_error", reference=reference, path=request.path, exc_info=True)
    sentence = "Something in Spinula went wrong, and it has been logged. Give the reference to who runs it."
    try:
        return error_response(request, status=500, sentence=sentence, reference=reference)
    except Exception:  # a page shows who is signed in, which needs the database, which may be what failed
        log.exception("error_page_failed", reference=reference)
        return HttpResponse(f"{sentence} Reference {reference}.", status=500, content_type="text/plain")


def _away(request: HttpRequest, what: Surrounding) -> HttpResponse:
    """503: disk, storage, database or broker. Its page asks none of them for anything."""
    sentence = f"{what} What you sent was not stored. Try again in a minute; if it stays so, tell who runs Spinula."
    context = {"title": TITLE_OF_STATUS[503], "sentence": sentence, "reference": ""}
    if _wants_json(request):
        response: HttpResponse = JsonResponse({"error": sentence}, status=503)
    elif request.headers.get("HX-Request"):
        response = HttpResponse(render_to_string("errors/fragment.html", context), status=503)
        response["HX-Retarget"] = "#messages"
        response["HX-Reswap"] = "innerHTML"
    else:
        response = HttpResponse(render_to_string("errors/away.html", context), status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response


def _logged(request: HttpRequest, *, status: int, sentence: str, exception: Exception) -> HttpResponse:
    reference = new_reference()
    log.warning("request_refused", reference=reference, status=status, reason=str(exception))
    return error_response(request, status=status, sentence=sentence, reference=reference)
