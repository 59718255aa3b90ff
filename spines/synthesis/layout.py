"""Where dendrites, spines and background branches of a scene go. Everything in pixels unless named otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spines.synthesis.parameters import SPINE_CLASSES, Look, SceneParameters
from spines.synthesis.shapes import (
    Points,
    Sizes,
    SpineSolid,
    Tube,
    place_spine,
    smooth_noise,
    spine_sizes_um,
    walk,
)

SHORTEST_DENDRITE_PX = 30
PLACING_ATTEMPTS = 8
# Without sectioning a branch out of focus stays dark: this deep, its spines have melted into it.
STAINED_BRANCH_UM = 2.5


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A spine given its place: how far along its dendrite, how far round it, its class, sizes and solid."""

    position_px: float
    azimuth: float
    spine_class: str
    sizes_um: Sizes
    solid: SpineSolid


def lay_dendrites(parameters: SceneParameters, random: np.random.Generator) -> list[Tube]:
    """Dendrites cut to the picture: crossing it in a field, of finite length in a cut-out or silhouette."""
    if parameters.look in (Look.CUT_OUT, Look.BINARY):
        return [_free_dendrite(parameters, random)]
    tubes = [_crossing_dendrite(parameters, random, first=index == 0) for index in range(parameters.dendrite_count)]
    if parameters.branched:
        child = _child(tubes[0], parameters, random)
        if child is not None:
            tubes.append(child)
    return tubes


def lay_spines(
    parameters: SceneParameters, tube: Tube, heads: list[NDArray[np.float64]], random: np.random.Generator
) -> list[Stand]:
    """Spines for one dendrite: a Poisson number of them, anywhere along it and round it.

    Heads keep apart from those in `heads` (their tips) where a few attempts allow, but for those that crowd; the new
    ones are appended to it.
    """
    scale = parameters.pixel_size_um
    shares = np.array([parameters.class_shares.get(name, 0.0) for name in SPINE_CLASSES])
    arc = tube.arc
    count = random.poisson(parameters.spines_per_um * float(arc[-1]) * scale)
    taken = np.full((len(heads) + count, 3), np.inf)
    taken[: len(heads)] = np.reshape(heads, (-1, 3))
    stands: list[Stand] = []
    for class_index in random.choice(len(SPINE_CLASSES), count, p=shares / shares.sum()):
        spine_class = SPINE_CLASSES[class_index]
        sizes = spine_sizes_um(random, spine_class)
        gap = 0.8 * sizes.head_width / scale
        crowds = bool(stands) and random.random() < parameters.crowding
        for _attempt in range(1 if crowds else PLACING_ATTEMPTS):
            if crowds:
                position = float(np.clip(stands[-1].position_px + random.normal(0, 0.5) / scale, 0, arc[-1]))
                azimuth = float((stands[-1].azimuth + random.normal(0, 0.8)) % (2 * np.pi))
            else:
                position, azimuth = float(random.uniform(0, arc[-1])), float(random.uniform(0, 2 * np.pi))
            at = int(np.searchsorted(arc, position))
            solid = place_spine(random, tube, at, azimuth, sizes.in_units(scale), spine_class)
            tip = solid.midline[-1]
            if np.all(((taken - tip) ** 2).sum(axis=1) > gap**2):
                break
        taken[len(heads)] = tip
        heads.append(tip)
        stands.append(
            Stand(position_px=position, azimuth=azimuth, spine_class=spine_class, sizes_um=sizes, solid=solid)
        )
    return stands


def background_branches(
    parameters: SceneParameters, random: np.random.Generator
) -> Iterator[tuple[Points, NDArray[np.float64], NDArray[np.float64]]]:
    """Branches out of focus and fine axons, as points (n, 3), their volumes (n,) and radii (n,)."""
    side, scale = parameters.side_px, parameters.pixel_size_um
    for number in range(parameters.background_branch_count + parameters.axon_count):
        start = random.uniform(-0.2, 1.2, 2) * side
        heading = np.arctan2(*(random.uniform(0.2, 0.8, 2) * side - start)[::-1])
        course = walk(random, start, heading, 2 * side, random.uniform(0.1, 0.5), 120)
        count = len(course)
        if number >= parameters.background_branch_count or random.random() < 0.3:
            radius = np.full(count, random.uniform(0.08, 0.14) / scale)
            depth = random.uniform(-1.5, 1.5) + smooth_noise(random, count, 80)
            beads = 0.7 * np.exp(0.6 * smooth_noise(random, count, 5))
        else:
            radius = random.uniform(0.25, 0.7) / scale * np.exp(0.2 * smooth_noise(random, count, 20))
            beyond = random.uniform(0.2, 6) * np.exp(0.6 * smooth_noise(random, count, 120))
            nearest = STAINED_BRANCH_UM if parameters.look.is_stained else 1.5
            depth = random.choice([-1, 1]) * (nearest + 2 * radius.mean() * scale + beyond)
            beads = np.exp(0.25 * smooth_noise(random, count, 6))
            yield _distant_spines(course, depth / scale, radius, parameters, random)
        # It sinks out of sight at its far end rather than stopping short.
        sunk = np.clip(np.arange(count) / random.uniform(0.4, 1.6) / side - 1, 0, None)
        depth += 12 * np.copysign(sunk, depth[0])
        yield np.column_stack([course, depth / scale]), np.pi * radius**2 * beads, radius


