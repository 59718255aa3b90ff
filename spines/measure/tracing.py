"""Dendrites traced in a picture: ridges, their skeleton, its lines, and which of them are dendrites in focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from skimage.morphology import skeletonize

from spines.measure.skeletons import Line, LooseArm, SkeletonGraph, polyline_length
from spines.measure.tracing_lines import (
    Brightness,
    arc_length,
    centred,
    radii,
    reaching,
    resampled,
    simplified,
    softened,
)
from spines.measure.tracing_ridges import Ridges, find_ridges, finite, pixel_size_from_ridges
from spines.measure.types import Box, Dendrite

Floats = NDArray[np.float64]

SMOOTHING_UM = 0.15
HOLE_UM2 = 1.0
CROSSING_UM = 1.2
DIRECTION_UM = 1.8
MOST_TURN_DEG = 60.0
GAP_UM, GAP_TURN_DEG = 3.0, 35.0
# A branch this short is a spine; one that ends in a detected spine may be longer.
SPINE_UM, DETECTED_SPINE_UM = 2.5, 6.0
# Which arm of a fork is the spine: as good as so much shorter is one that turns off at a right angle, or is detected.
STRAIGHT_UM, SURE_UM = 2.0, 6.0
DOUBLE_UM = 6.0
SHORTEST_UM, SHORTEST_SHARE_OF_SIDE = 5.0, 0.4
NEAR_SPINE_UM = 2.5
UM_PER_SPINE = 12.0
BARE_STRENGTH, SPINY_STRENGTH = 0.55, 0.25
TOLERANCE_PX = 0.25


def trace_dendrites(
    plane: NDArray[np.generic], *, pixel_size_um: float | None, boxes_px: Sequence[Box] = ()
) -> list[Dendrite]:
    """Trace the dendrites in focus in a plane.

    Parameters
    ----------
    plane
        (M, N) of any pixel type, as it was read.
    pixel_size_um
        None: scales are chosen from the picture's own ridges.
    boxes_px
        Detected spines. They are not traced as branches, and what carries them is traced even where it is dim.

    Returns
    -------
    list of Dendrite
        The longest first. None are found in a picture without ridges.
    """
    grey = finite(plane)
    ridges = find_ridges(grey, pixel_size_um)
    if ridges is None:
        return []
    boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4) / np.tile(ridges.scale, 2)
    lines = _Lines(ridges, boxes).chosen()
    sigma = SMOOTHING_UM / ridges.step_um
    picture = Brightness(grey=softened(ridges.grey, sigma), step_um=ridges.step_um)
    light = Brightness(grey=softened(ridges.light, sigma), step_um=ridges.step_um)
    traced = []
    for line in lines:
        points = centred(line.points, picture)
        points = reaching(points, light, start=not line.starts_at_fork, end=not line.ends_at_fork)
        points = resampled(points, 1.0)
        if len(points) > 1:
            traced.append((points, radii(points, light)))
    scale = np.array(ridges.scale)
    dendrites = []
    for points, radius in traced:
        kept = simplified(points * scale, TOLERANCE_PX)
        dendrites.append(Dendrite(points_px=points[kept] * scale, radius_px=radius[kept] * float(scale.mean())))
    return sorted(dendrites, key=lambda dendrite: -dendrite.length_px)


def shaft_radius_px(plane: NDArray[np.generic], points_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shaft's half width (n,) in pixels at each point of a polyline (n, 2), n ≥ 2, that a person drew."""
    grey = finite(plane)
    points = np.asarray(points_px, np.float64)
    step_um = pixel_size_from_ridges(grey)
    line = resampled(points, 1.0)
    radius = radii(line, Brightness(grey=softened(grey, SMOOTHING_UM / step_um), step_um=step_um))
    arc, drawn = arc_length(line), arc_length(points)
    return np.asarray(np.interp(drawn * arc[-1] / max(drawn[-1], 1e-9), arc, radius))


