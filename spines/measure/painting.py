"""An outline painted with a round brush: strokes put to it or taken from it, on a grid finer than the pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter, label
from skimage.draw import line
from skimage.measure import approximate_polygon, find_contours

from spines.measure.polygons import filled, polygon_area

Floats = NDArray[np.float64]

MOST_CELLS = 640
CELLS_A_PX = 6.0
SMOOTHING_CELLS = 1.2
OFF_CONTOUR_CELLS = 0.4


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """Where a round brush went, (n, 2), n ≥ 1, in pixels of the image, how wide it is, and whether it takes away."""

    points_px: Floats
    radius_px: float
    erases: bool = False


def painted(outline: Floats, strokes: Sequence[Stroke]) -> Floats | None:
    """A closed polygon (k, 2), or none (0, 2), after the strokes; the largest part where it falls apart.

    None: nothing is left.
    """
    reached = [stroke.points_px + by for stroke in strokes for by in (-stroke.radius_px, stroke.radius_px)]
    grid = _Grid.around([outline, *reached])
    mask = grid.filled(outline)
    for stroke in strokes:
        mask[grid.covered(stroke.points_px, stroke.radius_px)] = not stroke.erases
    parts = grid.parts(mask)
    return parts[0] if parts else None


def divided(outline: Floats, line: Floats) -> list[Floats]:
    """The parts of a closed polygon (k, 2) on both sides of a line (n, 2), n ≥ 2, the largest first."""
    grid = _Grid.around([outline])
    mask = grid.filled(outline)
    mask[grid.covered(line, 0.5 / grid.cells_a_px)] = False
    return grid.parts(mask)


def united(outlines: Sequence[Floats]) -> Floats:
    """One polygon of several (k, 2), joined by the shortest bridge where they lie apart."""
    grid = _Grid.around(outlines)
    whole = grid.filled(outlines[0])
    for outline in outlines[1:]:
        mask = grid.filled(outline)
        if not (whole & mask).any():
            whole |= grid.bridge(whole, mask)
        whole |= mask
    return grid.parts(whole)[0]


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Cells over a part of the picture: `origin_px` is the corner of the first."""

    origin_px: Floats
    cells_a_px: float
    shape: tuple[int, ...]

    @classmethod
    def around(cls, polygons: Sequence[Floats]) -> _Grid:
        places = np.vstack([each for each in polygons if len(each)])
        low, high = places.min(axis=0), places.max(axis=0)
        finest = min(CELLS_A_PX, MOST_CELLS / max(float((high - low).max()), 1e-9))
        margin = 4 / finest
        sides = ((high - low + 2 * margin) * finest)[::-1]
        return cls(origin_px=low - margin, cells_a_px=finest, shape=tuple(int(side) + 1 for side in sides))

    def cells(self, places_px: Floats) -> Floats:
        """Columns and rows, (n, 2)."""
        return np.asarray((places_px - self.origin_px) * self.cells_a_px - 0.5)

    def filled(self, polygon: Floats) -> NDArray[np.bool_]:
        return filled(self.cells(polygon), self.shape) if len(polygon) else np.zeros(self.shape, np.bool_)

    def covered(self, points_px: Floats, radius_px: float) -> NDArray[np.bool_]:
        """What a round brush covers that goes along these points."""
        away = np.ones(self.shape, np.bool_)
        cells = np.rint(self.cells(points_px)).astype(int)
        for (x0, y0), (x1, y1) in zip(cells, [*cells[1:], cells[-1]], strict=True):
            rows, columns = line(y0, x0, y1, x1)  # type: ignore[no-untyped-call]
            on = (rows >= 0) & (rows < self.shape[0]) & (columns >= 0) & (columns < self.shape[1])
            away[rows[on], columns[on]] = False
        if away.all():
            return ~away
        return np.asarray(distance_transform_edt(away) <= radius_px * self.cells_a_px)

    def bridge(self, one: NDArray[np.bool_], other: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The way from one mask to another where they are nearest, as wide as two pixels of the picture."""
        away, (rows, columns) = distance_transform_edt(~one, return_indices=True)
        y, x = np.unravel_index(int(np.where(other, away, np.inf).argmin()), self.shape)
        ends = np.array([(x, y), (columns[y, x], rows[y, x])], float)
        return self.covered((ends + 0.5) / self.cells_a_px + self.origin_px, 1.0)

    def parts(self, mask: NDArray[np.bool_]) -> list[Floats]:
        """The contours (k, 2) of what hangs together, in the picture, the largest first."""
        labels, count = label(mask)
        found = (
            [self._contour(labels == n) for n in np.argsort(-np.bincount(labels.ravel())[1:])[:3] + 1] if count else []
        )
        return [each for each in found if each is not None]

    def _contour(self, mask: NDArray[np.bool_]) -> Floats | None:
        smooth = gaussian_filter(np.pad(mask.astype(np.float32), 2), SMOOTHING_CELLS)
        contours = find_contours(smooth, 0.5)  # type: ignore[no-untyped-call]
        if not contours:
            return None
        around = max(contours, key=polygon_area)
        found = approximate_polygon(around, OFF_CONTOUR_CELLS)[:-1, ::-1] - 2  # type: ignore[no-untyped-call]
        return np.asarray((found + 0.5) / self.cells_a_px + self.origin_px) if len(found) >= 3 else None
