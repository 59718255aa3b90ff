"""A step of the queue as the page's script takes it: the spine, what lies around it, and what may be told of it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.urls import reverse

from spines.models import AnalysisImage, Dendrite, Experiment, Spine
from spines.models.reader_studies import NO_SPINE
from spines.selectors.review.state import version_of
from webapp.images.pictures import window_corner_px

WINDOW_OF_BOX = 5
SMALLEST_WINDOW_PX, LARGEST_WINDOW_PX = 48, 1024


def window_side_px(spine: Spine) -> int:
    """The square that is shown around a spine: so much that its dendrite is seen, whatever the image's scale."""
    side = round(WINDOW_OF_BOX * max(spine.width_px, spine.height_px))
    return min(LARGEST_WINDOW_PX, max(SMALLEST_WINDOW_PX, side))


def step_rows(ids: Iterable[int], experiment: Experiment, *, hides: bool) -> list[dict[str, Any]]:
    """In the order of the ids; spines that are gone since are left out. `hides` what the network says."""
    ids = list(ids)
    versions: dict[int, int] = {}
    for result in AnalysisImage.objects.filter(spines__in=ids).distinct():
        versions[result.pk] = version_of(result)  # before the rows: what changes in between is not overlooked
    spines = Spine.objects.select_related("analysis_image__image__experiment", "shape").in_bulk(ids)
    lines: dict[int, list[Dendrite]] = {}
    for dendrite in Dendrite.objects.filter(analysis_image__in=versions):
        lines.setdefault(dendrite.analysis_image_id, []).append(dendrite)
    found = [spines[pk] for pk in ids if pk in spines and spines[pk].analysis_image_id in versions]
    return [
        step_row(
            spine,
            version=versions[spine.analysis_image_id],
            dendrites=lines.get(spine.analysis_image_id, []),
            preset=experiment.lab.rule_preset,
            hides=hides,
        )
        for spine in found
    ]


def step_row(spine: Spine, *, version: int, dendrites: Iterable[Dendrite], preset: str, hides: bool) -> dict[str, Any]:
    """One step; `network`, its sureness and the rule's class are null where they are hidden or not there."""
    side_px, image = window_side_px(spine), spine.analysis_image.image
    left_px, top_px = window_corner_px(spine, side_px)
    probabilities = spine.class_probabilities
    shape = getattr(spine, "shape", None)
    return {
        "id": spine.pk,
        "number": spine.number,
        "image": image.shown_name,
        "page": reverse("images:image", args=[image.pk]) + f"#spine-{spine.pk}",
        "pixel_size_um": image.pixel_size_um,
        "version": version,
        "picture": reverse("review:window", args=[spine.pk]),
        "window_px": [left_px, top_px, side_px, side_px],
        "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
        "outline_px": shape.outline_px if shape else None,
        "dendrites_px": [near for row in dendrites for near in _within(row.points_px, left_px, top_px, side_px)],
        "said": NO_SPINE if spine.rejected else spine.reviewed_class,
        "network": None if hides else spine.spine_class or None,
        "uncertain": not hides and spine.uncertain,
        "sureness": None if hides or not probabilities else max(probabilities.values()),
        "rule": None if hides else spine.rule_classes.get(preset),
    }


def _within(points_px: list[list[float]], left_px: int, top_px: int, side_px: int) -> list[list[list[float]]]:
    """The parts of a line whose pieces may cross a window."""
    parts: list[list[list[float]]] = []
    ends_inside = False
    for (x, y), (to_x, to_y) in pairwise(points_px):
        across = max(x, to_x) >= left_px and min(x, to_x) <= left_px + side_px
        is_near = across and max(y, to_y) >= top_px and min(y, to_y) <= top_px + side_px
        if is_near and not ends_inside:
            parts.append([[x, y]])
        if is_near:
            parts[-1].append([to_x, to_y])
        ends_inside = is_near
    return parts
