"""What people do to the dendrites of a result: draw one, extend or redraw it, cut it in two, join two, delete it.

Each change is an audit event of the result that keeps all its dendrites before and after, which is what
`undoing` goes by. Where spines sit and what they measure follows in the same transaction. From the
first change on the dendrites are a person's: later analyses keep them instead of tracing anew.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from django.db.models import Max
from django.utils import timezone
from numpy.typing import NDArray

from spines.access import get_dendrite_to_rate, results_to_rate
from spines.errors import Conflict, InvalidInput, Stale
from spines.measure.livewire import ridge_between
from spines.measure.tracing import shaft_radius_px
from spines.measure.types import Dendrite as TracedDendrite
from spines.models import AnalysisImage, Dendrite, DendriteSource, Image, User
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.measuring import PLACE, as_traced, dendrite_row
from spines.services.analyses.spine_states import dendrites_of
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import plane_of, seen_result
from spines.services.review.stated import NOT_SAVED, NOTHING, Stated, done_before, refuse_stale_dendrite

SHORTEST_PX = 5.0
MOST_POINTS = 20_000
MOST_DENDRITES = 500

Points = NDArray[np.float64]


def add_dendrite(
    *,
    user: User,
    image_id: int,
    points_px: Sequence[Sequence[float]],
    result_id: int | None = None,
    stated: Stated = NOTHING,
) -> AnalysisImage:
    """Draw a dendrite.

    Parameters
    ----------
    points_px
        (n, 2), n ≥ 2: x and y in pixels of the original image, within it.
    result_id
        The result that the user looks at; `Stale` when another has become current meanwhile.
    """
    seen = seen_result(user, image_id, result_id)
    points = _line_within(points_px, seen.image)
    plane = plane_of(seen)
    drawn = TracedDendrite(points_px=points, radius_px=shaft_radius_px(plane, points, pixel_size_um=seen.pixel_size_um))

    def draw(result: AnalysisImage) -> None:
        if result.dendrites.count() >= MOST_DENDRITES:
            raise Conflict(f"This image has {MOST_DENDRITES} dendrites already. Delete some that are none first.")
        dendrite_row(result, _next_number(result), drawn, source=DendriteSource.DRAWN, edited=True).save()

    return _change(user, seen, plane, said.DENDRITE_ADDED, draw, stated)


def change_dendrite(
    *, user: User, dendrite_id: int, points_px: Sequence[Sequence[float]], stated: Stated = NOTHING
) -> AnalysisImage:
    """Let a dendrite run along other points: extended, shortened or redrawn. Points that stay keep their half width.

    This, cutting and deleting raise `Stale` when somebody changed the dendrite since the stated version.
    """
    row = get_dendrite_to_rate(user, dendrite_id)
    seen = seen_result(user, row.analysis_image.image_id, row.analysis_image_id)
    points = _line_within(points_px, seen.image)
    plane = plane_of(seen)
    fresh = shaft_radius_px(plane, points, pixel_size_um=seen.pixel_size_um)

    def redraw(result: AnalysisImage) -> None:
        row = _standing(result, dendrite_id, stated)
        known = {(x, y): radius for (x, y), radius in zip(row.points_px, row.radius_px, strict=True)}
        radius = np.array([known.get((x, y), new) for (x, y), new in zip(points.tolist(), fresh, strict=True)])
        _replace(row, TracedDendrite(points_px=points, radius_px=radius))

    return _change(user, seen, plane, said.DENDRITE_CHANGED, redraw, stated)


def cut_dendrite(
    *, user: User, dendrite_id: int, at_px: tuple[float, float], stated: Stated = NOTHING
) -> AnalysisImage:
    """Cut a dendrite in two at its point nearest to `at_px`. The longer part keeps the number."""
    row = get_dendrite_to_rate(user, dendrite_id)
    seen = seen_result(user, row.analysis_image.image_id, row.analysis_image_id)
    if not all(math.isfinite(side) for side in at_px):
        raise InvalidInput("Say where to cut: click on the dendrite.")

    def cut(result: AnalysisImage) -> None:
        row = _standing(result, dendrite_id, stated)
        longer, shorter = sorted(_parts(as_traced(row), at_px), key=lambda part: -part.length_px)
        if shorter.length_px < SHORTEST_PX:
            raise InvalidInput(f"This is too near to an end. Cut at least {SHORTEST_PX:g} px away from it.")
        _replace(row, longer)
        dendrite_row(result, _next_number(result), shorter, source=row.source, edited=True).save()

    return _change(user, seen, plane_of(seen), said.DENDRITE_CUT, cut, stated)


def join_dendrites(*, user: User, dendrite_id: int, other_id: int, stated: Stated = NOTHING) -> AnalysisImage:
    """Make one dendrite of two, straight across from end to nearest end. The longer keeps its number."""
    row = get_dendrite_to_rate(user, dendrite_id)
    seen = seen_result(user, row.analysis_image.image_id, row.analysis_image_id)
    if dendrite_id == other_id:
        raise InvalidInput("A dendrite cannot be joined to itself. Choose another one.")

    def join(result: AnalysisImage) -> None:
        both = [_standing(result, each, stated) for each in (dendrite_id, other_id)]
        longer, shorter = sorted(both, key=lambda each: -each.length_px)
        _replace(longer, _joined(as_traced(longer), as_traced(shorter)))
        shorter.spines.update(**dict.fromkeys(PLACE))
        shorter.delete()

    return _change(user, seen, plane_of(seen), said.DENDRITE_JOINED, join, stated)


def trace_between(
    *, user: User, image_id: int, start_px: Sequence[float], end_px: Sequence[float], result_id: int | None = None
) -> Points:
    """The way along the ridge from one place to another, (n, 2), to a hundredth of a pixel. Nothing is written."""
    seen = seen_result(user, image_id, result_id)
    ends = np.array([start_px, end_px], float)
    if not np.isfinite(ends).all() or ends.min() < 0 or (ends > (seen.image.width_px, seen.image.height_px)).any():
        raise InvalidInput("These places lie outside the picture. Click within.")
    return np.round(ridge_between(plane_of(seen), ends[0], ends[1], pixel_size_um=seen.pixel_size_um), 2)


def remove_dendrite(*, user: User, dendrite_id: int, stated: Stated = NOTHING) -> AnalysisImage:
    """Delete a dendrite. Its spines sit on another that is near enough, or on none."""
    if event := done_before(user, stated, said.DENDRITE_REMOVED):
        return results_to_rate(user).get(pk=event.subject_id or 0)
    row = get_dendrite_to_rate(user, dendrite_id)
    seen = seen_result(user, row.analysis_image.image_id, row.analysis_image_id)

    def remove(result: AnalysisImage) -> None:
        row = _standing(result, dendrite_id, stated)
        row.spines.update(**dict.fromkeys(PLACE))
        row.delete()

    return _change(user, seen, plane_of(seen), said.DENDRITE_REMOVED, remove, stated)


def _change(
    user: User,
    seen: AnalysisImage,
    plane: NDArray[np.generic],
    action: str,
    act: Callable[[AnalysisImage], None],
    stated: Stated,
) -> AnalysisImage:
    """Do it, once; note what became of the dendrites, and let measure what rests on them. The result."""

    def change(result: AnalysisImage) -> AnalysisImage:
        if done_before(user, stated, action):
            return result
        before = dendrites_of(result)
        act(result)
        result.dendrites_edited_by, result.dendrites_edited_at = user, timezone.now()
        result.save(update_fields=["dendrites_edited_by", "dendrites_edited_at"])
        after = dendrites_of(result)
        details = {"numbers": _changed(before, after), "before": before, "after": after}
        audit.record(actor=user, lab=result.image.lab, action=action, subject=result, key=stated.key, **details)
        return result

    return change_and_measure(user=user, seen=seen, plane=plane, change=change)


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[int]:
    """The numbers of the dendrites that are not as they were."""
    was, now = ({row["number"]: row for row in state["dendrites"]} for state in (before, after))
    return sorted(number for number in was | now if was.get(number) != now.get(number))


def _standing(result: AnalysisImage, dendrite_id: int, stated: Stated) -> Dendrite:
    row = result.dendrites.filter(pk=dendrite_id).first()
    if row is None:
        raise Stale(f"This dendrite was deleted since you saw it. {NOT_SAVED}")
    refuse_stale_dendrite(result, row.number, stated)
    return row


def _next_number(result: AnalysisImage) -> int:
    return int(result.dendrites.aggregate(last=Max("number"))["last"] or 0) + 1


def _replace(row: Dendrite, line: TracedDendrite) -> None:
    """Write a line over a row, which stays the same dendrite."""
    new = dendrite_row(row.analysis_image, row.number, line, source=row.source, edited=True)
    new.pk = row.pk
    new.save()


def _line_within(points_px: Sequence[Sequence[float]], image: Image) -> Points:
    """The points as the row keeps them: to a hundredth of a pixel, none twice in a row."""
    if not 2 <= len(points_px) <= MOST_POINTS:
        raise InvalidInput(f"A dendrite is drawn with 2 to {MOST_POINTS:,} points; this one has {len(points_px):,}.")
    points = np.round(np.array(points_px, dtype=float), 2)
    if not np.isfinite(points).all():
        raise InvalidInput("A point of this dendrite has no place. Draw it again.")
    if points.min() < 0 or (points > (image.width_px, image.height_px)).any():
        raise InvalidInput("This dendrite reaches outside the picture. Draw it within.")
    points = points[_moving(points)]
    length_px = float(np.hypot(*np.diff(points, axis=0).T).sum())
    if length_px < SHORTEST_PX:
        raise InvalidInput(f"This dendrite is too short. Draw one of at least {SHORTEST_PX:g} px.")
    return points


def _moving(points: Points) -> NDArray[np.bool_]:
    """Which points lie elsewhere than the one before."""
    return np.concatenate(([True], np.any(np.diff(points, axis=0) != 0, axis=1)))


def _joined(one: TracedDendrite, other: TracedDendrite) -> TracedDendrite:
    """Both lines as one, the nearest two of their ends next to each other."""
    turned = [(a, b) for a in (1, -1) for b in (1, -1)]
    gaps = [np.hypot(*(one.points_px[::a][-1] - other.points_px[::b][0])) for a, b in turned]
    a, b = turned[int(np.argmin(gaps))]
    points = np.vstack([one.points_px[::a], other.points_px[::b]])
    radii = np.concatenate([one.radius_px[::a], other.radius_px[::b]])
    moving = _moving(points)
    return TracedDendrite(points_px=points[moving], radius_px=radii[moving])


def _parts(line: TracedDendrite, at_px: tuple[float, float]) -> list[TracedDendrite]:
    """Both sides of the point of a line that is nearest to `at_px`; the point itself belongs to both."""
    starts, steps = line.points_px[:-1], np.diff(line.points_px, axis=0)
    along = np.einsum("ij,ij->i", np.array(at_px) - starts, steps)
    share = np.clip(along / np.maximum(np.einsum("ij,ij->i", steps, steps), 1e-12), 0, 1)
    feet = starts + share[:, None] * steps
    n = int(np.argmin(np.hypot(*(feet - at_px).T)))
    foot = np.round(feet[n], 2)
    radius = line.radius_px[n] + share[n] * (line.radius_px[n + 1] - line.radius_px[n])
    parts = []
    for kept, at in ((slice(None, n + 1), n + 1), (slice(n + 1, None), 0)):
        points = np.insert(line.points_px[kept], at, foot, axis=0)
        radii = np.insert(line.radius_px[kept], at, radius)
        moving = _moving(points)
        parts.append(TracedDendrite(points_px=points[moving], radius_px=radii[moving]))
    return parts
