"""A picture measured: its dendrites traced, its spines seated on them and measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.measure.by_hand import measure_outline
from spines.measure.frames import SmoothPlane, upright_frames
from spines.measure.outlines import trace_midlines
from spines.measure.poses import poses_of
from spines.measure.seats import seat_spines
from spines.measure.shape import measure_shapes
from spines.measure.tracing import trace_dendrites
from spines.measure.tracing_ridges import finite, pixel_size_from_ridges
from spines.measure.types import Box, ByHand, Dendrite, ImageMeasures, Quality, Seat, SpineMeasures

# A reference pixel: what `scale` counts in.
REFERENCE_PIXEL_UM = 0.1
# About 1 MB a spine.
SPINES_AT_ONCE = 128


def measure_image(
    plane: NDArray[np.generic], boxes_px: Sequence[Box], *, pixel_size_um: float | None, scale: float | None = None
) -> ImageMeasures:
    """Trace the dendrites of a plane and measure its spines.

    Parameters
    ----------
    plane : (M, N) ndarray, raw
    boxes_px
        Spines as x, y, width, height; the centre of a box is near the head.
    pixel_size_um
        None: outlines and midlines in pixels, nothing in µm.
    scale
        Reference pixels of 0.1 µm to one of the picture, where it is known otherwise than from `pixel_size_um`: what to
        look for follows it, figures in µm follow the pixel size. Without both the picture's own ridges tell.
    """
    dendrites = trace_dendrites(plane, pixel_size_um=seen_pixel_um(plane, pixel_size_um, scale), boxes_px=boxes_px)
    return remeasure(plane, boxes_px, dendrites, pixel_size_um=pixel_size_um, scale=scale)


def seen_pixel_um(plane: NDArray[np.generic], pixel_size_um: float | None, scale: float | None) -> float:
    """The pixel size by which dendrites and spines are looked for; arguments as in `measure_image`."""
    if scale is not None:
        return scale * REFERENCE_PIXEL_UM
    return pixel_size_um or pixel_size_from_ridges(finite(plane))


def remeasure(
    plane: NDArray[np.generic],
    boxes_px: Sequence[Box],
    dendrites: Sequence[Dendrite],
    *,
    pixel_size_um: float | None,
    scale: float | None = None,
    by_hand: Sequence[ByHand | None] = (),
) -> ImageMeasures:
    """Measure the spines of a plane on given dendrites, edited ones for example; arguments as in `measure_image`.

    `by_hand` is what people set of each box, in their order; none: nothing.
    """
    seen_um = seen_pixel_um(plane, pixel_size_um, scale)
    seats = seat_spines(boxes_px, dendrites, pixel_size_um=seen_um, by_hand=by_hand)
    every = range(len(boxes_px))
    spines = _measured(plane, boxes_px, by_hand, dendrites, seats, every, pixel_size_um, seen_um)
    return ImageMeasures(dendrites=list(dendrites), spines=[spines[index] for index in range(len(boxes_px))])


def remeasure_changed(
    plane: NDArray[np.generic],
    boxes_px: Sequence[Box],
    dendrites: Sequence[Dendrite],
    *,
    boxes_before_px: Sequence[Box],
    dendrites_before: Sequence[Dendrite],
    pixel_size_um: float | None,
    scale: float | None = None,
    by_hand: Sequence[ByHand | None] = (),
    by_hand_before: Sequence[ByHand | None] = (),
) -> dict[int, SpineMeasures]:
    """Measure the spines that a change of boxes or dendrites reaches.

    Parameters
    ----------
    boxes_px, by_hand, dendrites
        As they are now.
    boxes_before_px, by_hand_before, dendrites_before
        As they were when all was measured, in any order: they are compared by their coordinates.

    Returns
    -------
    dict of int to SpineMeasures
        By index of `boxes_px`, as `remeasure` would give them. The measures of boxes that are left out still hold,
        but for the index in `Seat.dendrite`, which is that of the dendrite with the same coordinates.
    """
    seen_um = seen_pixel_um(plane, pixel_size_um, scale)
    lines, lines_before = _told(dendrites), _told(dendrites_before)
    seats = seat_spines(boxes_px, dendrites, pixel_size_um=seen_um, by_hand=by_hand)
    now, before = Counter(boxes_px), Counter(boxes_before_px)
    hands, hands_before = (
        list(set_of) or [None] * len(boxes)
        for set_of, boxes in ((by_hand, boxes_px), (by_hand_before, boxes_before_px))
    )
    if lines == lines_before:  # then a box sits where it sat, unless its base was set
        stood = set(zip(boxes_before_px, hands_before, strict=True))
        touched = {index for index, each in enumerate(zip(boxes_px, hands, strict=True)) if each not in stood}
    else:
        size: dict[str, Any] = {"pixel_size_um": seen_um, "by_hand": by_hand_before}
        seats_before = seat_spines(boxes_before_px, dendrites_before, **size)
        were = zip(boxes_before_px, hands_before, seats_before, strict=True)
        told_before = {_sitting(*each, lines_before) for each in were}
        sitting = (_sitting(*each, lines) for each in zip(boxes_px, hands, seats, strict=True))
        touched = {index for index, told in enumerate(sitting) if told not in told_before}
    changed = [*(now - before), *(before - now)]
    seated = [index for index, seat in enumerate(seats) if seat is not None]
    if changed and seated:
        poses = poses_of([boxes_px[i] for i in seated], [s for s in seats if s is not None], dendrites)
        middles = np.array([(x + width / 2, y + height / 2) for x, y, width, height in changed])
        reached = np.flatnonzero(poses.sees(middles).any(axis=1))
        touched |= {seated[place] for place in reached}
    return _measured(plane, boxes_px, by_hand, dendrites, seats, touched, pixel_size_um, seen_um)


def _told(dendrites: Sequence[Dendrite]) -> list[tuple[bytes, bytes]]:
    """Each dendrite by its coordinates and radii."""
    return [(dendrite.points_px.tobytes(), dendrite.radius_px.tobytes()) for dendrite in dendrites]


def _sitting(
    box: Box, hand: ByHand | None, seat: Seat | None, lines: Sequence[tuple[bytes, bytes]]
) -> tuple[object, ...]:
    """All that a spine's measures follow from, but for pixels and other boxes; `lines` as `_told` of the dendrites."""
    own = (*box, hand)
    return (*own, None) if seat is None else (*own, seat.position_px, seat.side, *lines[seat.dendrite])


