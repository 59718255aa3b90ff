"""Outlines of spines that people set: measured on as they are, whatever the neighbours; before they are saved, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import Conflict, InvalidInput
from spines.measure.image import remeasure
from spines.measure.painting import Stroke, painted
from spines.measure.polygons import Floats, cancelled_share, polygon_area
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.types import ByHand, SpineMeasures
from spines.models import AnalysisImage, Image, Spine, User
from spines.selectors.analyses.thresholds import box_of
from spines.selectors.review import state as said
from spines.services.analyses.measuring import basis_of, hand_of, lines_of, scale_of
from spines.services.analyses.spine_states import state_of
from spines.services.review.answers import read_again, record
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import plane_of, seen_result, spine_in
from spines.services.review.stated import NOTHING, Stated, done_before, refuse_stale_spine

MOST_POINTS = 1000
LEAST_AREA_PX = 4.0
MOST_CANCELLED = 0.1
"""Share of an outline that may cancel in its area: a point moved across the side beside it is no figure of eight."""
MOST_STROKES, MOST_STROKE_POINTS = 50, 2000
WIDEST_BRUSH_PX = 500.0

Points = Sequence[Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """An outline that is not saved: the polygon (k, 2) and what the spine would measure on it.

    `rule_classes` are those of each preset that says one, before it is asked whether the image tells necks.
    """

    outline_px: Floats
    measures: SpineMeasures
    rule_classes: dict[str, str]


def set_outline(
    *, user: User, spine_id: int, outline_px: Points, result_id: int | None = None, stated: Stated = NOTHING
) -> Spine:
    """Set a spine's outline by hand, or with no points let it be found again. It alone is measured anew.

    Parameters
    ----------
    outline_px
        (k, 2), k = 0 or k ≥ 3: x and y in pixels of the original image, within it, without the first repeated.
    result_id
        The result that the user looks at; `Stale` when another has become current meanwhile.

    Raises
    ------
    Conflict
        When the spine is rejected, or its result has been replaced.
    Stale
        When somebody else said something of the spine since.
    """
    spine = get_spine_to_rate(user, spine_id)
    seen = seen_result(user, spine.analysis_image.image_id, result_id or spine.analysis_image_id)
    outline = outline_within(outline_px, seen.image).tolist() if len(outline_px) else None

    def put(result: AnalysisImage) -> Spine:
        spine = spine_in(user, result, spine_id)
        if done_before(user, stated, said.OUTLINE_SET) or spine.outline_by_hand == outline:
            return spine
        refuse_stale_spine(spine, stated)
        refuse_rejected(spine, "set its outline")
        before = state_of(spine) | {"outline_px": spine.outline_by_hand}
        spine.outline_by_hand = outline
        spine.reviewed_by, spine.reviewed_at = user, timezone.now()
        spine.save(update_fields=["outline_by_hand", "reviewed_by", "reviewed_at"])
        after = state_of(spine) | {"outline_px": outline}
        record(user, spine, said.OUTLINE_SET, key=stated.key, before=before, after=after)
        return spine

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=put))


def sketch_outline(*, user: User, spine_id: int, outline_px: Points, strokes: Sequence[Stroke] = ()) -> Sketch:
    """What a spine would measure on an outline after these strokes of a brush. Nothing is written.

    Raises
    ------
    InvalidInput
        Also when the strokes leave nothing.
    """
    spine = get_spine_to_rate(user, spine_id)
    result = seen_result(user, spine.analysis_image.image_id, spine.analysis_image_id)
    if len(strokes) > MOST_STROKES or any(len(stroke.points_px) > MOST_STROKE_POINTS for stroke in strokes):
        raise InvalidInput("These strokes are too long to be painted at once. Paint in shorter ones.")
    if any(not 0 < stroke.radius_px <= WIDEST_BRUSH_PX for stroke in strokes):
        raise InvalidInput(f"A brush has a radius of up to {WIDEST_BRUSH_PX:g} px.")
    outline = places_of(outline_px)
    if strokes:
        for stroke in strokes:
            places_of(stroke.points_px)
        found = painted(outline, strokes)
        if found is None:
            raise InvalidInput("Nothing of the outline is left. Take the stroke back, or paint the spine anew.")
        outline = np.clip(found, 0, (result.image.width_px, result.image.height_px))
    outline = outline_within(outline, result.image)
    basis, stands = basis_of(result), hand_of(spine)
    pairs = tuple((float(x), float(y)) for x, y in outline)
    hand = ByHand(outline_px=pairs, base_px=stands.base_px if stands else None)
    measured = remeasure(plane_of(result), [box_of(spine)], lines_of(basis), by_hand=[hand], **scale_of(basis)).spines[
        0
    ]
    classes = {preset: rule_class(preset, measured) for preset in RULE_PRESETS}
    return Sketch(
        outline_px=outline, measures=measured, rule_classes={name: found for name, found in classes.items() if found}
    )


def refuse_rejected(spine: Spine, then: str) -> None:
    """`Conflict` where a person said that this is no spine."""
    if spine.rejected:
        raise Conflict(f"Spine {spine.number} was rejected as no spine. Restore it first, then {then}.")


def outline_within(outline_px: Points | Floats, image: Image) -> Floats:
    """The points as the row keeps them: to a hundredth of a pixel. Raises InvalidInput."""
    outline = np.round(places_of(outline_px), 2)
    if not 3 <= len(outline) <= MOST_POINTS:
        raise InvalidInput(f"An outline has 3 to {MOST_POINTS:,} points; this one has {len(outline):,}.")
    if outline.min() < 0 or (outline > (image.width_px, image.height_px)).any():
        raise InvalidInput("This outline reaches outside the picture. Draw it within.")
    if cancelled_share(outline) > MOST_CANCELLED:
        raise InvalidInput("This outline crosses itself, so it has no one area. Move its points until no sides cross.")
    if polygon_area(outline) < LEAST_AREA_PX:
        raise InvalidInput(f"This outline is too small. Draw one of at least {LEAST_AREA_PX:g} px².")
    return outline


def places_of(points_px: Points | Floats) -> Floats:
    points = np.array(points_px, np.float64).reshape(-1, 2)
    if not np.isfinite(points).all() or (np.abs(points) > 1e6).any():
        raise InvalidInput("A point of this outline has no place. Draw it again.")
    return points
