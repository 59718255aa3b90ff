"""Midlines and edges of spines in their upright frames.

A midline is the brightest way outward, found for all spines at once by dynamic programming; edges are where brightness
across the midline falls to a level between the spine's and its surround's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, map_coordinates

from spines.measure.frames import Frames
from spines.measure.poses import COLUMNS, HALF_COLUMNS, OTHERS_IN_COLUMNS, OTHERS_IN_ROWS, ROWS, Floats

MOST_SIDESTEP = 2
SIDESTEP_COST = 0.04
OFF_CENTRE_COST = 0.35
NEIGHBOUR_SHARE = 0.5
# A ball's projection, blurred, has its true edge at about a third of its peak (docs/measures.md); half of the peak,
# right for flat things, makes heads a sixth too small.
EDGE_LEVEL = 1 / 3
HALF = 0.5
HEAD_BRIGHTNESS = 0.45
DIRECTION_ROWS = 10
LEAST_NECK_ROWS = 3
MOST_OFF_MIDDLE = 5
NEIGHBOUR_RISE = 0.1
OPEN_EDGE = 0.75
MOST_TEXTURE = 0.25
# This far from the shaft's surface its light hides a spine's.
SHADOW_IN_RADII = 0.67


@dataclass(frozen=True, kw_only=True)
class Midlines:
    """Midlines of n spines, one place a row; all (n, ROWS) but for `profiles`.

    `column` is where the midline is in each row, `arc` its length from row 0 in steps, `tilt` its angle to the columns'
    direction in rad, `brightness` the signal on it, `profiles` the signal across it, (n, ROWS, COLUMNS), in steps with
    the midline in the middle column. `base_arc`, (n,), is where the midline leaves the dendrite, infinite where it
    never does; `head_row`, (n,), the row of the head's brightest place, -1 where nothing is outside the dendrite.
    """

    column: Floats
    arc: Floats
    tilt: Floats
    brightness: Floats
    profiles: Floats
    base_arc: Floats
    head_row: NDArray[np.intp]

    def places(self, spine: int, arc: Floats, aside: Floats | float = 0.0) -> tuple[Floats, Floats]:
        """Rows and columns at arc lengths along the midline, `aside` steps to its right."""
        rows = np.interp(arc, self.arc[spine], np.arange(ROWS))
        columns = np.interp(rows, np.arange(ROWS), self.column[spine])
        tilt = np.interp(rows, np.arange(ROWS), self.tilt[spine])
        return rows - aside * np.sin(tilt), columns + aside * np.cos(tilt)


def trace_midlines(frames: Frames) -> Midlines:
    """The midline of every spine, from the dendrite's centreline outward through its box."""
    column = gaussian_filter1d(_brightest_way(_worth(frames)), 2.5, axis=1, mode="nearest")
    clearance = _on_midline(frames.clearance_px, column)
    head_row = np.array(
        [
            _head_row(*each)
            for each in zip(
                _on_midline(frames.signal, column), clearance, frames.centre_row + frames.reach_rows, strict=True
            )
        ]
    )
    free = clearance > SHADOW_IN_RADII * frames.radius_px[:, None]
    column = _straightened(column, _on_midline(frames.signal, column), free, head_row)
    clearance = _on_midline(frames.clearance_px, column)
    slope = gaussian_filter1d(np.gradient(column, axis=1), 1.5, axis=1, mode="nearest")
    tilt = np.arctan(slope)
    steps = np.hypot(1, np.diff(column, axis=1))
    arc = np.concatenate([np.zeros((len(column), 1)), np.cumsum(steps, axis=1)], axis=1)
    aside = np.arange(COLUMNS) - HALF_COLUMNS
    rows = np.arange(ROWS)[:, None] - aside * np.sin(tilt)[:, :, None]
    across = column[:, :, None] + aside * np.cos(tilt)[:, :, None]
    each = np.broadcast_to(np.arange(len(column))[:, None, None], rows.shape)
    profiles = map_coordinates(frames.signal, [each, rows, across], order=1, mode="nearest")
    return Midlines(
        column=column,
        arc=arc,
        tilt=tilt,
        brightness=profiles[:, :, HALF_COLUMNS],
        profiles=profiles,
        base_arc=np.array([_last_crossing(*pair) for pair in zip(arc, clearance, strict=True)]),
        head_row=head_row,
    )


