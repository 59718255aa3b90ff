"""Polylines (n, 2), x and y: lengths, directions, smoothing, and cutting at corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Floats = NDArray[np.float64]


def arc_length(points: Floats) -> Floats:
    """Length of a polyline (n, 2) up to each point, (n,)."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def polyline_length(points: Floats) -> float:
    """Arc length of points (n, 2)."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def heading(points: Floats, reach: float) -> Floats:
    """Unit direction in which points (n, 2) leave the first of them, over a reach."""
    away = points - points[0]
    far = np.flatnonzero(np.hypot(*away.T) >= reach)
    stop = int(far[0]) if len(far) else len(points) - 1
    way = away[stop]
    return np.asarray(way / max(float(np.hypot(*way)), 1e-9))


def resampled(points: Floats, step: float) -> Floats:
    """A polyline's points about `step` apart, the ends kept."""
    arc = arc_length(points)
    count = max(round(float(arc[-1]) / step), 1) + 1
    places = np.linspace(0, arc[-1], count)
    return np.column_stack([np.interp(places, arc, points[:, axis]) for axis in (0, 1)])


def smoothed_line(points: Floats, sigma: float) -> Floats:
    """Points about 1 apart smoothed by a Gaussian of `sigma`; the line goes on through its ends as it came."""
    reach = min(int(np.ceil(3 * sigma)), len(points) - 1)
    if reach < 1:
        return points
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -reach - 2 : -1]
    longer = np.concatenate([before, points, after])
    return np.asarray(gaussian_filter1d(longer, sigma, axis=0, mode="nearest", truncate=3.0)[reach:-reach])


def normals(points: Floats) -> Floats:
    """Unit vectors at right angles to a polyline at each point, (n, 2)."""
    way = np.gradient(points, axis=0)
    way /= np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    return np.column_stack([-way[:, 1], way[:, 0]])


def simplified(points: Floats, tolerance: float, radius: Floats | None = None) -> NDArray[np.intp]:
    """Indices of the points that keep a polyline within a tolerance (Douglas & Peucker 1973).

    With a `radius` (n,) at each point, so many that this, too, is kept within the tolerance between them.
    """
    kept = {0, len(points) - 1}
    spans = [(0, len(points) - 1)]
    arc = arc_length(points)
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        chord = points[last] - points[first]
        away = points[first + 1 : last] - points[first]
        apart = np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / max(float(np.hypot(*chord)), 1e-9)
        if not chord.any():
            apart = np.hypot(*away.T)
        if radius is not None:
            between = np.interp(arc[first + 1 : last], arc[[first, last]], radius[[first, last]])
            apart = np.maximum(apart, np.abs(radius[first + 1 : last] - between))
        furthest = int(apart.argmax())
        if apart[furthest] > tolerance:
            middle = first + 1 + furthest
            kept.add(middle)
            spans += [(first, middle), (middle, last)]
    return np.array(sorted(kept))


@dataclass(kw_only=True, eq=False)
class Line:
    """Branches joined to a line, (n, 2), and whether its ends lie at forks, on other lines, or are open."""

    points: Floats
    starts_at_fork: bool
    ends_at_fork: bool

    def split_at_corners(self, reach: float, most_turn_deg: float) -> list[Line]:
        """The line in parts, none of which turns by more than `most_turn_deg` between one reach and the next."""
        arm = max(round(reach), 1)
        if len(self.points) <= 2 * arm:
            return [self]
        before = self.points[arm:-arm] - self.points[: -2 * arm]
        after = self.points[2 * arm :] - self.points[arm:-arm]
        lengths = np.maximum(np.hypot(*before.T) * np.hypot(*after.T), 1e-9)
        facing = (before * after).sum(axis=1) / lengths
        sharpest = int(facing.argmin())
        if facing[sharpest] >= np.cos(np.radians(most_turn_deg)):
            return [self]
        at = sharpest + arm
        first = Line(points=self.points[: at + 1], starts_at_fork=self.starts_at_fork, ends_at_fork=True)
        second = Line(points=self.points[at:], starts_at_fork=True, ends_at_fork=self.ends_at_fork)
        return first.split_at_corners(reach, most_turn_deg) + second.split_at_corners(reach, most_turn_deg)
