"""How much an experiment holds, as its page says at its head."""

from __future__ import annotations

from dataclasses import dataclass

from spines.models import Experiment
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of


@dataclass(frozen=True, kw_only=True)
class InShort:
    """Counts of one."""

    images: int
    animals: int
    conditions: int
    spines: int


def in_short(experiment: Experiment) -> InShort:
    """Count it."""
    return InShort(
        images=experiment.images.count(),
        animals=experiment.subjects.filter(cells__images__isnull=False).distinct().count(),
        conditions=experiment.conditions.count(),
        spines=spines_of(experiment, ResultFilters()).count(),
    )
