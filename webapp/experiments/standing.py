"""Admitting images that stand aside, setting images aside, and taking either back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.access import get_image
from spines.errors import InvalidInput
from spines.services.images.standing import admit, set_aside, take_back
from webapp.images.choice import chosen_images
from webapp.requests import UserRequest

ACTS: dict[str, tuple[Callable[..., int], str, str]] = {
    "admit": (admit, "image counts now.", "images count now."),
    "set_aside": (set_aside, "image stands aside and counts nowhere.", "images stand aside and count nowhere."),
    "take_back": (take_back, "image is as the program graded it.", "images are as the program graded them."),
}


@require_POST
def of_images(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Of the ticked images, or of those that `which` names; `standing` says what, `reason` why."""
    _act(request, experiment_id, chosen_images(request, experiment_id))
    return redirect("experiments:images", experiment_id)


@require_POST
def of_image(request: UserRequest, image_id: int) -> HttpResponse:
    """Of one image, from its page and back to it."""
    image = get_image(request.user, image_id)
    _act(request, image.experiment_id, [image.pk])
    return redirect("images:image", image_id)


def _act(request: UserRequest, experiment_id: int, image_ids: list[int]) -> None:
    asked = request.POST.get("standing", "")
    if asked not in ACTS:
        raise InvalidInput("It was not said what to do with the images. Reload the page and choose it anew.")
    act, one, many = ACTS[asked]
    said: dict[str, Any] = {"reason": request.POST.get("reason", "")} if act is set_aside else {}
    n = act(user=request.user, experiment_id=experiment_id, image_ids=image_ids, **said)
    messages.success(request, f"{n:,} {one if n == 1 else many}")
