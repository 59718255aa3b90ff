"""Detected spines beside the lines of a picture: which lines lead to spines, and which carry them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spines.measure.polylines import Line, arc_length
from spines.measure.skeletons import LooseArm

Floats = NDArray[np.float64]

BOX_MARGIN_UM, MOSTLY_IN_BOX = 0.35, 0.7
# What passes the middle of a box, this share of it, is the spine's own.
MIDDLE_OF_BOX = 0.6
NEAR_SPINE_UM = 2.5
# Spines further out on a branch than its parent's spines reach are its own.
OWN_SPINES_FROM_UM = 2.0


@dataclass(frozen=True, kw_only=True)
class DetectedSpines:
    """Boxes (k, 4) in working pixels of `step_um`."""

    boxes: Floats
    step_um: float

    def have_inside(self, place: Floats) -> bool:
        """Whether a place (2,) is in a box, or nearly."""
        if not len(self.boxes):
            return False
        away = np.abs(place - self._centres) - self.boxes[:, 2:] / 2
        return bool(np.any(away.max(axis=1) <= BOX_MARGIN_UM / self.step_um))

    def hold(self, points: Floats) -> bool:
        """Whether most of a line (n, 2) is in one box: a spine, however long."""
        if not len(self.boxes):
            return False
        away = points[:, None] - self.boxes[:, :2]
        inside = np.all((away >= 0) & (away <= self.boxes[:, 2:]), axis=2)
        return bool(inside.mean(axis=0).max() >= MOSTLY_IN_BOX)

    def run_through(self, points: Floats) -> NDArray[np.bool_]:
        """Whose middle a line (n, 2) passes, (k,): it leads to them and does not carry them."""
        away = np.abs(points[:, None] - self._centres) <= MIDDLE_OF_BOX / 2 * self.boxes[:, 2:]
        return np.asarray(away.all(axis=2).any(axis=0))

    def stand_on(self, arm: LooseArm) -> bool:
        """Whether an arm carries spines, further out than its parent does, that it does not itself lead to."""
        outer = arm.points[arc_length(arm.points) >= OWN_SPINES_FROM_UM / self.step_um]
        if not len(outer) or not len(self.boxes):
            return False
        nearest = apart(self._centres, outer)
        parents = np.min([apart(self._centres, other) for other in arm.others], axis=0)
        beside = (nearest <= NEAR_SPINE_UM / self.step_um) & (nearest < parents)
        return bool((beside & ~self.run_through(arm.points)).any())

    def counted(self, lines: Sequence[Line]) -> NDArray[np.intp]:
        """How many have each line as their nearest, near enough."""
        count = np.zeros(len(lines), np.intp)
        if not len(self.boxes):
            return count
        away = np.stack([apart(self._centres, line.points) for line in lines])
        nearest = away.argmin(axis=0)
        near = away.min(axis=0) <= NEAR_SPINE_UM / self.step_um + np.hypot(*self.boxes[:, 2:].T) / 2
        np.add.at(count, nearest[near], 1)
        return count

    @property
    def _centres(self) -> Floats:
        return np.asarray(self.boxes[:, :2] + self.boxes[:, 2:] / 2)


def apart(places: Floats, line: Floats) -> Floats:
    """How far places (k, 2) are from the nearest point of a line (n, 2), (k,)."""
    return np.asarray(np.sqrt(((places[:, None] - line) ** 2).sum(axis=2)).min(axis=1))