def _distant_spines(
    course: Points,
    depth: NDArray[np.float64],
    radius: NDArray[np.float64],
    parameters: SceneParameters,
    random: np.random.Generator,
) -> tuple[Points, NDArray[np.float64], NDArray[np.float64]]:
    scale = parameters.pixel_size_um
    at = random.integers(0, len(course), random.poisson(0.7 * len(course) * scale))
    reach = radius[at] + random.uniform(0.5, 1.3, len(at)) / scale
    angle = random.uniform(0, 2 * np.pi, len(at))
    aside = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(len(at))]) * reach[:, None]
    head = random.uniform(0.2, 0.5, len(at)) / scale
    points = np.column_stack([course, depth])[at] + aside
    return points, parameters.spine_brightness * 4 / 3 * np.pi * head**3, head


def _crossing_dendrite(parameters: SceneParameters, random: np.random.Generator, *, first: bool) -> Tube:
    side = parameters.side_px
    middle = random.uniform(0.25, 0.75, 2) * side
    heading, bend = random.uniform(0, 2 * np.pi), random.uniform(0.1, 0.4)
    ahead = _until_outside(walk(random, middle, heading, 2 * side, bend, 90), side)
    behind = _until_outside(walk(random, middle, heading + np.pi, 2 * side, bend, 90), side)
    course = np.concatenate([behind[:0:-1], ahead])
    depth_um = 0.0 if first else random.normal(0, 0.7)
    return _tube(course, depth_um, 1.0 if first else random.uniform(0.55, 1.0), parameters, random)


def _free_dendrite(parameters: SceneParameters, random: np.random.Generator) -> Tube:
    side = parameters.side_px
    length = int(random.uniform(0.35, 0.9) * side)
    course = walk(random, np.zeros(2), random.uniform(0, 2 * np.pi), length, random.uniform(0.1, 0.5), 60)
    room = side * 0.88 - np.ptp(course, axis=0)
    course = course - course.min(axis=0) + 0.06 * side + random.uniform(0, 1, 2) * np.maximum(room, 0)
    return _tube(_until_outside(course, side), 0.0, 1.0, parameters, random)


def _child(parent: Tube, parameters: SceneParameters, random: np.random.Generator) -> Tube | None:
    """A branch leaving the parent at an acute angle; it starts at the parent's surface."""
    at = int(random.uniform(0.25, 0.75) * len(parent.points))
    way = random.choice([-1, 1])
    step = way * (parent.points[min(at + 3, len(parent.points) - 1)] - parent.points[max(at - 3, 0)])
    heading = np.arctan2(step[1], step[0]) + random.choice([-1, 1]) * random.uniform(0.45, 1.2)
    course = walk(random, parent.points[at, :2], heading, 2 * parameters.side_px, random.uniform(0.1, 0.35), 90)
    course = _until_outside(course[int(parent.radius[at]) :], parameters.side_px)
    if len(course) < SHORTEST_DENDRITE_PX:
        return None
    depth_um = parent.points[at, 2] * parameters.pixel_size_um
    tube = _tube(course, depth_um, random.uniform(0.55, 0.85), parameters, random)
    drift = tube.points[0, 2] - parent.points[at, 2]
    return replace(tube, points=tube.points - np.array([0, 0, drift]))


def _tube(
    course: Points, depth_um: float, thickness: float, parameters: SceneParameters, random: np.random.Generator
) -> Tube:
    scale, count = parameters.pixel_size_um, len(course)
    depth = smooth_noise(random, count, 12 / scale)
    depth = depth_um + parameters.depth_drift_um * (depth - depth[count // 2])
    calibre = 0.16 * smooth_noise(random, count, 1.2 / scale) + 0.14 * smooth_noise(random, count, 0.35 / scale)
    calibre = np.clip(1 + calibre, 0.5, 1.8)
    if parameters.varicosity:
        calibre += parameters.varicosity * np.clip(smooth_noise(random, count, 0.45 / scale) - 1.2, 0, None)
    if parameters.taper != 1:
        calibre *= np.linspace(1, parameters.taper, count)
    radius = thickness * parameters.dendrite_radius_um / scale * calibre
    return Tube(points=np.column_stack([course, depth / scale]), radius=radius)


def _until_outside(course: Points, side: int) -> Points:
    outside = np.flatnonzero(np.any((course < 0) | (course > side), axis=1))
    return course[: outside[0]] if len(outside) else course
