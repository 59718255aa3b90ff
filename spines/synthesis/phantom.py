"""Phantoms: one dendrite and a row of spines in focus, of exactly known size, to test measures on.

Drawn like the made images (columns, optics, camera), but on cells of at most `FINEST_CELL_UM` that are then averaged
into pixels, so that sizes below a pixel are true as well.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spines.errors import InvalidInput
from spines.synthesis.columns import (
    Columns,
    Window,
    ellipsoid_columns,
    spine_window,
    tube_columns,
    tube_window,
)
from spines.synthesis.optics import Field, Optics
from spines.synthesis.shapes import Ellipsoid, Points, Sizes, SpineSolid, Tube
from spines.synthesis.truth import MadeDendrite

FINEST_CELL_UM = 0.025
MARGIN_UM = 1.0
ROOT_SHARE = 0.6
LIGHT_LEVEL_GREY = 3000.0
DARK_GREY = 100.0

MUSHROOM = Sizes(length=1.5, head_width=0.8, head_length=0.7, neck_width=0.2, neck_length=0.8)
THIN = Sizes(length=1.1, head_width=0.5, head_length=0.5, neck_width=0.15, neck_length=0.6)
STUBBY = Sizes(length=0.8, head_width=0.8, head_length=0.8, neck_width=None, neck_length=0.0)
FILOPODIUM = Sizes(length=3.0, head_width=0.3, head_length=0.0, neck_width=None, neck_length=0.0)


@dataclass(frozen=True, kw_only=True)
class PhantomParameters:
    """One phantom. Lengths in micrometres, brightness in multiples of the shaft's.

    Spines stand in the focal plane every `spacing_um`, left and right in turn, of the sizes in `sizes_um` in turn,
    leaning by `lean_deg` from the dendrite's normal; none stands within `bare_ends_um` of its ends. The dendrite turns
    by `bend_deg` from end to end and runs through the middle of the picture under `rotation_deg`. `axial_fwhm_um` None:
    a projection through all planes. `shaft_photons` None: no noise.
    """

    pixel_size_um: float = 0.1
    lateral_fwhm_um: float = 0.4
    axial_fwhm_um: float | None = 1.75
    dendrite_length_um: float = 20.0
    dendrite_radius_um: float = 0.45
    rotation_deg: float = 0.0
    bend_deg: float = 0.0
    spacing_um: float = 2.0
    bare_ends_um: float = 0.0
    sizes_um: tuple[Sizes, ...] = (MUSHROOM,)
    lean_deg: float = 0.0
    spine_brightness: float = 1.0
    background: float = 0.05
    shaft_photons: float | None = 1000.0
    read_noise_photons: float = 1.0

    def __post_init__(self) -> None:
        if not 0.02 <= self.pixel_size_um <= 0.5:
            raise InvalidInput("A phantom needs a pixel size between 0.02 and 0.5 µm.")
        if self.dendrite_length_um <= 0 or self.dendrite_radius_um <= 0 or self.spacing_um <= 0:
            raise InvalidInput("A phantom needs a dendrite with length and radius, and a spacing above 0.")
        if abs(self.bend_deg) > 180 or abs(self.lean_deg) > 60:
            raise InvalidInput("A phantom's dendrite bends by at most 180°, and its spines lean by at most 60°.")


@dataclass(frozen=True, kw_only=True)
class PhantomSpine:
    """One spine as drawn: its sizes, its place along the dendrite, and its box, tight around what is outside the shaft.

    `midline_px` is (2, 2), the base on the dendrite's surface and the tip.
    """

    sizes_um: Sizes
    position_um: float
    side: int
    midline_px: NDArray[np.float64]
    box_px: tuple[float, float, float, float]
    projected_area_um2: float


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """A phantom's picture, (side, side) uint16, and what is known about it."""

    pixels: NDArray[np.uint16]
    parameters: PhantomParameters
    dendrite: MadeDendrite
    spines: tuple[PhantomSpine, ...]

    @property
    def boxes_px(self) -> list[tuple[float, float, float, float]]:
        """The spines' tight boxes."""
        return [spine.box_px for spine in self.spines]


