"""What the image page's script knows of an image, its spines and its review."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.timezone import localtime

from spines.models import AnalysisImage, Image, Spine, SpineShape, User
from spines.selectors.images.dendrites import ImageDendrites, dendrites_of_result
from spines.selectors.review.state import (
    dendrite_history,
    redoable_undoings,
    review_progress,
    undoable_changes,
    version_of,
)
from spines.selectors.review.words import dendrite_change_row, name_of
from spines.vocabulary.measures import MEASURES
from webapp.images.pictures import crop_side_px

_PLACE = 987654321


def image_row(image: Image) -> dict[str, Any]:
    """Sizes; `pixel_size_um` is null where it is not known."""
    return {
        "id": image.pk,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "pixel_size_um": image.pixel_size_um,
    }


def spine_rows(result: AnalysisImage | None, *, only: Collection[int] | None = None) -> list[dict[str, Any]]:
    """All boxes of a result, those of rejected spines marked so; or those of `only` these spines.

    Score, `network_class` and probabilities are null where a person added it, measures where they cannot be told;
    `quality_words` says why.
    """
    if result is None:
        return []
    preset = result.image.lab.rule_preset
    spines = result.spines.order_by("number")
    shapes = SpineShape.objects.filter(spine__analysis_image=result)
    if only is not None:
        spines, shapes = spines.filter(pk__in=only), shapes.filter(pk__in=only)
    # Beside the spines, not joined to them: of a thousand, most of the time would go into their objects.
    numbers: dict[int | None, int] = dict(result.dendrites.values_list("pk", "number"))
    lines = {pk: lines for pk, *lines in shapes.values_list("pk", "outline_px", "midline_px")}
    unknown = [None, None]
    return [_row(each, preset, numbers.get(each.dendrite_id), *lines.get(each.pk, unknown)) for each in spines]


def boxes_of(result: AnalysisImage) -> QuerySet[Spine]:
    """The spines of a result, the rejected too, with the dendrite that they sit on; its line is not read for each."""
    long = ("dendrite__points_px", "dendrite__radius_px")
    return result.spines.select_related("dendrite").defer(*long).order_by("number")


def _row(
    spine: Spine, preset: str, dendrite: int | None, outline_px: list[Any] | None, midline_px: list[Any] | None
) -> dict[str, Any]:
    return {
        "id": spine.pk,
        "number": spine.number,
        "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
        "score": spine.score,
        "shown_class": spine.final_class,
        "network_class": spine.spine_class or None,
        "reviewed_class": spine.reviewed_class,
        "rejected": spine.rejected,
        "source": spine.source,
        "kept": spine.kept_from_id is not None,
        "class_probabilities": spine.class_probabilities,
        "crop": _address("images:crop", spine.pk),
        "crop_side_px": crop_side_px(spine),
        "history": _address("images:history_json", spine.pk),
        "dendrite": dendrite,
        "position_um": spine.position_um,
        "position_px": spine.position_px,
        "quality": spine.quality,
        "quality_words": spine.get_quality_display(),
        **{name: getattr(spine, name) for name in MEASURES},
        "rule_class": spine.rule_classes.get(preset),
        "outline_px": outline_px,
        "outline_by_hand": spine.outline_by_hand is not None,
        "base_px": spine.base_px,
        "midline_px": midline_px,
    }


def _address(view: str, spine_id: int) -> str:
    """As `reverse` has it, which takes a tenth of a second for a thousand spines."""
    before, after = _parts_of_address(view)
    return f"{before}{spine_id}{after}"


@cache
def _parts_of_address(view: str) -> tuple[str, str]:
    before, after = reverse(view, args=[_PLACE]).split(str(_PLACE))
    return before, after


def dendrite_table(result: AnalysisImage | None, *, may_edit: bool) -> dict[str, Any]:
    """What images/dendrite_table.html needs."""
    return {
        "dendrites": dendrites_of_result(result),
        "result": result,
        "image": result.image if result else None,
        "may_edit": may_edit,
        "dendrite_changes": [dendrite_change_row(change) for change in dendrite_history(result)] if result else [],
    }


def dendrite_rows(dendrites: ImageDendrites | None) -> list[dict[str, Any]]:
    """Each dendrite's line, length and density; what is in µm is null without a pixel size."""
    return [
        {
            "id": row.pk,
            "number": row.number,
            "points_px": row.points_px,
            "length_px": row.length_px,
            "length_um": row.length_um,
            "spines": row.density.spines,
            "spines_per_um": row.density.spines_per_um,
        }
        for row in (dendrites.rows if dendrites else [])
    ]


def review_row(user: User, result: AnalysisImage | None) -> dict[str, Any] | None:
    """How far a result is reviewed, the `version_of` it, what the user can undo; None where there is no result."""
    if result is None:
        return None
    version = version_of(result)  # before the rest: what changes in between is told once more, never left out
    progress = review_progress(result)
    return {
        "result": result.pk,
        "spines": progress.spines,
        "reviewed": progress.reviewed,
        "rejected": progress.rejected,
        "apart": progress.apart,
        "undoable": len(undoable_changes(user, result)),
        "redoable": len(redoable_undoings(user, result)),
        "version": version,
        "marked": _marked(result),
    }


def _marked(result: AnalysisImage) -> str:
    if result.reviewed_at is None:
        return ""
    day = localtime(result.reviewed_at)
    return f"{name_of(result.reviewed_by)} marked this image as reviewed on {day:%-d %b %Y, %H:%M}."
