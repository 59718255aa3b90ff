"""How a run is cut to its budget: warm-up, epochs and checkpoints of a short one come as often as people need them."""

from __future__ import annotations

import time

from spines.training.pacing import CHECKPOINT_SECONDS, seconds_between_figures

WARM_UP_SHARE = 0.1


def warm_up(*, step: int, done: float, steps: int) -> float:
    """How much of the learning rate is given: linear over `steps`, or over a tenth of a budget that has fewer.

    >>> warm_up(step=9, done=0.05, steps=200), warm_up(step=9, done=0.001, steps=10)
    (0.5, 1.0)
    """
    return min(1.0, max((step + 1) / max(steps, 1), done / WARM_UP_SHARE))


def epoch_seconds(minutes: float, *, has_steps: bool) -> float:
    """Seconds of training after which an epoch ends, whatever its steps; a run of given steps counts steps alone.

    >>> epoch_seconds(5, has_steps=False), epoch_seconds(120, has_steps=False)
    (10.0, 240.0)
    """
    return float("inf") if has_steps else seconds_between_figures(minutes)


class Stopwatch:
    """Says when the next checkpoint is due: a kill costs no more than what was trained since the last one."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Whether so much time went by since the last checkpoint that the next one is due."""
        return time.monotonic() - self._last >= CHECKPOINT_SECONDS

    def restart(self) -> None:
        """A checkpoint was written."""
        self._last = time.monotonic()