class _Place(NamedTuple):
    sizes_um: Sizes
    position_um: float
    side: int


def make_phantom(parameters: PhantomParameters, *, seed: int = 0) -> Phantom:
    """Draw a phantom; the seed draws its noise, and by how much it is off the grid of pixels (less than one)."""
    random = np.random.default_rng(seed)
    shrink = int(np.ceil(parameters.pixel_size_um / FINEST_CELL_UM))
    cell_um = parameters.pixel_size_um / shrink
    course_um = _course_um(parameters, cell_um)
    reach_um = parameters.dendrite_radius_um + max(sizes.length for sizes in parameters.sizes_um) + MARGIN_UM
    side_px = int(np.ceil((np.ptp(course_um, axis=0).max() + 2 * reach_um) / parameters.pixel_size_um)) + 1
    middle_um = (course_um.min(axis=0) + course_um.max(axis=0)) / 2
    shift = side_px * shrink / 2 + random.uniform(-0.5, 0.5, 2) * shrink
    course = (course_um - middle_um) / cell_um + shift
    tube = Tube(
        points=np.column_stack([course, np.zeros(len(course))]),
        radius=np.full(len(course), parameters.dendrite_radius_um / cell_um),
    )
    side = side_px * shrink
    optics = Optics.from_fwhm(
        lateral_fwhm_um=parameters.lateral_fwhm_um,
        axial_fwhm_um=parameters.axial_fwhm_um,
        pixel_size_um=cell_um,
    )
    light = Field(side=side, optics=optics)
    window = tube_window(tube, side)
    assert window is not None, "the picture is made to hold the dendrite"
    shaft = optics.seen(tube_columns(tube, window))
    light.add_columns(shaft, shaft.fill * np.maximum(np.where(shaft.mask, shaft.high - shaft.low, 0.0), 0.0))
    spines = []
    for place in _places(parameters, float(tube.arc[-1]) * cell_um):
        solid = _solid(place, tube, cell_um, parameters.lean_deg)
        spine_at = spine_window(solid, side)
        assert spine_at is not None, "the picture is made to hold every spine"
        columns, own = _spine_light(solid, shaft.cut(spine_at), spine_at, optics)
        light.add_columns(columns, parameters.spine_brightness * own)
        rows, across = np.nonzero(own > 0)
        left, top = int(across.min()) + spine_at.left, int(rows.min()) + spine_at.top
        width, height = int(np.ptp(across)) + 1, int(np.ptp(rows)) + 1
        spines.append(
            PhantomSpine(
                sizes_um=place.sizes_um,
                position_um=place.position_um,
                side=place.side,
                midline_px=solid.midline[[0, -1], :2] / shrink,
                box_px=(left / shrink, top / shrink, width / shrink, height / shrink),
                projected_area_um2=len(rows) * cell_um**2,
            )
        )
    blurred = light.blurred() / optics.shaft_light(parameters.dendrite_radius_um / cell_um)
    return Phantom(
        pixels=_counted(blurred.reshape(side_px, shrink, side_px, shrink).mean(axis=(1, 3)), parameters, random),
        parameters=parameters,
        dendrite=MadeDendrite(
            number=1,
            centreline_px=course / shrink,
            radius_um=tube.radius * cell_um,
            depth_um=np.zeros(len(course)),
            length_um=float(tube.arc[-1] * cell_um),
            length_3d_um=float(tube.arc[-1] * cell_um),
        ),
        spines=tuple(spines),
    )


def _course_um(parameters: PhantomParameters, cell_um: float) -> Points:
    """An arc of the dendrite's length whose chord lies under the rotation, points a cell apart, (n, 2)."""
    count = int(np.ceil(parameters.dendrite_length_um / cell_um))
    step = parameters.dendrite_length_um / count
    bend = np.radians(parameters.bend_deg)
    headings = np.radians(parameters.rotation_deg) + bend * ((np.arange(count) + 0.5) / count - 0.5)
    steps = step * np.column_stack([np.cos(headings), np.sin(headings)])
    return np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])


