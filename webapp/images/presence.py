"""Who else has the page of an image open."""

from __future__ import annotations

from django.http import JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from spines.selectors.review.words import name_of
from spines.services.images.presence import note_presence
from webapp.requests import UserRequest


@require_POST
@cache_control(private=True, no_store=True)
def present(request: UserRequest, image_id: int) -> JsonResponse:
    """The names of the others; the asker is noted."""
    return JsonResponse({"others": [name_of(user) for user in note_presence(user=request.user, image_id=image_id)]})
