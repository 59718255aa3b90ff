"""Closed polygons, (k, 2), without their first point repeated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def polygon_area(polygon: Floats) -> float:
    """Area of a closed polygon, (k, 2), by the shoelace formula."""
    x, y = polygon.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def inside_polygon(polygon: Floats, points: Floats) -> NDArray[np.bool_]:
    """Which points, (k, 2), lie in a polygon: a ray to their right crosses its sides an odd number of times."""
    start, end = polygon[None], np.roll(polygon, -1, axis=0)[None]
    x, y = points[:, :1], points[:, 1:]
    spans = (start[..., 1] > y) != (end[..., 1] > y)
    rise = np.where(spans, end[..., 1] - start[..., 1], 1.0)
    crossing = start[..., 0] + (y - start[..., 1]) / rise * (end[..., 0] - start[..., 0])
    return np.asarray((spans & (x < crossing)).sum(axis=1) % 2 == 1)
