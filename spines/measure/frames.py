"""Pictures of spines, each turned upright: rows lead away from the dendrite, columns run along it.

All spines of a picture are sampled at once, (n, ROWS, COLUMNS), in steps of each spine's own size, so that what follows
is the same for every magnification and takes all spines in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, gaussian_filter1d, map_coordinates, spline_filter

from spines.measure.types import Box, Dendrite, Seat

Floats = NDArray[np.float64]

ROWS = 72
HALF_COLUMNS = 32
COLUMNS = 2 * HALF_COLUMNS + 1
SMOOTHING_IN_RADII = 0.12
LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX = 0.3, 2.0
# Of what lies as far from the centreline, this share is darker than where there is shaft and surround only: spines
# stand on less than that along one side.
SURROUND_PERCENTILE = 25.0
RADIUS_OVER_RADII, MOST_SWELLING = 10.0, 1.1


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Upright pictures of n spines.

    Row 0 lies on the dendrite's centreline, the middle column on the line from there to the box's centre.
    `signal` is the brightness above `surround`, which is what the shaft and the background alone give at the same
    distance from the centreline, both (n, ROWS, COLUMNS). `clearance_px` is the distance from the dendrite's surface,
    negative inside the shaft, (n, ROWS, COLUMNS). `inside` says where the picture is. All else is (n,): the spine's
    foot on the centreline, the directions of rows and columns as (n, 2), the step between samples, the row of the
    box's centre, half the box's extent along rows and columns in steps, noise (σ) of the samples, the shaft's mean
    brightness above background and its radius, the box's centre (n, 2) and longer side.
    `others_px` are the other boxes' centres, (k, 2) for each spine.
    """

    signal: Floats
    clearance_px: Floats
    inside: NDArray[np.bool_]
    foot_px: Floats
    outward: Floats
    along: Floats
    step_px: Floats
    centre_row: Floats
    reach_rows: Floats
    reach_columns: Floats
    noise: Floats
    shaft_brightness: Floats
    radius_px: Floats
    centre_px: Floats
    box_side_px: Floats
    others_px: tuple[Floats, ...]

    def to_picture(self, spine: int, rows: Floats, columns: Floats) -> Floats:
        """Places of one spine's frame in the picture, (k, 2)."""
        step = self.step_px[spine]
        return np.asarray(
            self.foot_px[spine]
            + np.multiply.outer(rows * step, self.outward[spine])
            + np.multiply.outer((columns - HALF_COLUMNS) * step, self.along[spine])
        )


@dataclass(frozen=True, kw_only=True)
class SmoothPlane:
    """A plane and the cubic spline through it, smoothed against noise by a Gaussian of `sigma_px`."""

    raw: NDArray[np.generic]
    spline: NDArray[np.float32]
    sigma_px: float

    @classmethod
    def of(cls, plane: NDArray[np.generic], dendrites: Sequence[Dendrite]) -> SmoothPlane:
        """Smooth a plane, (M, N), by an eighth of the dendrites' usual radius."""
        radius_px = float(np.median(np.concatenate([dendrite.radius_px for dendrite in dendrites])))
        sigma_px = float(np.clip(SMOOTHING_IN_RADII * radius_px, LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX))
        smooth = gaussian_filter(plane.astype(np.float32), sigma_px, mode="nearest", truncate=3.0)
        spline = spline_filter(smooth, order=3, output=np.float32, mode="nearest")
        return cls(raw=plane, spline=spline, sigma_px=sigma_px)


def upright_frames(
    plane: SmoothPlane,
    boxes_px: Sequence[Box],
    seats: Sequence[Seat | None],
    dendrites: Sequence[Dendrite],
    *,
    chosen: Sequence[int],
) -> Frames:
    """Sample the frames of the `chosen` boxes, n ≥ 1 of them, all of which have seats."""
    every = np.asarray(boxes_px, np.float64)
    every_centre = every[:, :2] + every[:, 2:] / 2
    boxes, centres = every[list(chosen)], every_centre[list(chosen)]
    taken = [seat for seat in (seats[index] for index in chosen) if seat is not None]
    foot, tangent, radius = _feet(taken, dendrites)
    outward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * np.array([[seat.side] for seat in taken])
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
    step = np.maximum(furthest / (ROWS - 1), widest / HALF_COLUMNS)
    rows, columns = np.arange(ROWS), np.arange(COLUMNS) - HALF_COLUMNS
    down = step[:, None, None] * rows[:, None]
    across = step[:, None, None] * columns
    x = foot[:, 0, None, None] + down * outward[:, 0, None, None] + across * along[:, 0, None, None]
    y = foot[:, 1, None, None] + down * outward[:, 1, None, None] + across * along[:, 1, None, None]
    places = [y - 0.5, x - 0.5]
    grey = map_coordinates(plane.spline, places, order=3, mode="nearest", prefilter=False, output=np.float64)
    clearance = _clearance_px(taken, dendrites, foot, outward, along, step, radius)
    surround, shaft_brightness = _surround(grey, clearance, step, radius)
    height, width = plane.raw.shape
    return Frames(
        signal=grey - surround,
        clearance_px=clearance,
        inside=(x >= 0) & (x <= width) & (y >= 0) & (y <= height),
        foot_px=foot,
        outward=outward,
        along=along,
        step_px=step,
        centre_row=distance / step,
        reach_rows=reach_out / step,
        reach_columns=reach_along / step,
        noise=_noise(plane.raw, centres, boxes[:, 2:], plane.sigma_px),
        shaft_brightness=shaft_brightness,
        radius_px=radius,
        centre_px=centres,
        box_side_px=boxes[:, 2:].max(axis=1),
        others_px=tuple(np.delete(every_centre, index, axis=0) for index in chosen),
    )


