"""A line along the ridge between two places of a picture, as it is drawn from click to click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from skimage.filters import sato
from skimage.graph import route_through_array
from skimage.measure import approximate_polygon

Floats = NDArray[np.float64]

USUAL_RADIUS_UM = 0.4
LEAST_SIGMA_PX, MOST_SIGMA_PX, UNKNOWN_SIGMA_PX = 1.0, 6.0, 2.5
LEAST_MARGIN_PX, MARGIN_SHARE = 24.0, 0.35
MOST_CELLS = 420
OFF_RIDGE_COST = 0.03
OFF_LINE_PX = 0.3


def ridge_between(
    plane: NDArray[np.generic], start_px: Floats, end_px: Floats, *, pixel_size_um: float | None
) -> Floats:
    """The way along the brightest ridge from one place to another, (n, 2), both ends among it.

    Parameters
    ----------
    plane : (M, N) ndarray, light on dark
    start_px, end_px : (2,) ndarray
        x and y within the plane.
    pixel_size_um
        By which the dendrite's width is guessed; None: some pixels.
    """
    ends = np.array([start_px, end_px])
    margin = max(LEAST_MARGIN_PX, MARGIN_SHARE * float(np.hypot(*(ends[1] - ends[0]))))
    size = np.array(plane.shape[::-1])
    low = np.clip(np.floor(ends.min(axis=0) - margin), 0, size - 1).astype(int)
    high = np.clip(np.ceil(ends.max(axis=0) + margin), low + 1, size).astype(int)
    every = max(1, int(np.ceil((high - low).max() / MOST_CELLS)))
    window = plane[low[1] : high[1] : every, low[0] : high[0] : every].astype(np.float32)
    sigma = UNKNOWN_SIGMA_PX if pixel_size_um is None else USUAL_RADIUS_UM / pixel_size_um / np.sqrt(2)
    sigma = float(np.clip(sigma, LEAST_SIGMA_PX, MOST_SIGMA_PX * every)) / every
    ridge = sato(np.nan_to_num(window), sigmas=[max(sigma, LEAST_SIGMA_PX)], black_ridges=False, mode="nearest")  # type: ignore[no-untyped-call]
    strongest = float(np.percentile(ridge, 99)) or 1.0
    cost = 1.0 / (OFF_RIDGE_COST + np.clip(ridge / strongest, 0, 1))
    cells = np.clip(np.rint((ends - low - 0.5) / every), 0, np.array(window.shape[::-1]) - 1).astype(int)[:, ::-1]
    way, _ = route_through_array(cost, tuple(cells[0]), tuple(cells[1]))  # type: ignore[no-untyped-call]
    found = np.array(way, np.float64)[:, ::-1] * every + low + every / 2
    found[0], found[-1] = ends
    smooth = gaussian_filter1d(found, 2.0, axis=0, mode="nearest")
    smooth[0], smooth[-1] = ends
    corners = approximate_polygon(smooth, OFF_LINE_PX)  # type: ignore[no-untyped-call]
    return np.asarray(np.clip(corners, 0, size), np.float64)
