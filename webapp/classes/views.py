"""Class sets as style sheets."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_class_set
from spines.vocabulary.classes import DEFAULT
from webapp.classes.sheet import sheet
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, max_age=600)
def default(request: UserRequest) -> HttpResponse:
    """The classes of the networks."""
    return HttpResponse(sheet(DEFAULT), content_type="text/css; charset=utf-8")


@require_safe
@cache_control(private=True, max_age=600)
def own(request: UserRequest, class_set_id: int) -> HttpResponse:
    """The classes of a lab's set, which never change."""
    found = get_class_set(request.user, class_set_id)
    return HttpResponse(sheet(found.classes()), content_type="text/css; charset=utf-8")
