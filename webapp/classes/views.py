"""Class sets as style sheets."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.vocabulary.classes import DEFAULT
from webapp.classes.sheet import sheet
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, max_age=600)
def default(request: UserRequest) -> HttpResponse:
    """The classes of the networks."""
    return HttpResponse(sheet(DEFAULT), content_type="text/css; charset=utf-8")
