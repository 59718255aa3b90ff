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

from spines.measure.poses import COLUMNS, HALF_COLUMNS, ROWS, Floats, Poses
from spines.measure.types import Dendrite, Seat

# An eighth of a dendrite's usual radius.
SMOOTHING_UM = 0.055
LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX = 0.3, 2.0
# A cubic spline's weights fall fourfold a pixel: beyond this they are less than float64 can tell.
SPLINE_REACH_PX = 32
# Of what lies as far from the centreline, this share is darker than where there is shaft and surround only: spines
# stand on less than that along one side.
SURROUND_PERCENTILE = 25.0


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
    """A plane and the cubic spline through a part of it, smoothed against noise by a Gaussian of `sigma_px`.

    `origin_px` is the first pixel of that part, x and y.
    """

    raw: NDArray[np.generic]
    spline: NDArray[np.float32]
    sigma_px: float
    origin_px: tuple[int, int]

    @classmethod
    def of(cls, plane: NDArray[np.generic], pixel_size_um: float, poses: Poses) -> SmoothPlane:
        """Smooth what the frames of spines need of a plane (M, N): figures are the same as from the whole."""
        sigma_px = float(np.clip(SMOOTHING_UM / pixel_size_um, LEAST_SMOOTHING_PX, MOST_SMOOTHING_PX))
        margin = SPLINE_REACH_PX + int(3 * sigma_px) + 2
        corners = poses.corners_px()
        # What lies outside the picture is read from its edge.
        edge = np.array(plane.shape[::-1])
        first = np.clip(np.floor(corners.min(axis=(0, 1))) - margin, 0, edge - 1).astype(int)
        last = np.clip(np.ceil(corners.max(axis=(0, 1))) + margin, first + 1, edge).astype(int)
        part = plane[first[1] : last[1], first[0] : last[0]].astype(np.float32)
        smooth = gaussian_filter(part, sigma_px, mode="nearest", truncate=3.0)
        spline = spline_filter(smooth, order=3, output=np.float32, mode="nearest")
        return cls(raw=plane, spline=spline, sigma_px=sigma_px, origin_px=(int(first[0]), int(first[1])))

    def at(self, x: Floats, y: Floats) -> Floats:
        """Brightness between pixels; beyond the picture's edge that of the edge."""
        places = [y - 0.5 - self.origin_px[1], x - 0.5 - self.origin_px[0]]
        return np.asarray(
            map_coordinates(self.spline, places, order=3, mode="nearest", prefilter=False, output=np.float64)
        )


def upright_frames(
    plane: SmoothPlane, poses: Poses, seats: Sequence[Seat], dendrites: Sequence[Dendrite], others_px: Sequence[Floats]
) -> Frames:
    """Sample the frames of n ≥ 1 spines; `others_px` as in `Frames`."""
    x, y = poses.places_px()
    step, radius = poses.step_px, poses.radius_px
    grey = plane.at(x, y)
    clearance = _clearance_px(seats, dendrites, poses)
    surround, shaft_brightness = _surround(grey, clearance, step, radius)
    height, width = plane.raw.shape
    return Frames(
        signal=grey - surround,
        clearance_px=clearance,
        inside=(x >= 0) & (x <= width) & (y >= 0) & (y <= height),
        foot_px=poses.foot_px,
        outward=poses.outward,
        along=poses.along,
        step_px=step,
        centre_row=poses.distance_px / step,
        reach_rows=poses.reach_out_px / step,
        reach_columns=poses.reach_along_px / step,
        noise=_noise(plane.raw, poses.centre_px, poses.boxes[:, 2:], plane.sigma_px),
        shaft_brightness=shaft_brightness,
        radius_px=radius,
        centre_px=poses.centre_px,
        box_side_px=poses.boxes[:, 2:].max(axis=1),
        others_px=tuple(others_px),
    )


def _clearance_px(seats: Sequence[Seat], dendrites: Sequence[Dendrite], poses: Poses) -> Floats:
    """Distance from the surface of the spine's own dendrite, whose line is taken as rows over columns, (n, R, C).

    Near a foot the line runs along the columns; what turns back further away is left out.
    """
    columns = np.arange(COLUMNS) - HALF_COLUMNS
    line_row = np.empty((len(seats), COLUMNS))
    for index, seat in enumerate(seats):
        away = dendrites[seat.dendrite].points_px - poses.foot_px[index]
        place = away @ poses.along[index] / poses.step_px[index]
        height = away @ poses.outward[index] / poses.step_px[index]
        order = np.argsort(place)
        seen = order[(np.abs(place[order]) < 4 * COLUMNS) & (np.abs(height[order]) < ROWS)]
        line_row[index] = np.interp(columns, place[seen], height[seen]) if len(seen) else 0.0
    # The line's corners are the tracing's, not the dendrite's.
    line_row = gaussian_filter1d(line_row, 4.0, axis=1, mode="nearest")
    slope = np.gradient(line_row, axis=1)
    apart = (np.arange(ROWS)[None, :, None] - line_row[:, None, :]) / np.hypot(1, slope)[:, None, :]
    return np.asarray(apart * poses.step_px[:, None, None] - poses.radius_px[:, None, None])


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
