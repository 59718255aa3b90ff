"""Where a level of the peak puts the edges of simple bodies: what `EDGE_LEVEL` was chosen by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spines.measure.outlines import EDGE_LEVEL, HALF
from spines.synthesis.optics import FWHM_PER_SIGMA

CELL_UM = 0.0125
HALF_SIDE = 100


@dataclass(frozen=True, kw_only=True)
class LevelErrors:
    """Width read at a level less true width, in µm, of a blurred ball's projection and of a blurred disc, no noise."""

    width_um: float
    lateral_fwhm_um: float
    ball_at_half_um: float
    ball_at_edge_level_um: float
    disc_at_half_um: float
    disc_at_edge_level_um: float


def level_errors() -> Iterator[LevelErrors]:
    """Errors of both levels for widths of 0.4 to 1.2 µm under three blurs."""
    down, across = np.indices((2 * HALF_SIDE + 1, 2 * HALF_SIDE + 1)) - HALF_SIDE
    square_um = (down**2 + across**2) * CELL_UM**2
    for fwhm_um in (0.25, 0.35, 0.45):
        for width_um in (0.4, 0.6, 0.8, 1.0, 1.2):
            inside = np.clip(1 - square_um / (width_um / 2) ** 2, 0, 1)
            errors = [
                _width_um(gaussian_filter(body, fwhm_um / FWHM_PER_SIGMA / CELL_UM)[HALF_SIDE], level) - width_um
                for body in (np.sqrt(inside), (inside > 0).astype(np.float64))
                for level in (HALF, EDGE_LEVEL)
            ]
            yield LevelErrors(
                width_um=width_um,
                lateral_fwhm_um=fwhm_um,
                ball_at_half_um=errors[0],
                ball_at_edge_level_um=errors[1],
                disc_at_half_um=errors[2],
                disc_at_edge_level_um=errors[3],
            )


def _width_um(profile: NDArray[np.float64], level: float) -> float:
    """Full width of a symmetric profile at a level of its middle."""
    half = profile[HALF_SIDE:] / profile[HALF_SIDE]
    # `interp` wants rising places.
    return 2 * CELL_UM * float(np.interp(-level, -half, np.arange(len(half))))
