"""What the API answers when it cannot do as asked: a sentence, under the statuses of `webapp.errors`."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from spines.errors import DomainError
from webapp.errors import ASK_FOR_TOKEN, domain_error, error_response, page_not_found
from webapp.experiments.uploads import received_file

MOST_FAULTS = 5


class Failure(Schema):
    """Why nothing was done."""

    error: str = Field(description="What is wrong and what to do, for people.")
    faults: list[str] | None = Field(None, description="All that is wrong, where that is several things.")
    changed: list[str] | None = Field(
        None, description="With an edit that came too late: what others did since the version it states, a line each."
    )
    reference: str | None = Field(None, description="Number under which the log has more; not with every failure.")


def answers(*statuses: int, also: dict[int, Any] | None = None) -> dict[int, Any]:
    """The responses of an operation: `also`, and failures with these statuses. All operations need a
    token, which may only read, and may meet a blinded experiment: 403; the server refuses too long an address, 414,
    and too many requests in a minute, 429.
    """
    return (also or {}) | dict.fromkeys(sorted({401, 403, 414, 429, *statuses}), Failure)


def tell_failures_as_json(api: NinjaAPI) -> None:
    """Give the API its exception handlers. What no handler knows goes on to Django, which calls `server_error`."""

    @api.exception_handler(DomainError)
    def known(request: HttpRequest, error: DomainError) -> HttpResponse:
        return domain_error(request, error)

    @api.exception_handler(AuthenticationError)
    def nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return error_response(request, status=401, sentence=ASK_FOR_TOKEN)

    @api.exception_handler(HttpError)
    def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
        sentence = "The body of this request is not JSON. Send a JSON object, encoded as UTF-8."
        return error_response(request, status=error.status_code, sentence=sentence)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        if getattr(request, "upload_too_large", False):
            received_file(request)  # type: ignore[arg-type]  # raises the sentence for it
        faults = "; ".join(_fault(fault) for fault in error.errors[:MOST_FAULTS])
        sentence = f"This request cannot be used. {faults}. Correct that and send it again."
        return error_response(request, status=422, sentence=sentence)

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, error: Http404) -> HttpResponse:
        return page_not_found(request, error)

    @api.exception_handler(Exception)
    def unknown(request: HttpRequest, error: Exception) -> HttpResponse:
        raise error


def _fault(fault: dict[str, Any]) -> str:
    """`limit: Input should be less than or equal to 500`; the place is the field's, without the parts Ninja adds."""
    place = ".".join(str(part) for part in fault["loc"][1:] if part not in ("sent", "page", "narrowed"))
    return f"{place or 'The body'}: {fault['msg']}"
