"""Choosing an image's polarity on its page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.access import get_image
from spines.services.images.polarity import set_polarity
from webapp.forms import cleaned
from webapp.images.polarity_form import PolarityForm
from webapp.requests import UserRequest


@require_POST
def polarity(request: UserRequest, image_id: int) -> HttpResponse:
    """Light on dark, dark on light, or what the picture itself tells."""
    image = get_image(request.user, image_id)
    wanted = cleaned(PolarityForm(request.POST))["polarity"]
    changed = set_polarity(
        user=request.user, experiment_id=image.experiment_id, image_ids=[image.pk], polarity=wanted.polarity
    )
    if changed:
        messages.success(request, "Polarity set. Analyse the image again to have it read so.")
    return redirect("images:image", image_id)
