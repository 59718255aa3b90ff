"""Who asks, then where, then the body: how much a request may bring is settled before any of it is read.

Django reads a body when something asks for a form field, which Django's CSRF check does. This middleware stands before
it, and behind the one that asks for a sign-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from spines.access import Visitor, get_experiment, require_admin, require_role
from spines.errors import DomainError, InvalidInput, NotSignedIn
from spines.models import Role
from spines.services.accounts.tokens import user_of_token
from webapp.errors import API, ASK_FOR_TOKEN, domain_error, error_response
from webapp.experiments.samples import LARGEST_SHEET_MB
from webapp.experiments.uploads import too_large

AROUND_FILES_BYTES = 1 << 20
"""Fields of a form beside its file, and what multipart/form-data writes about them."""


def _into_experiment(user: Visitor, where: Mapping[str, Any]) -> None:
    require_role(user, get_experiment(user, where["experiment_id"]).lab, Role.ANNOTATOR)


def _admin(user: Visitor, where: Mapping[str, Any]) -> None:
    require_admin(user)


FILES_BY_VIEW: dict[str, tuple[Callable[[], int], Callable[[Visitor, Mapping[str, Any]], None]]] = {
    "experiments:images": (lambda: settings.SPINULA_MAX_UPLOAD_MB, _into_experiment),
    "api:list_images": (lambda: settings.SPINULA_MAX_UPLOAD_MB, _into_experiment),  # and uploads: one address
    "experiments:sheet": (lambda: LARGEST_SHEET_MB, _into_experiment),
    "training:sets": (lambda: settings.SPINULA_MAX_UPLOAD_MB, _admin),
}
"""The views that take a file: how many MB, and what refuses who may not."""


class BodyLimitMiddleware:
    """Refuses a body that is larger than this visitor may send to this view."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, where: Mapping[str, Any]
    ) -> HttpResponse | None:
        """The refusal, or None to go on."""
        length = _length(request)
        if length <= settings.SPINULA_MAX_ANONYMOUS_BODY_KB << 10:
            return None
        try:
            return self._refused(request, _visitor(request), where, length)
        except DomainError as error:
            return domain_error(request, error)

    def _refused(
        self, request: HttpRequest, user: Visitor, where: Mapping[str, Any], length: int
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if user.is_authenticated and name in FILES_BY_VIEW:
            most_mb, refuse = FILES_BY_VIEW[name]
            refuse(user, where)
            if length > (most_mb() << 20) + AROUND_FILES_BYTES:
                raise InvalidInput(too_large(most_mb()))
            return None
        most = (
            settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if user.is_authenticated
            else settings.SPINULA_MAX_ANONYMOUS_BODY_KB << 10
        )
        if length <= most:
            return None
        sentence = f"This request brings {length / 2**20:,.1f} MB, more than this page takes. Send less of it at once."
        return error_response(request, status=413, sentence=sentence)


def _length(request: HttpRequest) -> int:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated[:30]) if stated.isascii() and stated.isdigit() else 0


def _visitor(request: HttpRequest) -> Visitor:
    """Who asks. Raises NotSignedIn on the API without a token that counts."""
    if not request.path_info.startswith(API):
        return request.user
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotSignedIn(ASK_FOR_TOKEN)
    return user_of_token(token)