@dataclass(frozen=True)
class _Lines:
    """Which lines of the ridges are dendrites. Lengths in working pixels; `boxes` (k, 4) too."""

    ridges: Ridges
    boxes: Floats

    def chosen(self) -> list[Line]:
        step = self.ridges.step_um
        graph = SkeletonGraph.of(
            skeletonize(  # type: ignore[no-untyped-call]
                _without_holes(self.ridges.mask, HOLE_UM2 / step**2)
            )
        )
        graph.contract(CROSSING_UM / step)
        graph.prune(self._spine_rank)
        graph.drop_doubles(DOUBLE_UM / step, self._strength)
        graph.prune(self._spine_rank)
        graph.bridge(GAP_UM / step, DIRECTION_UM / step, GAP_TURN_DEG)
        lines = graph.lines(DIRECTION_UM / step, MOST_TURN_DEG)
        shortest = min(SHORTEST_UM / step, SHORTEST_SHARE_OF_SIDE * max(self.ridges.grey.shape))
        return self._in_focus([line for line in lines if polyline_length(line.points) >= shortest])

    def _spine_rank(self, arm: LooseArm) -> float | None:
        """Low for what is surely a spine, None for what is none.

        Near a dendrite's end its last piece may be shorter than the spine beside it, but it goes straight on.
        """
        step = self.ridges.step_um
        length_um = polyline_length(arm.points) * step
        detected = self._in_box(arm.points[-1])
        if length_um >= (DETECTED_SPINE_UM if detected else SPINE_UM):
            return None
        return length_um + STRAIGHT_UM * arm.straightness(DIRECTION_UM / step) - SURE_UM * detected

    def _in_box(self, place: Floats) -> bool:
        away = place - self.boxes[:, :2]
        return bool(np.any(np.all((away >= 0) & (away <= self.boxes[:, 2:]), axis=1)))

    def _strength(self, points: Floats) -> float:
        """Median strength of the ridge along points."""
        rows, columns = (
            np.clip(points[:, axis].astype(np.intp), 0, self.ridges.strength.shape[1 - axis] - 1) for axis in (1, 0)
        )
        return float(np.median(self.ridges.strength[rows, columns]))

    def _in_focus(self, lines: list[Line]) -> list[Line]:
        if not lines:
            return []
        step = self.ridges.step_um
        strengths = np.array([self._strength(line.points) for line in lines])
        lengths = np.array([polyline_length(line.points) for line in lines])
        spines = self._spines_on(lines)
        carries = (spines >= 2) & (spines * UM_PER_SPINE >= lengths * step) if len(self.boxes) else spines > 0
        if carries.any():
            reference = float(np.average(strengths[carries], weights=spines[carries]))
        else:
            reference = float(strengths.max())
        enough = np.where(carries, SPINY_STRENGTH, BARE_STRENGTH) * reference
        return [line for line, strength, least in zip(lines, strengths, enough, strict=True) if strength >= least]

    def _spines_on(self, lines: list[Line]) -> NDArray[np.intp]:
        """How many boxes have each line as their nearest, near enough."""
        count = np.zeros(len(lines), np.intp)
        if not len(self.boxes):
            return count
        centres = self.boxes[:, :2] + self.boxes[:, 2:] / 2
        apart = np.stack([np.sqrt(((centres[:, None] - line.points) ** 2).sum(axis=2)).min(axis=1) for line in lines])
        nearest = apart.argmin(axis=0)
        near = apart.min(axis=0) <= NEAR_SPINE_UM / self.ridges.step_um + np.hypot(*self.boxes[:, 2:].T) / 2
        np.add.at(count, nearest[near], 1)
        return count


def _without_holes(mask: NDArray[np.bool_], largest: float) -> NDArray[np.bool_]:
    holes, _ = label(~mask)
    small = np.bincount(holes.ravel()) <= largest
    small[0] = False
    return np.asarray(mask | small[holes])
