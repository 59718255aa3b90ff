"""Solids in three dimensions: dendrites as tubes along smooth curves, spines as a neck and a head.

All coordinates here are in pixels, the depth axis too; the focal plane is depth 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Points = NDArray[np.float64]
COARSE_SCALE = 4.0


@dataclass(frozen=True, kw_only=True)
class Tube:
    """A dendrite: centreline (n, 3) about one pixel apart, radius (n,)."""

    points: Points
    radius: NDArray[np.float64]

    @property
    def arc(self) -> NDArray[np.float64]:
        """Arc length in the picture's plane up to each point, (n,)."""
        steps = np.hypot(*np.diff(self.points[:, :2], axis=0).T)
        return np.concatenate([[0.0], np.cumsum(steps)])


@dataclass(frozen=True, kw_only=True)
class Ellipsoid:
    """A head: centre (3,), half-axis along `axis` and half-axis across it."""

    centre: NDArray[np.float64]
    axis: NDArray[np.float64]
    half_length: float
    half_width: float

    @property
    def form(self) -> NDArray[np.float64]:
        """The matrix M for which the solid is { c + v : vᵀ M v ≤ 1 }, (3, 3)."""
        along = np.outer(self.axis, self.axis)
        return np.asarray(along / self.half_length**2 + (np.eye(3) - along) / self.half_width**2)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The sizes of one spine; any unit of length. No neck: width None, length 0. No head: `head_length` 0."""

    length: float
    head_width: float
    head_length: float
    neck_width: float | None
    neck_length: float

    def in_units(self, unit: float) -> "Sizes":
        """The same sizes with `unit` as the unit of length."""
        return Sizes(
            length=self.length / unit,
            head_width=self.head_width / unit,
            head_length=self.head_length / unit,
            neck_width=None if self.neck_width is None else self.neck_width / unit,
            neck_length=self.neck_length / unit,
        )


@dataclass(frozen=True, kw_only=True)
class SpineSolid:
    """A spine: midline (n, 3) from the dendrite's surface to the tip, neck (or whole filopodium) tube, head."""

    midline: Points
    neck: Tube | None
    head: Ellipsoid | None


def smooth_noise(random: np.random.Generator, count: int, scale: float) -> NDArray[np.float64]:
    """`count` values with zero mean, unit deviation and correlation over about `scale` values."""
    if scale > 2 * COARSE_SCALE:
        # What varies slowly is drawn at fewer places and interpolated.
        step = scale / COARSE_SCALE
        coarse = smooth_noise(random, int(count / step) + 2, COARSE_SCALE)
        return np.interp(np.arange(count) / step, np.arange(len(coarse)), coarse)
    margin = int(4 * scale) + 1
    values = gaussian_filter1d(random.standard_normal(count + 2 * margin), scale)[margin : margin + count]
    return np.asarray(values * np.sqrt(2 * np.sqrt(np.pi) * max(scale, 0.3)))


def walk(
    random: np.random.Generator, start: NDArray[np.float64], heading: float, length: int, bend: float, scale: float
) -> Points:
    """A smooth plane curve of unit steps, (length, 2), whose heading wanders by about `bend` rad over `scale` steps."""
    turn = bend * smooth_noise(random, length, scale) + (0.08 + 0.4 * bend) * smooth_noise(random, length, scale / 6)
    headings = heading + turn - turn[0]
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1)
    return np.asarray(start + np.cumsum(steps, axis=0) - steps[0])


