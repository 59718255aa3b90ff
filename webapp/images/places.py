"""What was understood of an image's file, and saying otherwise: time points, and what the pages of a plain TIFF are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from spines.access import get_image
from spines.imaging import PageOrder
from spines.models import Image
from spines.services.images.places import set_page_order, take_time
from webapp.forms import cleaned
from webapp.images.choice import chosen_images
from webapp.requests import UserRequest

MOST_SHOWN = 60


class TimeForm(forms.Form):
    """A time point as people count them, from 1."""

    time = forms.IntegerField(
        min_value=1, error_messages={"required": "No time point was given. Write its number, from 1."}
    )


class PagesForm(forms.Form):
    """How many channels and time points the pages are; both empty: as the file says."""

    channels = forms.IntegerField(required=False, min_value=1)
    times = forms.IntegerField(required=False, min_value=1)

    def order(self) -> PageOrder | None:
        """As the service takes it."""
        said = cleaned(self)
        if not said["channels"] and not said["times"]:
            return None
        return PageOrder(channels=said["channels"] or 1, times=said["times"] or 1)


def file_map(image: Image, *, sealed: bool) -> dict[str, Any]:
    """For images/map.html: the other images of the same file, unless names are hidden, and what is not told."""
    of_file = Image.objects.none()
    if not sealed and (image.positions > 1 or image.times > 1):
        of_file = Image.objects.filter(experiment_id=image.experiment_id, sha256=image.sha256)
    others = of_file.exclude(pk=image.pk).order_by("position", "time").only("pk", "position", "position_name", "time")
    return {"of_file": others[:MOST_SHOWN], "n_more_of_file": max(others.count() - MOST_SHOWN, 0)}


@require_POST
def time(request: UserRequest, image_id: int) -> HttpResponse:
    """Make another time point an image of its own, and go there."""
    wanted = cleaned(TimeForm(request.POST))["time"]
    made = take_time(user=request.user, image_id=image_id, time=wanted - 1)
    messages.success(request, f"Time point {wanted} is an image of its own now. Analyse it.")
    return redirect("images:image", made.pk)


@require_POST
def pages(request: UserRequest, image_id: int) -> HttpResponse:
    """Say what the pages of this image's file are."""
    image = get_image(request.user, image_id)
    order = PagesForm(request.POST).order()
    set_page_order(user=request.user, experiment_id=image.experiment_id, image_ids=[image.pk], order=order)
    messages.success(request, "The pages are read so.")
    return redirect("images:image", image_id)


@require_POST
def pages_of_images(request: UserRequest, experiment_id: int) -> HttpResponse:
    """The same for the ticked images."""
    order = PagesForm({"channels": request.POST.get("page_channels"), "times": request.POST.get("page_times")}).order()
    chosen = chosen_images(request, experiment_id)
    n = set_page_order(user=request.user, experiment_id=experiment_id, image_ids=chosen, order=order)
    messages.success(request, f"The pages of {n} image{'s' if n != 1 else ''} are read so.")
    return redirect("experiments:images", experiment_id)
