"""What leaving out single animals does to the measure that the experiment asks of, as page and report write it."""

from __future__ import annotations

from dataclasses import dataclass

from spines.selectors.results.comparison import Comparison
from spines.statistics.influence import influences
from spines.statistics.types import MeasureTest
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import p_value
from webapp.results.shown_tests import unit_of


@dataclass(frozen=True, kw_only=True)
class ShownWithout:
    """A pair without one animal."""

    pair: str
    animal: str
    difference: str
    interval: str
    p: str


@dataclass(frozen=True, kw_only=True)
class ShownInfluence:
    """Of one measure: a sentence a pair, and a row a pair and animal."""

    measure: str
    sentences: list[str]
    rows: list[ShownWithout]


def shown_influence(found: Comparison) -> ShownInfluence | None:
    """Of the primary measure, of density where none is named; None where it has no p-value."""
    test = _asked(found)
    told = list(influences(test)) if test else []
    if test is None or not told:
        return None
    unit = unit_of(test.measure)
    return ShownInfluence(
        measure=test.measure,
        sentences=[each.sentence for each in told],
        rows=[
            ShownWithout(
                pair=f"{each.pair.second} against {each.pair.first}",
                animal=without.animal,
                difference=unit.mean(without.pair.difference),
                interval=unit.between(*without.pair.difference_interval) if without.pair.difference_interval else "",
                p=p_value(without.pair.p_value),
            )
            for each in told
            for without in each.without
        ],
    )


def _asked(found: Comparison) -> MeasureTest | None:
    return next((test for test in found.tests.values() if test.is_primary), found.tests.get(DENSITY))
