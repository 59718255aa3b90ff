"""Answering whether a doubtful pixel size is right: taking another, or keeping it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.access import get_image
from spines.errors import InvalidInput
from spines.services.images.changes import confirm_pixel_size, set_pixel_size
from webapp.forms import cleaned
from webapp.images.choice import chosen_images
from webapp.requests import UserRequest

UNSAID = "It was not said which pixel size is right. Reload the page and choose it anew."


class AnswerForm(forms.Form):
    """The pixel size that is right, where another is taken."""

    act = forms.ChoiceField(
        choices=[("take", "take"), ("keep", "keep")], error_messages={"required": UNSAID, "invalid_choice": UNSAID}
    )
    pixel_size_um = forms.FloatField(
        required=False, error_messages={"invalid": "The pixel size is not a number. Write it like 0.1."}
    )


@require_POST
def of_images(request: UserRequest, experiment_id: int) -> HttpResponse:
    """Of the ticked images, or of those that `which` names."""
    _answer(request, experiment_id, chosen_images(request, experiment_id))
    return redirect("experiments:images", experiment_id)


@require_POST
def of_image(request: UserRequest, image_id: int) -> HttpResponse:
    """Of one image, from its page and back to it."""
    _answer(request, get_image(request.user, image_id).experiment_id, [image_id])
    return redirect("images:image", image_id)


def _answer(request: UserRequest, experiment_id: int, image_ids: list[int]) -> None:
    said = cleaned(AnswerForm(request.POST))
    chosen: dict[str, Any] = {"user": request.user, "experiment_id": experiment_id, "image_ids": image_ids}
    size = said["pixel_size_um"]
    if said["act"] == "keep":
        n = confirm_pixel_size(**chosen)
        words = "The stated pixel size is kept, and not asked about again"
    elif size is None:
        raise InvalidInput("No pixel size was given. Write the width of one pixel in micrometres, like 0.1.")
    else:
        n = set_pixel_size(**chosen, pixel_size_um=size, confirmed=True)
        words = f"The pixel size is {size:g} µm now"
    messages.success(request, f"{words}: {n:,} image{'s' if n != 1 else ''}. Analyse again for results that go by it.")