def _feet(seats: Sequence[Seat], dendrites: Sequence[Dendrite]) -> tuple[Floats, Floats, Floats]:
    """Place on the centreline (n, 2), unit tangent there (n, 2), shaft radius (n,)."""
    foot, tangent, radius = np.empty((len(seats), 2)), np.empty((len(seats), 2)), np.empty(len(seats))
    arcs = [
        np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(dendrite.points_px, axis=0).T))]) for dendrite in dendrites
    ]
    for index, seat in enumerate(seats):
        arc, dendrite = arcs[seat.dendrite], dendrites[seat.dendrite]
        local = np.interp(seat.position_px, arc, dendrite.radius_px)
        # Where bright spines stand a shaft looks thicker than it is; a few radii on either side tell.
        about = np.abs(arc - seat.position_px) <= RADIUS_OVER_RADII * local
        radius[index] = min(local, MOST_SWELLING * np.median(dendrite.radius_px[about])) if about.any() else local
        near = seat.position_px + radius[index] * np.array([-1.0, 0.0, 1.0])
        places = np.column_stack([np.interp(near, arc, dendrite.points_px[:, axis]) for axis in (0, 1)])
        foot[index], tangent[index] = places[1], places[2] - places[0]
    # A line whose points coincide has no direction; any will do.
    tangent[np.hypot(*tangent.T) < 1e-9] = (1.0, 0.0)
    return foot, tangent / np.hypot(*tangent.T)[:, None], radius


def _clearance_px(
    seats: Sequence[Seat],
    dendrites: Sequence[Dendrite],
    foot: Floats,
    outward: Floats,
    along: Floats,
    step: Floats,
    radius: Floats,
) -> Floats:
    """Distance from the surface of the spine's own dendrite, whose line is taken as rows over columns, (n, R, C).

    Near a foot the line runs along the columns; what turns back further away is left out.
    """
    columns = np.arange(COLUMNS) - HALF_COLUMNS
    line_row = np.empty((len(seats), COLUMNS))
    for index, seat in enumerate(seats):
        away = dendrites[seat.dendrite].points_px - foot[index]
        place = away @ along[index] / step[index]
        height = away @ outward[index] / step[index]
        order = np.argsort(place)
        seen = order[(np.abs(place[order]) < 4 * COLUMNS) & (np.abs(height[order]) < ROWS)]
        line_row[index] = np.interp(columns, place[seen], height[seen]) if len(seen) else 0.0
    # The line's corners are the tracing's, not the dendrite's.
    line_row = gaussian_filter1d(line_row, 4.0, axis=1, mode="nearest")
    slope = np.gradient(line_row, axis=1)
    apart = (np.arange(ROWS)[None, :, None] - line_row[:, None, :]) / np.hypot(1, slope)[:, None, :]
    return np.asarray(apart * step[:, None, None] - radius[:, None, None])


def _surround(grey: Floats, clearance: Floats, step: Floats, radius: Floats) -> tuple[Floats, Floats]:
    """What shaft and background give at each sample's distance, and the shaft's mean brightness above background."""
    count = len(grey)
    line = radius[:, None, None] / step[:, None, None] + clearance / step[:, None, None]
    # Row r of column c is moved to where it lies r steps from the centreline; then whole rows can be looked at.
    moved_from = np.clip(np.rint(np.arange(ROWS)[None, :, None] - (line - np.arange(ROWS)[None, :, None])), 0, ROWS - 1)
    level = np.take_along_axis(grey, moved_from.astype(np.intp), axis=1)
    ranked = np.sort(level, axis=2)
    by_distance = gaussian_filter1d(
        ranked[:, :, round(SURROUND_PERCENTILE / 100 * (COLUMNS - 1))], 1.5, axis=1, mode="nearest"
    )
    # Away from the shaft its light only falls; what rises again is a row of spines, or another dendrite.
    beyond = np.arange(ROWS) > (radius / step)[:, None]
    by_distance = np.where(beyond, np.minimum.accumulate(np.where(beyond, by_distance, np.inf), axis=1), by_distance)
    distance = np.clip(line, 0, ROWS - 1)
    below = np.minimum(distance.astype(np.intp), ROWS - 2)
    share = distance - below
    each = np.arange(count)[:, None, None]
    surround = (1 - share) * by_distance[each, below] + share * by_distance[each, below + 1]
    in_shaft = np.arange(ROWS)[None, :] <= (radius / step)[:, None]
    middle = ranked[:, :, HALF_COLUMNS]
    shaft = (middle * in_shaft).sum(axis=1) / in_shaft.sum(axis=1)
    return surround, shaft - by_distance.min(axis=1)


def _noise(plane: NDArray[np.generic], centres: Floats, sizes: Floats, sigma_px: float) -> Floats:
    """The samples' noise (σ), from differences between neighbouring pixels about each box; above 0."""
    height, width = plane.shape
    noise = np.empty(len(centres))
    for index, ((x, y), (w, h)) in enumerate(zip(centres, sizes, strict=True)):
        top, left = (int(np.clip(value, 0, limit - 2)) for value, limit in ((y - h, height), (x - w, width)))
        region = plane[top : int(y + h) + 2, left : int(x + w) + 2].astype(np.float64)
        steps = np.abs(np.diff(region, axis=1))
        noise[index] = 1.4826 * float(np.median(steps)) / np.sqrt(2) if steps.size else 0.0
    # White noise of variance σ² has σ² / (4 π s²) after a Gaussian of deviation s.
    return np.asarray(np.maximum(noise / (2 * np.sqrt(np.pi) * sigma_px), 1e-6))
