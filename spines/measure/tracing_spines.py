"""Detected spines taken off a picture, so that what is left to trace is what carries them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

# A shaft goes straight on over so much; a head, a neck and the shaft that they stand on are together less wide.
LINE_UM = 3.0
DIRECTIONS = 12
MARGIN_UM = 0.3
SMOOTHING_UM = 0.15


def without_spines(light: Floats32, boxes: Floats, step_um: float) -> Floats32:
    """A picture (m, n) from which whatever is no line of 3 µm is taken off within boxes (k, 4) and close to them.

    The opening by straight lines, the largest over their directions (Serra 1982): each place becomes as bright as the
    dimmest place of the brightest line that passes it. A shaft stays, heads beside it or over it go.
    """
    near = _near(light.shape, boxes, MARGIN_UM / step_um)
    if not near.any():
        return light
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    reach = int(np.ceil(LINE_UM / step_um)) + 2
    part = (
        slice(max(rows[0] - reach, 0), rows[-1] + reach + 1),
        slice(max(columns[0] - reach, 0), columns[-1] + reach + 1),
    )
    soft = gaussian_filter(light[part], SMOOTHING_UM / step_um, mode="nearest", truncate=3.0)
    opened = opened_by_lines(soft, LINE_UM / step_um)
    share = gaussian_filter(near[part].astype(np.float32), SMOOTHING_UM / step_um, truncate=3.0)
    bare = light.copy()
    bare[part] -= share * (soft - opened)
    return bare


def opened_by_lines(picture: Floats32, length: float) -> Floats32:
    """The largest over directions of the openings of a picture by straight lines, `length` pixels long."""
    reach = int(np.ceil(length)) + 1
    padded = np.pad(picture, reach, mode="edge")
    height, width = picture.shape
    best = np.full_like(picture, -np.inf)
    for angle in np.pi / DIRECTIONS * np.arange(DIRECTIONS):
        shifts = _doubling(length, angle)
        rows, columns = (sum(shift[axis] for shift in shifts) for axis in (0, 1))
        lowest = padded
        for row, column in shifts:
            lowest = _paired(np.minimum, lowest, row, column)
        # The same line back, so that it covers the places that it began from.
        for row, column in shifts:
            lowest = _paired(np.maximum, lowest, row, column)
        top, left = reach - rows, reach - abs(columns)
        np.maximum(best, lowest[top : top + height, left : left + width], out=best)
    return best


def _paired(of: np.ufunc, values: Floats32, row: int, column: int) -> Floats32:
    """Of each value and that `row` ≥ 0 below and `column` beside it; smaller by as much."""
    height, width = values.shape
    left, right = max(column, 0), max(-column, 0)
    here = values[: height - row, right : width - left]
    return np.asarray(of(here, values[row:, left : width - right]))


def _doubling(length: float, angle: float) -> list[tuple[int, int]]:
    """Shifts (rows, columns) whose sums are the places of a line: each makes what is covered about twice as long."""
    left, covered, shifts = round(length) - 1, 1, []
    while left > 0:
        step = min(covered, left)
        shifts.append((round(step * np.sin(angle)), round(step * np.cos(angle))))
        covered += step
        left -= step
    return shifts


def _near(shape: tuple[int, ...], boxes: Floats, margin: float) -> NDArray[np.bool_]:
    near = np.zeros(shape, np.bool_)
    low = np.clip(np.floor(boxes[:, :2] - margin), 0, None).astype(np.intp)
    high = np.ceil(boxes[:, :2] + boxes[:, 2:] + margin).astype(np.intp)
    for (x, y), (x2, y2) in zip(low, high, strict=True):
        near[y : max(y2, 0), x : max(x2, 0)] = True
    return near