def _measured(
    plane: NDArray[np.generic],
    boxes_px: Sequence[Box],
    by_hand: Sequence[ByHand | None],
    dendrites: Sequence[Dendrite],
    seats: Sequence[Seat | None],
    wanted: Iterable[int],
    pixel_size_um: float | None,
    seen_um: float,
) -> dict[int, SpineMeasures]:
    """Measures of the boxes at the wanted indices."""
    spines: dict[int, SpineMeasures] = {}
    seated: list[tuple[int, Seat]] = []
    for index in sorted(wanted):
        seat, hand = seats[index], by_hand[index] if by_hand else None
        if hand is not None and hand.outline_px:
            size: dict[str, Any] = {"pixel_size_um": pixel_size_um, "seen_um": seen_um}
            spines[index] = measure_outline(plane, hand, seat, dendrites, **size)
        elif seat is None:
            spines[index] = SpineMeasures(quality=Quality.NO_DENDRITE)
        else:
            seated.append((index, seat))
    if not seated:
        return spines
    every = np.asarray(boxes_px, np.float64)
    middles = every[:, :2] + every[:, 2:] / 2
    whole = poses_of([boxes_px[index] for index, _ in seated], [seat for _, seat in seated], dendrites)
    smooth = SmoothPlane.of(plane, seen_um, whole)
    for start in range(0, len(seated), SPINES_AT_ONCE):
        chosen = seated[start : start + SPINES_AT_ONCE]
        own = [seat for _, seat in chosen]
        poses = poses_of([boxes_px[index] for index, _ in chosen], own, dendrites)
        near = poses.sees(middles)
        near[np.arange(len(chosen)), [index for index, _ in chosen]] = False
        others = [middles[row] for row in near]
        frames = upright_frames(smooth, poses, own, dendrites, others)
        shapes = measure_shapes(frames, trace_midlines(frames), own, pixel_size_um=pixel_size_um)
        spines |= {index: shape for (index, _), shape in zip(chosen, shapes, strict=True)}
    return spines
