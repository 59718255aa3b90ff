"""Dendrites traced in a picture: ridges, their skeleton, its lines, and which of them are dendrites in focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, label
from skimage.morphology import skeletonize

from spines.measure.polylines import Line, arc_length, polyline_length, resampled, simplified, smoothed_line
from spines.measure.skeletons import LooseArm, SkeletonGraph
from spines.measure.tracing_lines import Brightness, centred, moved_aside, reaching, shaft, softened
from spines.measure.tracing_ridges import CUT_OUT_LEVEL, Ridges, find_ridges, finite, is_cut_out, pixel_size_from_ridges
from spines.measure.types import Box, Dendrite

Floats = NDArray[np.float64]

SMOOTHING_UM = 0.15
# Two-photon and confocal spots are 0.35-0.45 µm wide at half maximum in the plane.
OPTICS_UM = 0.4 / 2.3548
HOLE_UM2 = 1.0
CROSSING_UM = 2.0
DIRECTION_UM = 1.8
MOST_TURN_DEG = 60.0
CORNER_DEG = 75.0
U_TURN_UM, U_TURN_DEG = 4.0, 115.0
GAP_UM, GAP_TURN_DEG = 3.0, 35.0
# A branch this short is a spine; one that ends in a detected spine may be longer.
SPINE_UM, DETECTED_SPINE_UM = 2.5, 4.5
TWO_SPINES_UM = 8.0
LOOSE_UM = 1.5
# Which arm of a fork is the spine: as good as so much shorter is one that turns off at a right angle, or is detected.
STRAIGHT_UM, SURE_UM = 2.0, 6.0
DOUBLE_UM = 6.0
SHORTEST_UM, SHORTEST_BETWEEN_UM, SHORTEST_SHARE_OF_SIDE = 5.0, 2.0, 0.4
SHORTEST_BARE_UM = 9.0
BOX_MARGIN_UM, MOSTLY_IN_BOX = 0.35, 0.7
NEAR_SPINE_UM = 2.5
UM_PER_SPINE = 12.0
BARE_STRENGTH, SPINY_STRENGTH, LINK_STRENGTH = 0.6, 0.25, 0.8
SIDES_UM, LESSER_SIDE = (0.8, 1.8), 0.2
WEAK_END, WEAK_END_UM = 0.35, 0.5
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
    boxes = np.array(boxes_px, np.float64).reshape(-1, 4)
    ridges = find_ridges(grey, pixel_size_um, boxes)
    if ridges is None:
        return []
    boxes /= np.tile(ridges.scale, 2)
    sigma = SMOOTHING_UM / ridges.step_um
    picture = Brightness(grey=softened(ridges.grey, sigma), step_um=ridges.step_um)
    light = Brightness(grey=softened(ridges.light, sigma), step_um=ridges.step_um)
    # A cut-out ends where it was cut, however dim it is there.
    outer = light
    if is_cut_out(ridges.light):
        outer = Brightness(grey=(ridges.light > CUT_OUT_LEVEL).astype(np.float32), step_um=ridges.step_um)
    traced: list[tuple[Floats, Floats]] = []
    for line in sorted(_Lines(ridges, boxes).chosen(), key=lambda each: -polyline_length(each.points)):
        points = centred(line.points, picture)
        points = moved_aside(points, shaft(points, light, _blur_um(ridges.step_um))[0], ridges.step_um)
        points = reaching(points, outer, start=not line.starts_at_fork, end=not line.ends_at_fork)
        points = resampled(np.clip(points, 0, ridges.grey.shape[::-1]), 1.0)
        if line.starts_at_fork:
            points = _from_surface(points, traced)
        if line.ends_at_fork:
            points = _from_surface(points[::-1], traced)[::-1]
        if len(points) > 1:
            traced.append((points, shaft(points, light, _blur_um(ridges.step_um))[1]))
    scale = np.array(ridges.scale)
    dendrites = []
    for points, radius in traced:
        kept = simplified(points * scale, TOLERANCE_PX)
        dendrites.append(Dendrite(points_px=points[kept] * scale, radius_px=radius[kept] * float(scale.mean())))
    return sorted(dendrites, key=lambda dendrite: -dendrite.length_px)


def shaft_radius_px(
    plane: NDArray[np.generic], points_px: NDArray[np.float64], *, pixel_size_um: float | None = None
) -> NDArray[np.float64]:
    """The shaft's half width (n,) in pixels at each point of a polyline (n, 2), n ≥ 2, that a person drew.

    As for `trace_dendrites`, the optics' blur is taken off it; without a pixel size, as much as fits the picture.
    """
    grey = finite(plane)
    points = np.asarray(points_px, np.float64)
    step_um = pixel_size_um or pixel_size_from_ridges(grey)
    picture = Brightness(grey=softened(grey, SMOOTHING_UM / step_um), step_um=step_um)
    # Nobody draws quite along the middle.
    line = centred(points, picture)
    radius = shaft(line, picture, _blur_um(step_um))[1]
    arc, drawn = arc_length(line), arc_length(points)
    return np.asarray(np.interp(drawn * arc[-1] / max(drawn[-1], 1e-9), arc, radius))


def _blur_um(step_um: float) -> float:
    """Spread of all that blurs a shaft: the optics as assumed, the smoothing, reducing and reading between pixels."""
    return float(np.sqrt(OPTICS_UM**2 + SMOOTHING_UM**2 + 2 * step_um**2 / 6))


def _from_surface(points: Floats, parents: list[tuple[Floats, Floats]]) -> Floats:
    """A branch from the surface of the dendrite that it leaves, not from its centreline."""
    for parent, radius in parents:
        apart = np.hypot(*(points[:, None] - parent).transpose(2, 0, 1))
        inside = apart.min(axis=1) < radius[apart.argmin(axis=1)]
        if inside[0]:
            return points[int(np.argmin(inside)) if not inside.all() else len(points) :]
    return points


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
        graph.prune(self._spine_rank)
        graph.contract(CROSSING_UM / step)
        graph.drop_doubles(DOUBLE_UM / step, self._strength)
        graph.prune(self._spine_rank)
        graph.drop_loose(self._is_loose_spine)
        graph.bridge(GAP_UM / step, DIRECTION_UM / step, GAP_TURN_DEG)
        lines = graph.lines(DIRECTION_UM / step, MOST_TURN_DEG, self._strength)
        if not is_cut_out(self.ridges.light):
            # Somebody has cut out what is a dendrite; elsewhere hooks, U-turns and dim ends are something else.
            lines = [
                self._without_weak_ends(part)
                for line in lines
                for wide in line.split_at_corners(U_TURN_UM / step, U_TURN_DEG)
                for part in wide.split_at_corners(DIRECTION_UM / step, CORNER_DEG)
            ]
        long_enough = [line for line in lines if polyline_length(line.points) >= self._shortest(line)]
        lines = self._in_focus([line for line in long_enough if self._has_two_sides(line)])
        return [self._with_open_ends(line, lines) for line in lines]

    def _with_open_ends(self, line: Line, lines: list[Line]) -> Line:
        """A line whose ends at forks are open where none of the fork's other arms has been kept."""
        others = [other.points for other in lines if other is not line]
        reach = CROSSING_UM / self.ridges.step_um

        def meets(tip: Floats) -> bool:
            return any(bool(np.hypot(*(points - tip).T).min() <= reach) for points in others)

        return Line(
            points=line.points,
            starts_at_fork=line.starts_at_fork and meets(line.points[0]),
            ends_at_fork=line.ends_at_fork and meets(line.points[-1]),
        )

    def _shortest(self, line: Line) -> float:
        """What lies between two other dendrites may be short, two spines across from each other are no dendrite."""
        open_ends = not line.starts_at_fork and not line.ends_at_fork
        if open_ends and self._in_box(line.points[0]) and self._in_box(line.points[-1]):
            return TWO_SPINES_UM / self.ridges.step_um
        share = SHORTEST_SHARE_OF_SIDE * max(self.ridges.grey.shape)
        least_um = SHORTEST_BETWEEN_UM if line.starts_at_fork and line.ends_at_fork else SHORTEST_UM
        return float(min(least_um / self.ridges.step_um, share))

    def _spine_rank(self, arm: LooseArm) -> float | None:
        """Low for what is surely a spine, None for what is none.

        Near a dendrite's end its last piece may be shorter than the spine beside it, but it goes straight on.
        """
        step = self.ridges.step_um
        length_um = polyline_length(arm.points) * step
        detected = self._in_box(arm.points[-1])
        if self._lies_in_box(arm.points):
            return length_um - SURE_UM
        if length_um >= (DETECTED_SPINE_UM if detected else SPINE_UM):
            return None
        return length_um + STRAIGHT_UM * arm.straightness(DIRECTION_UM / step) - SURE_UM * detected

    def _lies_in_box(self, points: Floats) -> bool:
        """Whether most of an arm is in one box: a filopodium, however long."""
        if not len(self.boxes):
            return False
        away = points[:, None] - self.boxes[:, :2]
        inside = np.all((away >= 0) & (away <= self.boxes[:, 2:]), axis=2)
        return bool(inside.mean(axis=0).max() >= MOSTLY_IN_BOX)

    def _is_loose_spine(self, points: Floats) -> bool:
        """A spine's head apart from its shaft must not be joined to another across the dendrite."""
        return polyline_length(points) * self.ridges.step_um < LOOSE_UM or self._lies_in_box(points)

    def _in_box(self, place: Floats) -> bool:
        if not len(self.boxes):
            return False
        away = np.abs(place - self.boxes[:, :2] - self.boxes[:, 2:] / 2) - self.boxes[:, 2:] / 2
        return bool(np.any(away.max(axis=1) <= BOX_MARGIN_UM / self.ridges.step_um))

    def _strength_along(self, points: Floats) -> Floats:
        """Strength of the ridge at each point."""
        rows, columns = (
            np.clip(points[:, axis].astype(np.intp), 0, self.ridges.strength.shape[1 - axis] - 1) for axis in (1, 0)
        )
        return self.ridges.strength[rows, columns].astype(np.float64)

    def _strength(self, points: Floats) -> float:
        return float(np.median(self._strength_along(points)))

    def _without_weak_ends(self, line: Line) -> Line:
        """A line without what hangs on its open ends and is far weaker than the rest, such as haze."""
        strength = self._strength_along(line.points)
        along = gaussian_filter1d(strength, WEAK_END_UM / self.ridges.step_um, mode="nearest")
        good = np.flatnonzero(along >= WEAK_END * np.median(strength))
        first = 0 if line.starts_at_fork else int(good[0])
        last = len(line.points) - 1 if line.ends_at_fork else int(good[-1])
        return Line(
            points=line.points[first : last + 1], starts_at_fork=line.starts_at_fork, ends_at_fork=line.ends_at_fork
        )

    def _has_two_sides(self, line: Line) -> bool:
        """Whether it is darker on both sides, not on one only as along the edge of a cell body."""
        step = self.ridges.step_um
        picture = Brightness(grey=self.ridges.grey, step_um=step)
        points = smoothed_line(resampled(line.points, 1.0), SIDES_UM[0] / step)
        sides = np.linspace(*SIDES_UM, 4) / step
        middle = picture.across(points, np.zeros(1))[:, 0]
        left, right = (float(np.median(middle - picture.across(points, side).min(axis=1))) for side in (-sides, sides))
        return min(left, right) > LESSER_SIDE * max(left, right)

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
        enough[lengths * step < SHORTEST_UM] = LINK_STRENGTH * reference
        chosen = strengths >= enough
        if carries.any():
            joined = np.array([line.starts_at_fork or line.ends_at_fork for line in lines])
            chosen &= carries | joined | (lengths * step >= SHORTEST_BARE_UM)
        return [line for line, wanted in zip(lines, chosen, strict=True) if wanted]

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
