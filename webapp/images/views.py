"""The image page, its spines as JSON and as CSV."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from spines.access import get_image, get_image_to_rate, has_role
from spines.export.spine_table import spine_table_csv
from spines.measure.blur import withheld_by_rules
from spines.measure.rules import RULE_PRESETS
from spines.models import Image, Role
from spines.selectors.images.dendrites import dendrites_of_result
from spines.selectors.images.rating import neighbours_in_rating_order
from spines.selectors.images.tasks import open_task
from spines.selectors.images.viewing import is_seen_otherwise, latest_result, neighbours
from spines.selectors.results.rows import current_result, standing_spines
from spines.selectors.results.standing import WHY, why_aside
from spines.selectors.review.words import name_of
from spines.vocabulary.picture_scale import two_digits
from webapp.downloads import csv_response, safe_stem
from webapp.images.forms import HIGH_PERCENT, LOW_PERCENT
from webapp.images.pictures import shown_factor
from webapp.images.places import file_map
from webapp.images.rows import boxes_of, dendrite_rows, dendrite_table, image_row, review_row, spine_rows
from webapp.requests import UserRequest


@require_safe
@cache_control(private=True, no_cache=True)
def image(request: UserRequest, image_id: int) -> HttpResponseBase:
    """The picture with what was found in it."""
    image = get_image_to_rate(request.user, image_id)
    sealed = bool(getattr(image, "sealed_now"))  # noqa: B009 - an annotation
    result = current_result(image)
    boxes = list(boxes_of(result)) if result else []
    spines = [spine for spine in boxes if not spine.rejected]
    experiment = image.experiment
    may_edit = _may_edit(request, image)
    context = dendrite_table(result, may_edit=may_edit) | {
        "lab": experiment.project.lab,
        "project": experiment.project,
        "experiment": experiment,
        "image": image,
        "may_edit": may_edit,
        "may_arrange": has_role(request.user, image.lab, Role.ANNOTATOR) and not sealed,
        "sealed": sealed,
        "name": image.shown_name,
        "task": open_task(image, request.user),
        "latest": latest_result(image),
        "seen_otherwise": bool(result and is_seen_otherwise(image, result)),
        "scale_question": result.scale_question if result else "",
        "suggested_pixel_um": two_digits(result.seen_pixel_um) if result else "",
        "boxes": boxes,
        "spines": spines,
        **file_map(image, sealed=image.experiment.is_sealed),
        "standing_by": name_of(image.standing_by),
        "aside": (why := why_aside(image.standing, result.grade if result else "")),
        "why_aside": WHY.get(why, ""),
        "rules": RULE_PRESETS.get(experiment.lab.rule_preset),
        "withheld": withheld_by_rules(experiment.lab.rule_preset, spines),
        "review": review_row(request.user, result),
        "counts": [(name, sum(s.final_class == name for s in spines)) for name in experiment.classes.counted],
        "class_set": experiment.classes.for_scripts(),
        "at": neighbours_in_rating_order(image, request.user) if sealed else neighbours(image),
        "shown_factor": shown_factor(image),
        "channel_names": _channel_names(image),
        "low_percent": LOW_PERCENT,
        "high_percent": HIGH_PERCENT,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
    }
    return render(request, "images/image.html", context)


def _may_edit(request: UserRequest, image: Image) -> bool:
    """In a blinded experiment only who is blind rates, and nobody once it is unblinded."""
    sealed = bool(getattr(image, "sealed_now"))  # noqa: B009 - an annotation
    return has_role(request.user, image.lab, Role.ANNOTATOR) and (sealed or not image.experiment.blinded)


def _channel_names(image: Image) -> list[str]:
    """One a channel, empty where the file has none."""
    names = [str(name) for name in image.channel_names[: image.channels]]
    return names + [""] * (image.channels - len(names))


@require_safe
@cache_control(private=True, no_cache=True)
def spines_json(request: UserRequest, image_id: int) -> JsonResponse:
    """What the page's script draws, in pixels of the image: current boxes, those of rejected spines too; dendrites.

    With `table` in the address the table of dendrites as well, for a page that is behind.
    """
    image = get_image_to_rate(request.user, image_id)
    result = current_result(image)
    review = review_row(request.user, result)  # its version before the rows
    body: dict[str, Any] = {
        "image": image_row(image),
        "review": review,
        "spines": spine_rows(result),
        "dendrites": dendrite_rows(dendrites_of_result(result)),
    }
    if "table" in request.GET:
        table = dendrite_table(result, may_edit=_may_edit(request, image))
        body["dendrite_table"] = render_to_string("images/dendrite_table.html", table)
    return JsonResponse(body)


@require_safe
def spines_csv(request: UserRequest, image_id: int) -> HttpResponseBase:
    """The image's current spines as a tidy table, the rejected left out."""
    image = get_image(request.user, image_id)
    spines = standing_spines(current_result(image))
    return csv_response(spine_table_csv(spines), name=f"{safe_stem(image.shown_name)}_spines.csv")
