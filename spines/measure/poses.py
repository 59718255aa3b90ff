"""How spines stand: each one's foot on its dendrite's centreline, its direction, and how far its frame reaches.

Geometry alone, no pixels: it also tells which spines a change of boxes or dendrites can reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spines.measure.polylines import arc_length
from spines.measure.types import Box, Dendrite, Seat

Floats = NDArray[np.float64]

ROWS = 72
HALF_COLUMNS = 32
COLUMNS = 2 * HALF_COLUMNS + 1
RADIUS_OVER_RADII, MOST_SWELLING = 10.0, 1.1
# Other boxes count for a spine where their centres are no further out, and no further aside, than so many frames.
OTHERS_IN_ROWS, OTHERS_IN_COLUMNS = 1.3, 1.6


@dataclass(frozen=True, kw_only=True)
class Poses:
    """How n spines stand, all of which have seats.

    `boxes` (n, 4), `centre_px`, `foot_px` (n, 2); unit directions of the frame's rows and columns, `outward` and
    `along` (n, 2); the rest (n,): distance from foot to centre, half the box's extent along rows and columns, the
    shaft's radius at the foot, and the step between samples, in pixels.
    """

    boxes: Floats
    centre_px: Floats
    foot_px: Floats
    outward: Floats
    along: Floats
    distance_px: Floats
    reach_out_px: Floats
    reach_along_px: Floats
    radius_px: Floats
    step_px: Floats

    def places_px(self) -> tuple[Floats, Floats]:
        """Where the frames' samples lie in the picture, x and y, (n, ROWS, COLUMNS) each."""
        down = self.step_px[:, None, None] * np.arange(ROWS)[:, None]
        across = self.step_px[:, None, None] * (np.arange(COLUMNS) - HALF_COLUMNS)
        x, y = (
            self.foot_px[:, axis, None, None]
            + down * self.outward[:, axis, None, None]
            + across * self.along[:, axis, None, None]
            for axis in (0, 1)
        )
        return x, y

    def corners_px(self) -> Floats:
        """The corners of every frame, (n, 4, 2)."""
        out = self.outward * (self.step_px * (ROWS - 1))[:, None]
        aside = self.along * (self.step_px * HALF_COLUMNS)[:, None]
        near = np.stack([self.foot_px - aside, self.foot_px + aside], axis=1)
        return np.concatenate([near, near + out[:, None]], axis=1)

    def sees(self, places_px: Floats) -> NDArray[np.bool_]:
        """Which of the places (k, 2) are so near that another box with its centre there may count, (n, k)."""
        away = (places_px[None] - self.foot_px[:, None]) / self.step_px[:, None, None]
        row = np.abs((away * self.outward[:, None]).sum(axis=2))
        column = np.abs((away * self.along[:, None]).sum(axis=2))
        return np.asarray((row < OTHERS_IN_ROWS * ROWS) & (column < OTHERS_IN_COLUMNS * HALF_COLUMNS))


def poses_of(boxes_px: Sequence[Box], seats: Sequence[Seat], dendrites: Sequence[Dendrite]) -> Poses:
    """How spines stand, n ≥ 1 boxes with their seats."""
    boxes = np.asarray(boxes_px, np.float64)
    centres = boxes[:, :2] + boxes[:, 2:] / 2
    foot, tangent, radius = _feet(seats, dendrites)
    outward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * np.array([[seat.side] for seat in seats])
    away = centres - foot
    distance = np.hypot(*away.T)
    # Off the shaft the spine's own direction is better known than the dendrite's, whose line has corners.
    clear = distance > 0.5 * radius
    outward[clear] = away[clear] / distance[clear, None]
    along = np.stack([-outward[:, 1], outward[:, 0]], axis=1)
    reach_out = (np.abs(outward) * boxes[:, 2:]).sum(axis=1) / 2
    reach_along = (np.abs(along) * boxes[:, 2:]).sum(axis=1) / 2
    furthest = distance + 1.35 * reach_out + 0.35 * radius + 3
    widest = np.maximum(1.3 * reach_along + 1.5 * radius + 3, furthest / 2)
    return Poses(
        boxes=boxes,
        centre_px=centres,
        foot_px=foot,
        outward=outward,
        along=along,
        distance_px=distance,
        reach_out_px=reach_out,
        reach_along_px=reach_along,
        radius_px=radius,
        step_px=np.maximum(furthest / (ROWS - 1), widest / HALF_COLUMNS),
    )


def _feet(seats: Sequence[Seat], dendrites: Sequence[Dendrite]) -> tuple[Floats, Floats, Floats]:
    """Place on the centreline (n, 2), unit tangent there (n, 2), shaft radius (n,)."""
    foot, tangent, radius = np.empty((len(seats), 2)), np.empty((len(seats), 2)), np.empty(len(seats))
    numbers = np.array([seat.dendrite for seat in seats])
    positions = np.array([seat.position_px for seat in seats])
    for number in np.unique(numbers):
        of_it, dendrite = np.flatnonzero(numbers == number), dendrites[number]
        arc, position = arc_length(dendrite.points_px), positions[of_it]
        radius[of_it] = _shaft_radii(position, arc, dendrite.radius_px)
        near = position[:, None] + radius[of_it, None] * np.array([-1.0, 0.0, 1.0])
        places = np.stack([np.interp(near, arc, dendrite.points_px[:, axis]) for axis in (0, 1)], axis=-1)
        foot[of_it], tangent[of_it] = places[:, 1], places[:, 2] - places[:, 0]
    # A line whose points coincide has no direction; any will do.
    tangent[np.hypot(*tangent.T) < 1e-9] = (1.0, 0.0)
    return foot, tangent / np.hypot(*tangent.T)[:, None], radius


def _shaft_radii(position: Floats, arc: Floats, radius: Floats) -> Floats:
    """The shaft's radius at places along a dendrite, but where bright spines make it look thicker than it is."""
    local = np.interp(position, arc, radius)
    # A few radii on either side tell.
    reach = RADIUS_OVER_RADII * local
    first, last = np.searchsorted(arc, position - reach), np.searchsorted(arc, position + reach, side="right")
    least = np.minimum.reduceat(np.append(radius, np.inf), np.column_stack([first, last]).ravel())[::2]
    # Elsewhere the median cannot be less either.
    for place in np.flatnonzero((last > first) & (local > MOST_SWELLING * least)):
        about = np.median(radius[first[place] : last[place]])
        local[place] = min(local[place], MOST_SWELLING * about)
    return np.asarray(local)