def _places(parameters: PhantomParameters, length_um: float) -> list[_Place]:
    """Left and right in turn; a whole number of spacings lies between the first and the last, centred."""
    count = round((length_um - 2 * parameters.bare_ends_um) / parameters.spacing_um)
    first = (length_um - (count - 1) * parameters.spacing_um) / 2
    return [
        _Place(
            parameters.sizes_um[index % len(parameters.sizes_um)],
            first + index * parameters.spacing_um,
            1 if index % 2 else -1,
        )
        for index in range(count)
    ]


def _solid(place: _Place, dendrite: Tube, cell_um: float, lean_deg: float) -> SpineSolid:
    """A straight spine in the focal plane whose midline starts on the dendrite's surface."""
    at = min(int(np.searchsorted(dendrite.arc, place.position_um / cell_um)), len(dendrite.points) - 2)
    tangent = dendrite.points[at + 1] - dendrite.points[at - 1]
    tangent = tangent / np.linalg.norm(tangent)
    outward = place.side * np.array([-tangent[1], tangent[0], 0.0])
    lean = np.radians(lean_deg)
    direction = np.cos(lean) * outward + np.sin(lean) * tangent
    radius = float(dendrite.radius[at])
    base = dendrite.points[at] + radius * outward
    sizes = place.sizes_um.in_units(cell_um)
    tip = base + sizes.length * direction
    midline = np.stack([base, tip])
    if sizes.neck_width is None and sizes.head_length:
        half_length = (sizes.length + min(0.35 * sizes.length, 0.8 * radius)) / 2
        head = Ellipsoid(
            centre=tip - half_length * direction,
            axis=direction,
            half_length=half_length,
            half_width=sizes.head_width / 2,
        )
        return SpineSolid(midline=midline, neck=None, head=head)
    # A neck ends inside the head; a filopodium ends in a half-sphere.
    width = sizes.neck_width or sizes.head_width
    last = sizes.length - (sizes.head_length * 0.8 or width / 2)
    along = np.arange(-ROOT_SHARE * radius, last, 1.0)
    along = np.append(along, last)
    neck = Tube(points=base + along[:, None] * direction, radius=np.full(len(along), width / 2))
    if not sizes.head_length:
        return SpineSolid(midline=midline, neck=neck, head=None)
    head = Ellipsoid(
        centre=tip - sizes.head_length / 2 * direction,
        axis=direction,
        half_length=sizes.head_length / 2,
        half_width=sizes.head_width / 2,
    )
    return SpineSolid(midline=midline, neck=neck, head=head)


def _spine_light(
    solid: SpineSolid, shaft: Columns, window: Window, optics: Optics
) -> tuple[Columns, NDArray[np.float64]]:
    """The columns of a spine, and its light outside the dendrite, (h, w)."""
    parts = [ellipsoid_columns(solid.head, window)] if solid.head is not None else []
    if solid.neck is not None:
        parts.append(tube_columns(solid.neck, window))
    whole = optics.seen(parts[0] if len(parts) == 1 else parts[0].united_with(parts[1]))
    own = np.where(whole.mask, whole.high - whole.low, 0.0)
    shared = np.minimum(whole.high, shaft.high) - np.maximum(whole.low, shaft.low)
    return whole, np.maximum(own - np.maximum(shared, 0.0), 0.0)


def _counted(
    light: NDArray[np.float32], parameters: PhantomParameters, random: np.random.Generator
) -> NDArray[np.uint16]:
    """Photons counted, with read noise, stored behind an offset as most laser-scanning microscopes do."""
    picture = light.astype(np.float64) + parameters.background
    if parameters.shaft_photons is not None:
        photons = random.poisson(picture * parameters.shaft_photons).astype(np.float64)
        photons += random.normal(0, parameters.read_noise_photons, photons.shape)
        picture = photons / parameters.shaft_photons
    return np.clip(picture * LIGHT_LEVEL_GREY + DARK_GREY + 0.5, 0, 2**16 - 1).astype(np.uint16)
