"""Solids as columns: for every pixel, the depth at which a solid begins and ends.

A connected solid, seen along the optical axis, is one interval of depth a pixel. Light from an interval has a closed
form (see `optics`), so no volume is ever filled. Everything in pixels; the centre of pixel (row, column) lies at
(column + 0.5, row + 0.5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spines.synthesis.shapes import Ellipsoid, Points, SpineSolid, Tube

NARROWEST_RADIUS_PX = 1.25
Depths = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Window:
    """A rectangle of pixels inside a picture."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rectangle as an index of the picture."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Depth intervals in a window, (h, w) each. `low` is +inf and `high` -inf where the solid is not.

    A tube thinner than the pixels can carry is drawn with `NARROWEST_RADIUS_PX` and `fill` below 1, so that its light
    stays that of its true cross-section.
    """

    window: Window
    low: Depths
    high: Depths
    fill: float = 1.0

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Where the solid is, (h, w)."""
        return self.high > self.low

    def cut(self, window: Window) -> "Columns":
        """The same solid in another window."""
        across, down = window.left - self.window.left, window.top - self.window.top
        if 0 <= across <= self.window.width - window.width and 0 <= down <= self.window.height - window.height:
            inside = slice(down, down + window.height), slice(across, across + window.width)
            return Columns(window=window, low=self.low[inside], high=self.high[inside], fill=self.fill)
        low = np.full((window.height, window.width), np.inf)
        high = np.full((window.height, window.width), -np.inf)
        top, left = max(self.window.top, window.top), max(self.window.left, window.left)
        bottom = min(self.window.top + self.window.height, window.top + window.height)
        right = min(self.window.left + self.window.width, window.left + window.width)
        if bottom > top and right > left:
            here = slice(top - window.top, bottom - window.top), slice(left - window.left, right - window.left)
            there = (
                slice(top - self.window.top, bottom - self.window.top),
                slice(left - self.window.left, right - self.window.left),
            )
            low[here], high[here] = self.low[there], self.high[there]
        return Columns(window=window, low=low, high=high, fill=self.fill)

    def united_with(self, other: "Columns") -> "Columns":
        """Both solids, which touch, as one; same window."""
        return Columns(window=self.window, low=np.minimum(self.low, other.low), high=np.maximum(self.high, other.high))


def tube_window(tube: Tube, side: int) -> Window | None:
    """The pixels a tube can reach in a (side, side) picture; None where it lies outside."""
    return _window(tube.points, max(float(tube.radius.max()), NARROWEST_RADIUS_PX), side)


def spine_window(solid: SpineSolid, side: int) -> Window | None:
    """The pixels a spine can reach in a (side, side) picture; None where it lies outside."""
    if solid.head is not None:
        reach = max(solid.head.half_width, solid.head.half_length)
        points = np.concatenate([solid.midline, solid.head.centre[None]])
    else:
        reach, points = NARROWEST_RADIUS_PX, solid.midline
    if solid.neck is not None:
        reach = max(reach, float(solid.neck.radius.max()))
    return _window(points, reach, side)


def tube_columns(tube: Tube, window: Window) -> Columns:
    """The columns of a tube, the union of spheres along its centreline."""
    drawn = np.maximum(tube.radius, NARROWEST_RADIUS_PX)
    fill = float(np.mean((tube.radius / drawn) ** 2))
    stride = max(int(0.25 * float(drawn.min())), 1)
    points, radius = tube.points[::stride], drawn[::stride]
    reach = int(np.ceil(float(drawn.max()))) + 1
    offsets = np.arange(-reach, reach + 1)
    columns = np.floor(points[:, 0]).astype(np.intp)[:, None] + offsets
    rows = np.floor(points[:, 1]).astype(np.intp)[:, None] + offsets
    across = (columns + 0.5 - points[:, :1]) ** 2
    down = (rows + 0.5 - points[:, 1:2]) ** 2
    columns -= window.left
    rows -= window.top
    across[(columns < 0) | (columns >= window.width)] = np.inf
    down[(rows < 0) | (rows >= window.height)] = np.inf
    square = (radius[:, None] ** 2 - down)[:, :, None] - across[:, None, :]
    sphere, row, column = np.nonzero(square > 0)
    half = np.sqrt(square[sphere, row, column])
    place = rows[sphere, row] * window.width + columns[sphere, column]
    low = np.full(window.width * window.height, np.inf)
    high = np.full(window.width * window.height, -np.inf)
    depth = points[sphere, 2]
    np.minimum.at(low, place, depth - half)
    np.maximum.at(high, place, depth + half)
    shape = window.height, window.width
    return Columns(window=window, low=low.reshape(shape), high=high.reshape(shape), fill=fill)


def ellipsoid_columns(solid: Ellipsoid, window: Window) -> Columns:
    """The columns of an ellipsoid."""
    inverse = solid.form
    dx = (np.arange(window.left, window.left + window.width) + 0.5 - solid.centre[0])[None, :]
    dy = (np.arange(window.top, window.top + window.height) + 0.5 - solid.centre[1])[:, None]
    linear = inverse[0, 2] * dx + inverse[1, 2] * dy
    constant = inverse[0, 0] * dx**2 + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy**2 - 1
    root = linear**2 - inverse[2, 2] * constant
    inside = root > 0
    half = np.sqrt(np.where(inside, root, 0.0)) / inverse[2, 2]
    middle = solid.centre[2] - linear / inverse[2, 2]
    return Columns(
        window=window, low=np.where(inside, middle - half, np.inf), high=np.where(inside, middle + half, -np.inf)
    )


def _window(points: Points, reach: float, side: int) -> Window | None:
    low = np.maximum(np.floor(points[:, :2].min(axis=0) - reach).astype(int), 0)
    high = np.minimum(np.ceil(points[:, :2].max(axis=0) + reach).astype(int) + 1, side)
    width, height = high - low
    if width <= 0 or height <= 0:
        return None
    return Window(left=int(low[0]), top=int(low[1]), width=int(width), height=int(height))
