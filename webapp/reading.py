"""A request that only reads asks once what state an experiment is in, however many kept figures it shows."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from spines.selectors.results.unchanged import states_asked_once
from webapp.acting import SAFE


class ReadingMiddleware:
    """Around the views. A streamed answer goes on without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SAFE:
            return self.get_response(request)
        with states_asked_once():
            return self.get_response(request)
