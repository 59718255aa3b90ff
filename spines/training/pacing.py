"""How often a training tells its figures and keeps a checkpoint: by time, so that short runs on slow machines do."""

from __future__ import annotations

EPOCH_SECONDS = 10.0
EPOCHS_OF_A_BUDGET = 30
CHECKPOINT_SECONDS = 15.0
"""A kill costs what was trained since the last checkpoint: so long, and the step that was being made."""


def seconds_between_figures(minutes: float) -> float:
    """Seconds of training after which figures are told, whatever the steps: a thirtieth of the budget, 10 s at least.

    >>> seconds_between_figures(5), seconds_between_figures(120)
    (10.0, 240.0)
    """
    return max(EPOCH_SECONDS, 60 * minutes / EPOCHS_OF_A_BUDGET)
