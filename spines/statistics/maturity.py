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
    """One observation an animal, for `compare_all`, from (condition, animal, spines by class) of any parts of animals.

    An index of a few spines is no number to take means of, so an animal's spines are added up first.
    """
    totals: dict[tuple[str, str], Counter[str]] = {}
    for condition, animal, by_class in counts:
        totals.setdefault((condition, animal), Counter()).update(by_class)
    rows = []
    for (condition, animal), by_class in totals.items():
        index = maturity_index(by_class)
        counted = sum(by_class[name] for name in (*MATURE, *IMMATURE))
        rows.append(
            Observation(
                condition=condition,
                animal=animal,
                value=math.nan if index is None else index,
                spines=counted,
                dendrites=0,
            )
        )
    return rows
