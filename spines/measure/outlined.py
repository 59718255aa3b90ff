"""An outlined spine, as measures that follow from its outline take it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Outlined:
    """`outline_px` is a closed polygon (k, 2) without its first point repeated; `midline_px` is (m, 2) from the base on
    the dendrite's surface to the tip, both x and y in pixels. `pixel_size_um` is None where nobody knows it."""

    outline_px: NDArray[np.float64]
    midline_px: NDArray[np.float64]
    pixel_size_um: float | None


OfOutline = Callable[[Outlined], float | None]
"""A measure of it, in the measure's unit; None where it cannot be told."""
