"""Which of a picture's ridges are dendrites in focus: their skeleton, its lines, and what speaks for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, label
from skimage.morphology import skeletonize

from spines.measure.polylines import Line, polyline_length, resampled, smoothed_line
from spines.measure.skeletons import LooseArm, SkeletonGraph
from spines.measure.tracing_boxes import DetectedSpines
from spines.measure.tracing_lines import Brightness
from spines.measure.tracing_ridges import Ridges

Floats = NDArray[np.float64]

HOLE_UM2 = 1.0
CROSSING_UM = 2.0
DIRECTION_UM = 1.8
MOST_TURN_DEG = 60.0
CORNER_DEG = 75.0
U_TURN_UM, U_TURN_DEG = 4.0, 115.0
GAP_UM, GAP_TURN_DEG = 3.0, 35.0
# A branch this short is a spine; one that ends in a detected spine may be longer, and longer still if it is weak.
SPINE_UM, DETECTED_SPINE_UM, LONGEST_SPINE_UM = 2.5, 4.5, 10.0
LONG_SPINE_STRENGTH = 0.75
TWO_SPINES_UM = 8.0
LOOSE_UM = 1.5
# Which arm of a fork is the spine: as good as so much shorter is one that turns off at a right angle, or is detected.
STRAIGHT_UM, SURE_UM = 2.0, 6.0
DOUBLE_UM = 6.0
SHORTEST_UM, SHORTEST_BETWEEN_UM, SHORTEST_SHARE_OF_SIDE = 5.0, 2.0, 0.4
SHORTEST_BARE_UM = 9.0
UM_PER_SPINE = 12.0
BARE_STRENGTH, SPINY_STRENGTH, LINK_STRENGTH = 0.6, 0.25, 0.8
SIDES_UM, LESSER_SIDE = (0.8, 1.8), 0.2
WEAK_END, WEAK_END_UM = 0.35, 0.5


@dataclass(frozen=True)
class Lines:
    """Which lines of the ridges are dendrites. Lengths in working pixels."""

    ridges: Ridges
    spines: DetectedSpines

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
        if not self.ridges.cut_out:
            # Somebody has cut out what is a dendrite; elsewhere hooks, U-turns and dim ends are something else.
            lines = [
                self._without_weak_ends(part)
                for line in lines
                for wide in line.split_at_corners(U_TURN_UM / step, U_TURN_DEG)
                for part in wide.split_at_corners(DIRECTION_UM / step, CORNER_DEG)
            ]
        long_enough = [line for line in lines if polyline_length(line.points) >= self._shortest(line)]
        lines = self._in_focus([line for line in long_enough if self._has_two_sides(line)])
        lines = [self._with_open_ends(line, lines) for line in lines]
        lines = [line for line in lines if self._has_life(line, lines)]
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
        if open_ends and self.spines.have_inside(line.points[0]) and self.spines.have_inside(line.points[-1]):
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
        detected = self.spines.have_inside(arm.points[-1])
        if self.spines.hold(arm.points):
            return length_um - SURE_UM
        if length_um >= SPINE_UM and not (detected and self._is_long_spine(arm, length_um)):
            return None
        return length_um + STRAIGHT_UM * arm.straightness(DIRECTION_UM / step) - SURE_UM * detected

    def _is_long_spine(self, arm: LooseArm, length_um: float) -> bool:
        """Whether an arm that ends in a detected spine has no life of its own: it is that spine, however long."""
        if length_um >= LONGEST_SPINE_UM:
            return False
        strongest = max(self._strength(other) for other in arm.others)
        if length_um >= DETECTED_SPINE_UM and self._strength(arm.points) >= LONG_SPINE_STRENGTH * strongest:
            return False
        return not self.spines.stand_on(arm)

    def _has_life(self, line: Line, lines: list[Line]) -> bool:
        """Whether a line is more than the spine that it runs through, or that one of its ends lies in."""
        others = [other.points for other in lines if other is not line]
        if not others or (line.starts_at_fork and line.ends_at_fork):
            return True
        points = line.points[::-1] if line.ends_at_fork else line.points
        if not self.spines.run_through(points).any() and not self.spines.have_inside(points[-1]):
            return True
        arm = LooseArm(points=points, others=others)
        return not self._is_long_spine(arm, polyline_length(points) * self.ridges.step_um)

    def _is_loose_spine(self, points: Floats) -> bool:
        """A spine's head apart from its shaft must not be joined to another across the dendrite."""
        return polyline_length(points) * self.ridges.step_um < LOOSE_UM or self.spines.hold(points)

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
        spines = self.spines.counted(lines)
        carries = (spines >= 2) & (spines * UM_PER_SPINE >= lengths * step) if len(self.spines.boxes) else spines > 0
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


def _without_holes(mask: NDArray[np.bool_], largest: float) -> NDArray[np.bool_]:
    holes, _ = label(~mask)
    small = np.bincount(holes.ravel()) <= largest
    small[0] = False
    return np.asarray(mask | small[holes])
