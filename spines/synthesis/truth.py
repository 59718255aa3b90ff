"""What is known about a made image: every dendrite and every spine, exactly.

Pixel coordinates are those of COCO boxes: x to the right, y down, (0, 0) at the outer corner of the first pixel,
so the centre of that pixel is (0.5, 0.5).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from spines.synthesis.parameters import SceneParameters
from spines.synthesis.shapes import Sizes


class Visibility(StrEnum):
    """Whether a spine can be seen in its picture, and if not, why."""

    VISIBLE = "visible"
    HIDDEN_BY_SHAFT = "hidden by shaft"  # most of it lies over or under a dendrite, or it hardly stands out
    FAINT = "faint"  # too far out of focus, or too small, to stand out
    CUT_BY_EDGE = "cut by edge"  # most of it lies outside the picture


@dataclass(frozen=True, kw_only=True)
class MadeSpine:
    """One spine as drawn.

    `sizes_um` has the length along the spine's midline in three dimensions, from the surface of the dendrite;
    `projected_length_um` is the same midline as it lies in the picture. `box_px` is (x, y, width, height), tight around
    the projected solid outside the dendrite's surface. `shaft_overlap` is the share of its silhouette that lies over a
    dendrite, `protrusion_um` how far its tip stands out of its own dendrite's silhouette. `signal` is the spine's peak
    brightness over that of an in-focus shaft.
    """

    number: int
    dendrite_number: int
    spine_class: str
    box_px: tuple[float, float, float, float]
    centre_px: tuple[float, float]
    base_px: tuple[float, float]
    tip_px: tuple[float, float]
    sizes_um: Sizes
    projected_length_um: float
    projected_area_um2: float
    position_um: float
    azimuth_deg: float
    depth_um: float
    shaft_overlap: float
    protrusion_um: float
    signal: float
    visibility: Visibility


@dataclass(frozen=True, kw_only=True)
class MadeDendrite:
    """One dendrite as drawn, as far as it lies in the picture.

    `centreline_px` is (n, 2), x and y; `radius_um` and `depth_um` are (n,). `length_um` is the arc length of
    `centreline_px` in the picture's plane, what a tracing of the picture can find; `length_3d_um` follows the depth.
    """

    number: int
    centreline_px: NDArray[np.float64]
    radius_um: NDArray[np.float64]
    depth_um: NDArray[np.float64]
    length_um: float
    length_3d_um: float


@dataclass(frozen=True, kw_only=True)
class MadeImage:
    """A made picture and all that is known about it: (side, side) uint8 or uint16, in colour (side, side, 3) uint8."""

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    parameters: SceneParameters
    dendrites: tuple[MadeDendrite, ...]
    spines: tuple[MadeSpine, ...]

    @property
    def visible_spines(self) -> tuple[MadeSpine, ...]:
        """The spines that an observer of this picture can be asked to find."""
        return tuple(spine for spine in self.spines if spine.visibility is Visibility.VISIBLE)
