"""The image page, its spines as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_image, has_role
from spines.export.spine_table import spine_table_csv
from spines.models import Image, Role, Spine
from spines.selectors.results import CLASSES, current_result
from spines.selectors.viewing import (
    image_after,
    image_before,
    is_seen_otherwise,
    latest_result,
    place_in_experiment,
)
from webapp.downloads import csv_response, safe_stem
from webapp.images.forms import HIGH_PERCENT, LOW_PERCENT
from webapp.images.pictures import crop_side_px, shown_factor, shown_name
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_cache=True)
def image(request: UserRequest, image_id: int) -> HttpResponseBase:
    """The picture with what was found in it."""
    image = get_image(request.user, image_id)
    result = current_result(image)
    spines = list(result.spines.order_by("number")) if result else []
    experiment = image.experiment
    position, total = place_in_experiment(image)
    context = {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "image": image,
        "name": shown_name(image),
        "result": result,
        "latest": latest_result(image),
        "seen_otherwise": bool(result and is_seen_otherwise(image, result)),
        "spines": spines,
        "counts": [(name, sum(s.final_class == name for s in spines)) for name in CLASSES],
        "before": image_before(image),
        "after": image_after(image),
        "position": position,
        "total": total,
        "shown_factor": shown_factor(image),
        "channel_names": _channel_names(image),
        "low_percent": LOW_PERCENT,
        "high_percent": HIGH_PERCENT,
        "may_edit": has_role(request.user, experiment.project.lab, Role.ANNOTATOR),
    }
    return render(request, "images/image.html", context)


def _channel_names(image: Image) -> list[str]:
    """One a channel, empty where the file has none."""
    names = [str(name) for name in image.channel_names[: image.channels]]
    return names + [""] * (image.channels - len(names))


@require_safe
@cache_control(private=True, no_cache=True)
def spines_json(request: UserRequest, image_id: int) -> JsonResponse:
    """What the page's script draws: sizes, and the current spines with boxes in pixels of the image."""
    image = get_image(request.user, image_id)
    result = current_result(image)
    spines = result.spines.order_by("number") if result else Spine.objects.none()
    return JsonResponse({"image": _image_row(image), "spines": [_spine_row(spine) for spine in spines]})


def _image_row(image: Image) -> dict[str, Any]:
    return {
        "id": image.pk,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "pixel_size_um": image.pixel_size_um,
    }


def _spine_row(spine: Spine) -> dict[str, Any]:
    return {
        "id": spine.pk,
        "number": spine.number,
        "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
        "score": spine.score,
        "shown_class": spine.final_class,
        "network_class": spine.spine_class,
        "reviewed_class": spine.reviewed_class,
        "class_probabilities": spine.class_probabilities,
        "crop": reverse("images:crop", args=[spine.pk]),
        "crop_side_px": crop_side_px(spine),
    }


@require_safe
def spines_csv(request: UserRequest, image_id: int) -> HttpResponseBase:
    """The image's current spines as a tidy table."""
    image = get_image(request.user, image_id)
    result = current_result(image)
    spines = result.spines.all() if result else Spine.objects.none()
    return csv_response(spine_table_csv(spines), name=f"{safe_stem(shown_name(image))}_spines.csv")
