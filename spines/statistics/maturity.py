"""The maturity index: spines of the mature classes over those of the immature ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from spines.statistics.types import Observation
from spines.vocabulary.classes import IMMATURE, MATURE


def maturity_index(by_class: Mapping[str, int]) -> float | None:
    """Of spines counted by class; None where none is of an immature one. Other keys, uncertain ones, do not count."""
    below = sum(by_class.get(name, 0) for name in IMMATURE)
    return sum(by_class.get(name, 0) for name in MATURE) / below if below else None


def maturity_rows(counts: Iterable[tuple[str, str, Mapping[str, int]]]) -> list[Observation]:
    """One observation an animal, for the `ratios` of `compare_all`.

    From (condition, animal, spines by class) of any parts of animals. An index of a few spines is no number to take
    means of, so an animal's spines are added up first; half a spine is added to either side, so that an animal without
    an immature spine has an index too, and logarithms are without bias for all but the smallest counts (Haldane 1956,
    doi:10.1111/j.1469-1809.1955.tb01285.x).
    """
    totals: dict[tuple[str, str], Counter[str]] = {}
    for condition, animal, by_class in counts:
        totals.setdefault((condition, animal), Counter()).update(by_class)
    rows = []
    for (condition, animal), by_class in totals.items():
        above, below = (sum(by_class[name] for name in names) for names in (MATURE, IMMATURE))
        counted = above + below
        rows.append(
            Observation(
                condition=condition,
                animal=animal,
                value=(above + 0.5) / (below + 0.5) if counted else math.nan,
                spines=counted,
                dendrites=0,
            )
        )
    return rows
