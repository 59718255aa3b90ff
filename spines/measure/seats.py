"""Where spines sit: the dendrite that each belongs to, and its place along it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spines.measure.types import Box, ByHand, Dendrite, Seat

FURTHEST_UM = 3.0
FURTHEST_IN_RADII = 7.0


def seat_spines(
    boxes_px: Sequence[Box],
    dendrites: Sequence[Dendrite],
    *,
    pixel_size_um: float | None,
    by_hand: Sequence[ByHand | None] = (),
) -> list[Seat | None]:
    """Seat each spine on the dendrite whose surface is nearest to its box's centre, or to the base that a person set.

    `by_hand` is in the order of the boxes; none: nobody set anything. A spine may be `FURTHEST_UM` (without a pixel
    size, `FURTHEST_IN_RADII` of the shaft) plus half its box's diagonal away from the surface: a long spine's box often
    holds its outer half alone.

    Returns
    -------
    list of Seat or None
        In the order of the boxes; None where no dendrite is near enough.
    """
    boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
    if not len(boxes) or not dendrites:
        return [None] * len(boxes)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    half_diagonal = np.hypot(boxes[:, 2], boxes[:, 3]) / 2
    best = np.full(len(boxes), np.inf)
    seats: list[Seat | None] = [None] * len(boxes)
    for number, dendrite in enumerate(dendrites):
        position, distance, side, radius = nearest_place(dendrite, centres)
        furthest = FURTHEST_IN_RADII * radius if pixel_size_um is None else FURTHEST_UM / pixel_size_um
        gap = distance - radius
        for index in np.flatnonzero((gap < best) & (gap <= furthest + half_diagonal)):
            best[index] = gap[index]
            seats[index] = Seat(
                dendrite=number,
                position_px=float(position[index]),
                distance_px=float(distance[index]),
                side=int(side[index]),
            )
    for at, hand in enumerate(by_hand):
        if hand is not None and hand.base_px is not None:
            seats[at] = _seat_at(hand.base_px, centres[at], dendrites, pixel_size_um) or seats[at]
    return seats


def _seat_at(
    base_px: tuple[float, float],
    centre_px: NDArray[np.float64],
    dendrites: Sequence[Dendrite],
    pixel_size_um: float | None,
) -> Seat | None:
    """Where a spine with this centre sits that meets its dendrite here; None where no dendrite is near."""
    base, centre = np.array([base_px]), centre_px[None]
    found = [nearest_place(dendrite, base) for dendrite in dendrites]
    gaps = [float(distance[0] - radius[0]) for _, distance, _, radius in found]
    nearest = int(np.argmin(gaps))
    position, _, _, radius = found[nearest]
    if gaps[nearest] > (FURTHEST_IN_RADII * float(radius[0]) if pixel_size_um is None else FURTHEST_UM / pixel_size_um):
        return None
    _, distance, side, _ = nearest_place(dendrites[nearest], centre)
    return Seat(dendrite=nearest, position_px=float(position[0]), distance_px=float(distance[0]), side=int(side[0]))


def nearest_place(
    dendrite: Dendrite, points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Arc length, distance, side and shaft radius at the place of a dendrite nearest to each point (n, 2)."""
    starts, steps = dendrite.points_px[:-1], np.diff(dendrite.points_px, axis=0)
    lengths = np.hypot(*steps.T)
    arc = np.concatenate([[0.0], np.cumsum(lengths)])
    away = points[:, None] - starts
    share = np.clip((away * steps).sum(axis=2) / np.maximum(lengths**2, 1e-12), 0, 1)
    apart = away - share[:, :, None] * steps
    distance = np.hypot(apart[..., 0], apart[..., 1])
    segment = distance.argmin(axis=1)
    each = np.arange(len(points))
    # With y pointing down, a positive cross product lies to the right on the screen.
    cross = steps[segment, 0] * away[each, segment, 1] - steps[segment, 1] * away[each, segment, 0]
    along = share[each, segment]
    position = arc[segment] + along * lengths[segment]
    radius = (1 - along) * dendrite.radius_px[segment] + along * dendrite.radius_px[segment + 1]
    return position, distance[each, segment], np.where(cross > 0, 1, -1), radius
