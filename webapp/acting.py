"""Who asks, from where, for the audit trail; and that a file was downloaded, whichever page gave it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from spines.access import get_analysis, get_experiment_to_rate, get_image_to_rate, get_lab, get_project, get_work
from spines.errors import NotAllowed, NotFound
from spines.models import Lab, User
from spines.services import audit
from webapp.errors import API

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ADMINISTRATION = "/admin/"
LONGEST_ADDRESS = 500

_ROW_OF_ADDRESS: dict[str, Callable[[User, int], Any]] = {
    "image_id": get_image_to_rate,
    "experiment_id": get_experiment_to_rate,
    "analysis_id": get_analysis,
    "work_id": get_work,
    "project_id": get_project,
    "lab_id": get_lab,
}


def origin_of(request: HttpRequest) -> audit.Origin:
    """Address and door of a request."""
    path = request.path_info
    door = "API" if path.startswith(API) else "administration" if path.startswith(ADMINISTRATION) else "pages"
    return audit.Origin(address=get_client_ip_address(request) or "", door=door)


class ActingMiddleware:
    """States who acts, behind the middleware that knows it and around everything that writes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        origin, writes = origin_of(request), request.method not in SAFE
        with audit.acting(user=_signed_in(request, origin) if writes else None, origin=origin, writes=writes):
            response = self.get_response(request)
            _note_download(request, response)
        return response


def _signed_in(request: HttpRequest, origin: audit.Origin) -> User | None:
    """Who is signed in on the pages. On the API a token says it later (`webapp.api.auth`); cookies are nothing."""
    if origin.door == "API" or not isinstance(request.user, User):
        return None
    return request.user


def _note_download(request: HttpRequest, response: HttpResponseBase) -> None:
    """Any answer that a browser saves as a file is an export."""
    saved = response.headers.get("Content-Disposition", "")
    user, match = request.user, request.resolver_match
    if not saved.startswith("attachment") or response.status_code != 200 or request.method == "HEAD":
        return
    if not isinstance(user, User) or match is None:
        return
    row, lab = _subject(user, match.kwargs)
    asked = request.get_full_path()[:LONGEST_ADDRESS]
    audit.record(actor=user, lab=lab, action="file.downloaded", subject=row, page=match.view_name, asked=asked)


def _subject(user: User, where: dict[str, Any]) -> tuple[Any, Lab | None]:
    """The row that the address names, and its lab."""
    for name, get in _ROW_OF_ADDRESS.items():
        if name in where:
            try:
                row = get(user, int(where[name]))
            except (NotFound, NotAllowed):
                break
            return row, row if isinstance(row, Lab) else getattr(row, "lab", None)
    return user, None