def widths(profiles: Floats, level: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """How far spines reach to the left and right of their midlines, in steps, at a brightness, all (n, ROWS).

    `profiles` are those of `Midlines`.

    Where a neighbour's light comes before the brightness has fallen to `level`, the darkest place between ends the
    spine; the third result says where that place is hardly darker than the spine itself.
    """
    left, left_open = _edge(profiles[:, :, HALF_COLUMNS::-1], level)
    right, right_open = _edge(profiles[:, :, HALF_COLUMNS:], level)
    return left, right, left_open | right_open


def _worth(frames: Frames) -> Floats:
    """How much a midline wants to pass each sample, 0 to 1."""
    columns = np.arange(COLUMNS) - HALF_COLUMNS
    rows = np.arange(ROWS)
    from_centre = np.abs(rows - frames.centre_row[:, None]) / frames.reach_rows[:, None]
    in_box = (from_centre[:, :, None] <= 1) & (np.abs(columns) <= frames.reach_columns[:, None])[:, None, :]
    outside = frames.clearance_px > 0
    brightest = np.where(in_box & outside, frames.signal, 0.0).max(axis=(1, 2))
    anothers = _nearer_to_another(frames)
    own = np.where(anothers | ~outside, 0.0, np.maximum(frames.signal, 0.0))
    # In each row the middle of what is bright counts most, however wide that is.
    crest = np.clip(frames.signal / np.maximum(own.max(axis=2, keepdims=True), 1e-9), 0, 1)
    worth = np.sqrt(np.clip(frames.signal / np.maximum(brightest, 1e-9)[:, None, None], 0, 1)) * crest * outside
    # Near the box's centre the midline keeps to the box's middle.
    aside = (columns / np.maximum(frames.reach_columns, 1.0)[:, None])[:, None, :] ** 2
    worth = worth - OFF_CENTRE_COST * aside * np.exp(-2 * from_centre**2)[:, :, None]
    return np.asarray(np.where(anothers, NEIGHBOUR_SHARE * worth, worth))


def _nearer_to_another(frames: Frames) -> NDArray[np.bool_]:
    """Where another box's centre is nearer than the spine's own, (n, ROWS, COLUMNS)."""
    nearer = np.zeros(frames.signal.shape, np.bool_)
    rows, columns = np.arange(ROWS)[:, None], np.arange(COLUMNS)[None, :] - HALF_COLUMNS
    for index, others in enumerate(frames.others_px):
        away = (np.vstack([frames.centre_px[index], others]) - frames.foot_px[index]) / frames.step_px[index]
        row, column = away @ frames.outward[index], away @ frames.along[index]
        own = (rows - row[0]) ** 2 + (columns - column[0]) ** 2
        near = (row[1:] > 0) & (row[1:] < OTHERS_IN_ROWS * ROWS)
        near &= np.abs(column[1:]) < OTHERS_IN_COLUMNS * HALF_COLUMNS
        for other in np.flatnonzero(near) + 1:
            nearer[index] |= (rows - row[other]) ** 2 + (columns - column[other]) ** 2 < own
    return nearer


def _brightest_way(worth: Floats) -> Floats:
    """The column in each row of the way with the most worth, sidesteps charged, (n, ROWS)."""
    count = len(worth)
    total = worth[:, 0].copy()
    came_from = np.zeros(worth.shape, np.int8)
    sidesteps = range(-MOST_SIDESTEP, MOST_SIDESTEP + 1)
    for row in range(1, ROWS):
        padded = np.pad(total, ((0, 0), (MOST_SIDESTEP, MOST_SIDESTEP)), constant_values=-np.inf)
        offers = np.stack(
            [
                padded[:, MOST_SIDESTEP + side : MOST_SIDESTEP + side + COLUMNS] - SIDESTEP_COST * side**2
                for side in sidesteps
            ]
        )
        choice = offers.argmax(axis=0)
        came_from[:, row] = choice - MOST_SIDESTEP
        total = np.take_along_axis(offers, choice[None], axis=0)[0] + worth[:, row]
    each = np.arange(count)
    way = np.empty((count, ROWS), np.intp)
    way[:, -1] = total.argmax(axis=1)
    for row in range(ROWS - 1, 0, -1):
        way[:, row - 1] = way[:, row] + came_from[each, row, way[:, row]]
    return way.astype(np.float64)


def _on_midline(values: Floats, column: Floats) -> Floats:
    """Values of the frames along midlines, (n, ROWS)."""
    below = np.clip(column.astype(np.intp), 0, COLUMNS - 2)
    share = column - below
    each, rows = np.arange(len(column))[:, None], np.arange(ROWS)
    return np.asarray((1 - share) * values[each, rows, below] + share * values[each, rows, below + 1])


def _head_row(brightness: Floats, clearance: Floats, furthest_row: float) -> int:
    """The outermost row in which a midline is about as bright as anywhere outside the shaft; -1: it stays inside."""
    inside_shaft = np.flatnonzero(clearance <= 0)
    first = int(inside_shaft[-1]) + 1 if len(inside_shaft) else 0
    last = int(min(furthest_row, ROWS - 2))
    if first > last:
        return -1
    rows = np.arange(first, last + 1)
    here = brightness[rows]
    peaks = (here >= brightness[np.maximum(rows - 1, 0)]) & (here >= brightness[rows + 1])
    bright = np.flatnonzero(peaks & (here >= HEAD_BRIGHTNESS * here.max()))
    return first + int(bright[-1] if len(bright) else here.argmax())


def _straightened(column: Floats, brightness: Floats, free: NDArray[np.bool_], head_row: NDArray[np.intp]) -> Floats:
    """Midlines that go straight where brightness gives no direction: through their heads and in the shaft's light.

    `free` says in which rows midlines are free of the shaft's light, (n, ROWS).
    """
    straight = column.copy()
    rows = np.arange(ROWS)
    for index, head in enumerate(head_row):
        if head <= 0:
            continue
        shaded = np.flatnonzero(~free[index, : head + 1])
        first = min(int(shaded[-1]) + 1 if len(shaded) else 0, head)
        dark = np.flatnonzero(brightness[index, : head + 1] < EDGE_LEVEL * brightness[index, head])
        begins = int(dark[-1]) + 1 if len(dark) else 0
        # A round head is passed by way of its middle, from the middle of a neck that is told from it.
        has_neck = begins - first >= LEAST_NECK_ROWS
        before = (first + begins) // 2 if has_neck else max(head - DIRECTION_ROWS, 0)
        slope = (column[index, head] - column[index, before]) / max(head - before, 1)
        start = before if has_neck else head
        straight[index, start:] = column[index, head] + slope * (rows[start:] - head)
        onward = min(head - first, DIRECTION_ROWS)
        if onward >= DIRECTION_ROWS // 2:
            slope = (straight[index, first + onward] - straight[index, first]) / onward
            straight[index, :first] = straight[index, first] + slope * (rows[:first] - first)
    return np.asarray(np.clip(gaussian_filter1d(straight, 1.0, axis=1, mode="nearest"), 0, COLUMNS - 1))


def _last_crossing(arc: Floats, clearance: Floats) -> float:
    """Arc length at which a midline leaves the shaft for good; infinite where it never does."""
    inside = np.flatnonzero(clearance <= 0)
    last = int(inside[-1]) if len(inside) else -1
    if last < 0:
        return 0.0
    if last == len(arc) - 1:
        return float(np.inf)
    share = clearance[last] / (clearance[last] - clearance[last + 1])
    return float(arc[last] + share * (arc[last + 1] - arc[last]))


def _edge(half_profiles: Floats, level: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Distance from the first column at which half profiles (n, ROWS, k) fall to `level`; as `widths` says."""
    # A midline a little off the middle climbs first.
    climbs = np.logical_and.accumulate(np.diff(half_profiles[:, :, : MOST_OFF_MIDDLE + 1], axis=2) > 0, axis=2)
    top = np.take_along_axis(half_profiles, climbs.sum(axis=2)[:, :, None], axis=2)
    half_profiles = half_profiles.copy()
    half_profiles[:, :, :MOST_OFF_MIDDLE] = np.where(climbs, top, half_profiles[:, :, :MOST_OFF_MIDDLE])
    bright = half_profiles >= level[:, :, None]
    bright[:, :, -1] = False
    first_dark = np.argmin(bright, axis=2)
    before = np.maximum(first_dark - 1, 0)
    upper = np.take_along_axis(half_profiles, before[:, :, None], axis=2)[:, :, 0]
    lower = np.take_along_axis(half_profiles, first_dark[:, :, None], axis=2)[:, :, 0]
    share = np.clip((upper - level) / np.maximum(upper - lower, 1e-12), 0, 1)
    fallen = np.where(first_dark > 0, before + share, 0.0)
    # A rise after the darkest place so far is a neighbour's; a small one on the spine's own top is its texture.
    darkest = np.minimum.accumulate(half_profiles, axis=2)
    peak = np.maximum(half_profiles[:, :, :1], 1e-12)
    least_rise = np.where(darkest > OPEN_EDGE * peak, MOST_TEXTURE, NEIGHBOUR_RISE) * peak
    rises = (half_profiles - darkest > least_rise) & (np.arange(half_profiles.shape[2]) <= first_dark[:, :, None])
    risen = rises.any(axis=2)
    first_rise = np.argmax(rises, axis=2)
    valley_depth = np.take_along_axis(darkest, first_rise[:, :, None], axis=2)[:, :, 0]
    until_rise = np.arange(half_profiles.shape[2]) <= first_rise[:, :, None]
    valley = np.argmin(np.where(until_rise, half_profiles, np.inf), axis=2)
    open_edge = (risen & (valley_depth > OPEN_EDGE * peak[:, :, 0])) | (first_dark == half_profiles.shape[2] - 1)
    return np.where(risen, valley, fallen), open_edge
