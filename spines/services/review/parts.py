"""Two spines where one was found, and one where two were. Each is one event of the result, undone as one.

The larger part, or the larger of two, stays the spine that it was, with its number and what the networks said of its
crop; it has no class until a person gives it one. The other part is new; the other of two that are joined is rejected.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from django.db.models import Max
from django.utils import timezone

from spines.access import get_spine_to_rate
from spines.errors import InvalidInput
from spines.measure.painting import divided, united
from spines.measure.polygons import Floats, bounds_of, polygon_area
from spines.models import AnalysisImage, Spine, SpineShape, SpineSource, User
from spines.selectors.analyses.thresholds import box_of
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.spine_states import put_shape, row_of
from spines.services.review.answers import read_again
from spines.services.review.measured_change import change_and_measure
from spines.services.review.outlines import LEAST_AREA_PX, Points, outline_within, places_of, refuse_rejected
from spines.services.review.result import plane_of, seen_result, spine_in
from spines.services.review.stated import NOTHING, Stated, done_before, refuse_stale_spine


def split_spine(
    *, user: User, spine_id: int, line_px: Points, result_id: int | None = None, stated: Stated = NOTHING
) -> Spine:
    """Make two spines of one, along a line right across it; what stands of the first is given back.

    Where it has an outline, that is cut, and both parts are measured on theirs; else its box is, and both are outlined
    from the picture.

    Parameters
    ----------
    line_px
        (n, 2), n ≥ 2: x and y in pixels of the original image.

    Raises
    ------
    Conflict, Stale
        As of `outlines.set_outline`.
    InvalidInput
        Where the line does not part it.
    """
    spine = get_spine_to_rate(user, spine_id)
    seen = seen_result(user, spine.analysis_image.image_id, result_id or spine.analysis_image_id)
    line = places_of(line_px)
    if len(line) < 2:
        raise InvalidInput("Draw a line of two points at least, right across the spine.")

    def split(result: AnalysisImage) -> Spine:
        spine = spine_in(user, result, spine_id)
        if done_before(user, stated, said.SPLIT):
            return spine
        refuse_stale_spine(spine, stated)
        refuse_rejected(spine, "split it")
        outline = _outline_of(spine)
        parts = divided(_box_polygon(spine) if outline is None else outline, line)
        if len(parts) < 2 or polygon_area(parts[1]) < LEAST_AREA_PX:
            raise InvalidInput("This line does not part the spine. Draw it from one side right across to the other.")
        first, second = (outline_within(part, result.image) for part in parts[:2])
        other = Spine(
            analysis_image=result,
            number=(result.spines.aggregate(last=Max("number"))["last"] or 0) + 1,
            source=SpineSource.ADDED,
        )

        def part() -> list[Spine]:
            for each, polygon in ((spine, first), (other, second)):
                _become(each, user, polygon, has_outline=outline is not None)
            return [spine, other]

        _note(user, result, said.SPLIT, [spine], part, stated)
        return spine

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=split))


def join_spines(
    *, user: User, spine_id: int, other_id: int, result_id: int | None = None, stated: Stated = NOTHING
) -> Spine:
    """Make one spine of two: the larger stays, the other is rejected. What stands is given back.

    Raises
    ------
    Conflict, Stale
        As of `outlines.set_outline`, of either.
    InvalidInput
        Where both are the same.
    """
    spine = get_spine_to_rate(user, spine_id)
    seen = seen_result(user, spine.analysis_image.image_id, result_id or spine.analysis_image_id)
    if spine_id == other_id:
        raise InvalidInput("A spine cannot be joined to itself. Choose another one.")

    def join(result: AnalysisImage) -> Spine:
        both = [spine_in(user, result, each) for each in (spine_id, other_id)]
        both.sort(key=lambda each: -each.width_px * each.height_px)
        if done_before(user, stated, said.JOINED):
            return both[0]
        for each in both:
            refuse_stale_spine(each, stated)
            refuse_rejected(each, "join it")
        outlines = [_outline_of(each) for each in both]
        known = [each for each in outlines if each is not None]
        polygon = outline_within(united(known), result.image) if len(known) == 2 else None
        corners = np.vstack([_box_polygon(each) for each in both])

        def one() -> list[Spine]:
            larger, other = both
            _become(larger, user, corners if polygon is None else polygon, has_outline=polygon is not None)
            other.rejected, other.reviewed_by, other.reviewed_at = True, user, timezone.now()
            other.save()
            return both

        _note(user, result, said.JOINED, both, one, stated)
        return both[0]

    return read_again(change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=join))


def _become(spine: Spine, user: User, polygon: Floats, *, has_outline: bool) -> None:
    """Give a spine another shape; nobody has said of that one which class it has."""
    box_px = list(bounds_of(polygon))
    outline = polygon.tolist() if has_outline else None
    put_shape(spine, {"box_px": box_px, "box_by_hand": True, "outline_px": outline})
    spine.reviewed_class, spine.uncertain = "", True
    spine.reviewed_by, spine.reviewed_at = user, timezone.now()
    spine.save()


def _note(
    user: User,
    result: AnalysisImage,
    action: str,
    before: list[Spine],
    change: Callable[[], list[Spine]],
    stated: Stated,
) -> None:
    was = [row_of(spine) for spine in before]
    now = change()
    audit.record(
        actor=user,
        lab=result.image.lab,
        action=action,
        subject=result,
        key=stated.key,
        spine_ids=[spine.pk for spine in now],
        spine_numbers=[spine.number for spine in now],
        before=was,
        after=[row_of(spine) for spine in now],
    )


def _outline_of(spine: Spine) -> Floats | None:
    """The outline that stands, set or found; None where there is none."""
    found = spine.outline_by_hand or SpineShape.objects.filter(spine=spine).values_list("outline_px", flat=True).first()
    return np.array(found, float) if found else None


def _box_polygon(spine: Spine) -> Floats:
    x, y, width, height = box_of(spine)
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
