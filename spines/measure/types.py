"""What tracing and measuring give. Pixel coordinates are those of boxes: x right, y down, (0, 0) at the outer corner
of the first pixel, so that the centre of that pixel is (0.5, 0.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


@dataclass(frozen=True, kw_only=True)
class Dendrite:
    """A dendrite's centreline as a polyline, with the half width of its shaft at each point.

    `points_px` is (n, 2), x and y, n ≥ 2; `radius_px` is (n,).
    """

    points_px: NDArray[np.float64]
    radius_px: NDArray[np.float64]

    @property
    def length_px(self) -> float:
        """Arc length of the polyline."""
        return float(np.hypot(*np.diff(self.points_px, axis=0).T).sum())


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Where a spine sits: which dendrite (an index), how far along it, and how far its box's centre is from the line.

    `side` is +1 where the spine is to the right of the polyline's direction as drawn on the screen, else -1.
    """

    dendrite: int
    position_px: float
    distance_px: float
    side: int


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """What a person set of a spine; what is left out is found from the picture.

    `outline_px` is a closed polygon, k places of x and y without the first repeated, k = 0 or k ≥ 3. `base_px` is where
    the spine meets its dendrite: it sits on the dendrite that is nearest there.
    """

    outline_px: tuple[tuple[float, float], ...] = ()
    base_px: tuple[float, float] | None = None


class Quality(StrEnum):
    """Whether a spine's outline can be trusted, and if not, why. Untrusted spines have no measures."""

    TRUSTED = "trusted"
    FAINT = "faint"  # hardly brighter than what surrounds it
    MERGED = "merged"  # runs together with a neighbour
    CUT_BY_EDGE = "cut_by_edge"  # reaches the edge of the picture
    NO_DENDRITE = "no_dendrite"  # sits on none, so it has no base
    OVER_DENDRITE = "over_dendrite"  # lies over or under the shaft, so no length can be seen
    TOO_SMALL = "too_small"  # of too few pixels


@dataclass(frozen=True, kw_only=True)
class SpineMeasures:
    """One spine, measured in the picture's plane. Everything but `quality` and `seat` is None where it cannot be told.

    `outline_px` is a closed polygon (k, 2) without its first point repeated; `midline_px` is (m, 2) from the base on
    the dendrite's surface to the tip. Lengths in µm are None without a pixel size, too. `neck_width_um` and
    `neck_length_um` are None where there is no constriction; of a neck too faint to measure only the width is.
    `intensity_ratio` is the spine's summed intensity above background over the mean intensity above background of the
    shaft beside it, in µm² (a proxy for volume).
    """

    quality: Quality
    seat: Seat | None = None
    outline_px: NDArray[np.float64] | None = None
    midline_px: NDArray[np.float64] | None = None
    length_um: float | None = None
    head_width_um: float | None = None
    neck_width_um: float | None = None
    neck_length_um: float | None = None
    area_um2: float | None = None
    intensity_ratio: float | None = None
    of_outline: dict[str, float | None] = field(default_factory=dict)
    """By key, the measures of the vocabulary that follow from the outline."""

    def value(self, measure: str) -> float | None:
        """A measure of the vocabulary, by its key."""
        found: float | None = self.of_outline.get(measure, getattr(self, measure, None))
        return found


@dataclass(frozen=True, kw_only=True)
class ImageMeasures:
    """The dendrites of a picture and its spines, in the order of the boxes."""

    dendrites: list[Dendrite]
    spines: list[SpineMeasures]
