"""The first sentence of the result by whose classes it rests on: all spines, those of people, those of networks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spines.models import Experiment
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.counts import tallies
from spines.selectors.results.filters import ResultFilters, all_classes
from spines.statistics.reading import OF_ALL
from spines.vocabulary.numbers import count


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """Which spines, how many, and the first sentence of their result; `reviewed` as the filter has it."""

    words: str
    reviewed: bool | None
    spines: int
    sentence: str


def by_opinion(experiment: Experiment, filters: ResultFilters) -> list[Opinion]:
    """All three, where people looked at some spines and not at others; else none, as there is nothing to choose.

    Of people's or networks' spines alone a density is that part of the spines over the whole length, so it says how
    much was reviewed as well; sizes, shares and the maturity index do not.
    """
    every, reviewed = _every_and_reviewed(experiment, filters)
    if not 0 < reviewed < every:
        return []
    asked: tuple[tuple[bool | None, str, int], ...] = (
        (None, "All spines", every),
        (True, "Spines that people named", reviewed),
        (False, "Spines by networks alone", every - reviewed),
    )
    return [
        Opinion(words=f"{words} ({count(n)})", reviewed=choice, spines=n, sentence=_first(experiment, filters, choice))
        for choice, words, n in asked
    ]


def rests_on_both(experiment: Experiment, filters: ResultFilters) -> bool:
    """Whether people looked at some spines and not at others."""
    every, reviewed = _every_and_reviewed(experiment, filters)
    return 0 < reviewed < every


def _every_and_reviewed(experiment: Experiment, filters: ResultFilters) -> tuple[int, int]:
    rows = tallies(experiment, replace(all_classes(filters), reviewed=None))
    return sum(row.spines for row in rows), sum(row.reviewed for row in rows)


def _first(experiment: Experiment, filters: ResultFilters, reviewed: bool | None) -> str:
    reading = comparison_of(experiment, replace(filters, reviewed=reviewed)).reading()
    return reading.sentences[0] if reading.sentences else OF_ALL
