"""Room for the calls of a request, so that none of them begins and ends where Python's memory for calls does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

Asked = TypeVar("Asked")
Given = TypeVar("Given")

_ROOM = 66_000
"""Of places on the stack. Python keeps calls in pieces of 16 KB; a frame of so many places is given one of 1 MB, and
the half that it leaves is for the calls within."""


def with_room(function: Callable[[Asked], Given], asked: Asked) -> Given:
    """What `function` gives.

    Since 3.11 Python asks the system for memory when a call does not fit into the piece that its thread has, and gives
    it back when that call returns. A loop that calls from just before a piece's end does so each time, and its calls
    take some hundred times as long; which loop that is follows from how deep middleware and templates stand.
    """
    return function(asked)


with_room.__code__ = with_room.__code__.replace(co_stacksize=_ROOM)


def call_room_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Everything within has room."""

    def answer(request: HttpRequest) -> HttpResponse:
        return with_room(get_response, request)

    return answer
