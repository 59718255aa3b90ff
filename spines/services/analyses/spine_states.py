"""What people say of rows, in the form that the audit trail keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from spines.measure.types import Dendrite as TracedDendrite
from spines.models import AnalysisImage, Dendrite, Spine
from spines.services.analyses.measuring import PLACE, dendrite_row


def state_of(spine: Spine) -> dict[str, Any]:
    """What a person says of a spine."""
    return {
        "reviewed_class": spine.reviewed_class,
        "rejected": spine.rejected,
        "reviewed_by": spine.reviewed_by_id,
        "reviewed_at": _text(spine.reviewed_at),
    }


def put_back(spine: Spine, state: dict[str, Any]) -> None:
    """Give a spine an earlier `state_of`; nothing is saved."""
    spine.reviewed_class, spine.rejected = state["reviewed_class"], state["rejected"]
    spine.reviewed_by_id, spine.reviewed_at = state["reviewed_by"], _moment(state["reviewed_at"])


BOX_FIELDS = ("x_px", "y_px", "width_px", "height_px", "box_by_hand")


def put_box(spine: Spine, box_px: Sequence[float], *, by_hand: bool) -> None:
    """Give a spine another box (x, y, width, height); nothing is saved."""
    spine.x_px, spine.y_px, spine.width_px, spine.height_px = box_px
    spine.box_by_hand = by_hand


SHAPE_FIELDS = (*BOX_FIELDS, "outline_by_hand", "base_px")


def shape_of(spine: Spine) -> dict[str, Any]:
    """Where a spine is, and what a person set of that. Events keep the parts that a change is about."""
    return {
        "box_px": [spine.x_px, spine.y_px, spine.width_px, spine.height_px],
        "box_by_hand": spine.box_by_hand,
        "outline_px": spine.outline_by_hand,
        "base_px": spine.base_px,
    }


def put_shape(spine: Spine, state: dict[str, Any]) -> None:
    """Give a spine those parts of an earlier `shape_of` that `state` has; nothing is saved."""
    if "box_px" in state:
        put_box(spine, state["box_px"], by_hand=state["box_by_hand"])
    if "outline_px" in state:
        spine.outline_by_hand = state["outline_px"]
    if "base_px" in state:
        spine.base_px = state["base_px"]


def row_of(spine: Spine) -> dict[str, Any]:
    """All that a person may change of a spine, with its id and number: to make it again, too."""
    return {
        "id": spine.pk,
        "number": spine.number,
        "uncertain": spine.uncertain,
        **state_of(spine),
        **shape_of(spine),
    }


def mark_of(result: AnalysisImage) -> dict[str, Any]:
    """Who called all boxes of a result right, and when."""
    return {"reviewed_by": result.reviewed_by_id, "reviewed_at": _text(result.reviewed_at)}


def put_mark_back(result: AnalysisImage, mark: dict[str, Any]) -> None:
    """Give a result an earlier `mark_of`; nothing is saved."""
    result.reviewed_by_id, result.reviewed_at = mark["reviewed_by"], _moment(mark["reviewed_at"])


DENDRITE_STATE = ("id", "number", "points_px", "radius_px", "source", "edited")


def dendrites_of(result: AnalysisImage) -> dict[str, Any]:
    """All dendrites of a result as they lie, and who set them by hand, if anybody did."""
    return {
        "edited_by": result.dendrites_edited_by_id,
        "edited_at": _text(result.dendrites_edited_at),
        "dendrites": list(result.dendrites.order_by("number").values(*DENDRITE_STATE)),
    }


def put_dendrites_back(result: AnalysisImage, state: dict[str, Any]) -> None:
    """Give a result an earlier `dendrites_of` and save it. What rests on dendrites that change is to be measured anew.

    A dendrite that was deleted comes back under the id that it had.
    """
    gone = result.dendrites.exclude(pk__in=[dendrite["id"] for dendrite in state["dendrites"]])
    result.spines.filter(dendrite__in=gone).update(**dict.fromkeys(PLACE))
    gone.delete()
    for dendrite in state["dendrites"]:
        row = _row(result, dendrite)
        row.pk = dendrite["id"]
        row.save()
    _set_by(result, state)
    result.save(update_fields=["dendrites_edited_by", "dendrites_edited_at"])


def copy_dendrites(earlier: AnalysisImage, later: AnalysisImage) -> None:
    """Give a result the dendrites of another one of the same image, and who set them, which is not saved."""
    state = dendrites_of(earlier)
    later.dendrites.bulk_create(_row(later, dendrite) for dendrite in state["dendrites"])
    later.tracing_version = earlier.tracing_version
    _set_by(later, state)


def _row(result: AnalysisImage, dendrite: dict[str, Any]) -> Dendrite:
    line = TracedDendrite(
        points_px=np.array(dendrite["points_px"], float), radius_px=np.array(dendrite["radius_px"], float)
    )
    return dendrite_row(result, dendrite["number"], line, source=dendrite["source"], edited=dendrite["edited"])


def _set_by(result: AnalysisImage, state: dict[str, Any]) -> None:
    result.dendrites_edited_by_id, result.dendrites_edited_at = state["edited_by"], _moment(state["edited_at"])


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