def spine_sizes_um(random: np.random.Generator, spine_class: str) -> Sizes:
    """Draw the sizes of a spine of a class, in micrometres.

    Sources of the ranges: see docs/synthesis.md.
    """
    if spine_class == "mushroom":
        head_width = random.uniform(0.6, 1.2)
        head_length = head_width * random.uniform(0.7, 1.0)
        length = max(float(np.clip(random.normal(1.5, 0.25), 1.0, 2.2)), head_length + 0.25)
        neck_width = random.uniform(0.1, 0.3)
    elif spine_class == "thin":
        head_width = random.uniform(0.25, 0.55)
        head_length = head_width * random.uniform(0.85, 1.15)
        length = max(float(np.clip(random.normal(0.98, 0.42), 0.6, 2.0)), head_length + 0.25)
        neck_width = random.uniform(0.08, min(0.2, head_width / 1.4))
    elif spine_class == "stubby":
        length = random.uniform(0.4, 0.9)
        width = float(np.clip(length * random.uniform(0.8, 1.3), 0.4, 0.9))
        return Sizes(length=length, head_width=width, head_length=length, neck_width=None, neck_length=0.0)
    else:
        length = float(np.clip(2.0 + random.exponential(1.2), 2.0, 6.0))
        width = random.uniform(0.15, 0.3)
        return Sizes(length=length, head_width=width, head_length=0.0, neck_width=None, neck_length=0.0)
    return Sizes(
        length=length,
        head_width=head_width,
        head_length=head_length,
        neck_width=neck_width,
        neck_length=length - head_length,
    )


def place_spine(
    random: np.random.Generator, dendrite: Tube, at: int, azimuth: float, sizes: Sizes, spine_class: str
) -> SpineSolid:
    """Stand a spine on a dendrite at one of its points, `azimuth` rad round the shaft (0: in the picture's plane).

    `sizes` in pixels.
    """
    low, high = max(at - 3, 0), min(at + 3, len(dendrite.points) - 1)
    tangent = _unit(dendrite.points[high] - dendrite.points[low])
    side = _unit(np.array([-tangent[1], tangent[0], 0.0]))
    outward = np.cos(azimuth) * side + np.sin(azimuth) * _cross(tangent, side)
    direction = _unit(outward + np.tan(random.uniform(-0.5, 0.5)) * tangent)
    radius = dendrite.radius[at]
    base = dendrite.points[at] + radius * outward
    if spine_class == "stubby":
        sunk = min(0.35 * sizes.length, 0.8 * radius)
        half_length = (sizes.length + sunk) / 2
        centre = base + (sizes.length - half_length) * direction
        head = Ellipsoid(centre=centre, axis=direction, half_length=half_length, half_width=sizes.head_width / 2)
        return SpineSolid(midline=np.stack([base, base + sizes.length * direction]), neck=None, head=head)
    bend = {"mushroom": 0.25, "thin": 0.3, "filopodia": 0.7}[spine_class]
    stalk = sizes.length - sizes.head_length
    curve = _stalk(random, base, direction, stalk, bend)
    width = sizes.head_width if sizes.neck_width is None else sizes.neck_width
    rooted = np.concatenate([[base - 0.3 * radius * outward], curve])
    neck = Tube(points=rooted, radius=np.full(len(rooted), width / 2))
    if sizes.neck_width is None:
        # The tube ends in a half-sphere: its last centre is half a width short of the tip.
        short = max(int(np.ceil(len(curve) * width / 2 / stalk)), 1)
        neck = Tube(points=rooted[:-short], radius=neck.radius[:-short])
        return SpineSolid(midline=curve, neck=neck, head=None)
    axis = _unit(curve[-1] - curve[-2])
    head = Ellipsoid(
        centre=curve[-1] + sizes.head_length / 2 * axis,
        axis=axis,
        half_length=sizes.head_length / 2,
        half_width=sizes.head_width / 2,
    )
    midline = np.concatenate([curve, [curve[-1] + sizes.head_length * axis]])
    return SpineSolid(midline=midline, neck=neck, head=head)


def _stalk(
    random: np.random.Generator, base: NDArray[np.float64], direction: NDArray[np.float64], length: float, bend: float
) -> Points:
    """An arc of the given length from `base`, turning by about `bend` rad, points at most a pixel apart."""
    count = max(int(np.ceil(length)), 4)
    aside = _unit(_cross(direction, random.standard_normal(3)))
    angle = np.linspace(0, random.normal(0, bend), count)[:, None]
    steps = (np.cos(angle) * direction + np.sin(angle) * aside) * (length / count)
    return np.asarray(np.concatenate([[base], base + np.cumsum(steps, axis=0)]))


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.sqrt(vector @ vector))


def _cross(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """The cross product of two vectors; `numpy.cross` takes ten times as long for a single pair."""
    (a, b, c), (x, y, z) = one, other
    return np.array([b * z - c * y, c * x - a * z, a * y - b * x])
