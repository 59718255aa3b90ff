"""How bright and how noisy a picture is: what can differ between conditions without any spine being another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

MOST_SIDE_PX = 2000
"""Of the part in the middle that is looked at."""
_OF_NOISE_ALONE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
_MAD_OF_NORMAL = 0.6745


@dataclass(frozen=True, kw_only=True)
class Light:
    """`brightness`: mean grey value in the file's own steps; `noise`: its SD as a part of the picture's contrast."""

    brightness: float
    noise: float


def light_of(plane: NDArray[Any]) -> Light:
    """Of a plane (M, N) of any pixel type, as it was analysed; values that are no numbers count as the darkest.

    Contrast is what lies between the 1st and the 99.8th percentile. A picture of one value has no noise.
    """
    middle = tuple(slice(max(0, (n - MOST_SIDE_PX) // 2), (n + MOST_SIDE_PX) // 2) for n in plane.shape)
    grey = np.asarray(plane[middle], np.float32)
    there = np.isfinite(grey)
    grey = np.where(there, grey, grey[there].min() if there.any() else 0).astype(np.float32)
    low, high = np.percentile(grey, (1, 99.8))
    return Light(
        brightness=float(grey.mean(dtype=np.float64)),
        noise=noise_sd(grey) / float(high - low) if high > low else 0.0,
    )


def noise_sd(grey: NDArray[np.float32]) -> float:
    """Standard deviation of the noise in a plane (M, N), in its own steps.

    By the second differences across and down, which lines and slopes cancel in (Immerkær 1996,
    doi:10.1006/cviu.1996.0060), by their median, which spines do not move.
    """
    return float(np.median(np.abs(convolve(grey, _OF_NOISE_ALONE)))) / _MAD_OF_NORMAL
