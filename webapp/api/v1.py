"""Version 1 of the API: its operations, who may call them, and how it fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.cache import patch_cache_control
from ninja import NinjaAPI

import spines
from spines.errors import InvalidInput
from webapp.api import (
    analyses,
    class_sets,
    comparisons,
    dendrites,
    designs,
    examples,
    exports,
    images,
    networks,
    places,
    polarity,
    proposals,
    queue,
    reader_studies,
    results,
    review,
    standing,
    studies,
    tasks,
    thresholds,
    trash,
    views,
    work,
)
from webapp.api import spines as spine_rows
from webapp.api.auth import Token
from webapp.api.failures import tell_failures_as_json
from webapp.api.fields import Asked
from webapp.errors import error_response

api = NinjaAPI(
    title="Spinula",
    version=spines.__version__,
    description="Send images in, start analyses, take results out. Every request carries a token of its user, and may "
    "do what that user may do on the pages. Lengths are in µm and null where an image has no pixel size.",
    urls_namespace="api",
    openapi_url=None,  # `webapp.api.documentation` serves it, to whom is signed in or has a token
    docs_url=None,
    auth=Token(),
)
tell_failures_as_json(api)


def refuse_other_parameters(operation: Callable[..., Any]) -> Callable[..., Any]:
    """A parameter that is misspelt must not read as one that was left out, nor the last of two as the only one."""

    @wraps(operation)
    def operate(request: HttpRequest, *args: Any, **values: Any) -> Any:
        known: dict[str, bool] = {}
        for value in values.values():
            if isinstance(value, Asked):
                known |= value.parameters()
        for name, given in request.GET.lists():
            if name not in known:
                takes = f"It takes: {', '.join(sorted(known))}." if known else "It takes none."
                raise InvalidInput(f"This address takes no parameter named “{name[:80]}”. {takes}")
            if len(given) > 1 and not known[name]:
                raise InvalidInput(f"{name} stands in this address {len(given)} times. Leave one.")
        return operation(request, *args, **values)

    return operate


api.add_decorator(refuse_other_parameters)
for part in (
    studies,
    trash,
    class_sets,
    designs,
    images,
    places,
    polarity,
    views,
    standing,
    networks,
    analyses,
    thresholds,
    results,
    comparisons,
    spine_rows,
    review,
    examples,
    queue,
    proposals,
    dendrites,
    reader_studies,
    tasks,
    exports,
    work,
):
    api.add_router("", part.router)


def _answer(view: Any) -> Any:
    """A view of the API: it asks for a token instead of a sign-in, and nobody keeps its answers."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = view(request, *args, **kwargs)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            sentence = f"This address does not take {request.method}. It takes {allowed}."
            response = error_response(request, status=405, sentence=sentence)
            response["Allow"] = allowed
        patch_cache_control(response, private=True, no_store=True)
        return response

    answer.login_required = False  # type: ignore[attr-defined]  # what `login_not_required` sets
    return answer


def urlpatterns() -> list[URLPattern]:
    """The addresses of the operations."""
    patterns, _, _ = api.urls
    for pattern in patterns:
        assert isinstance(pattern, URLPattern)
        pattern.callback = _answer(pattern.callback)
    return [pattern for pattern in patterns if isinstance(pattern, URLPattern)]
