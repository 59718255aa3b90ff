"""The tests of an experiment as its pages write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spines.selectors.comparison import DENSITY, MATURITY, WITHOUT_FILOPODIA, Comparison
from spines.statistics.types import Group, Interval, MeasureTest, PairTest


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How numbers of a test are written: multiplied, with so many decimals, in a unit."""

    unit: str
    times: float = 1.0
    decimals: int = 3

    def number(self, value: float | None) -> str:
        """A value; a dash where there is none."""
        return "–" if value is None else f"{self.times * value:,.{self.decimals}f}".replace("-", "−")

    def between(self, interval: Interval | None) -> str:
        """An interval, as "0.1 to 0.3"."""
        return "" if interval is None else f"{self.number(interval.low)} to {self.number(interval.high)}"


def scale_of(measure: str) -> Scale:
    """By what the measure is called."""
    if measure in (DENSITY, WITHOUT_FILOPODIA):
        return Scale(unit="per µm")
    if measure.startswith("share of "):
        return Scale(unit="%", times=100, decimals=1)
    return Scale(unit=measure.rpartition(", ")[2] if ", " in measure else "", decimals=2 if measure == MATURITY else 3)


def p_in_words(p: float | None) -> str:
    """A p-value as papers write it.

    >>> p_in_words(0.0312), p_in_words(0.00001), p_in_words(0.4), p_in_words(None)
    ('0.031', '< 0.001', '0.40', '–')
    """
    if p is None:
        return "–"
    if p < 0.001:
        return "< 0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


@dataclass(frozen=True, kw_only=True)
class ShownGroup:
    """One condition of a pair: its counts, and mean ± standard deviation of its animals."""

    condition: str
    counts: str
    mean_sd: str


@dataclass(frozen=True, kw_only=True)
class ShownPair:
    """A row of the table."""

    measure: str
    unit: str
    model: str
    first: ShownGroup
    second: ShownGroup
    difference: str
    difference_interval: str
    effect: str
    effect_interval: str
    p: str
    p_holm: str
    permutation_p: str
    permutation_p_holm: str
    no_p_because: str
    is_marked: bool
    """The corrected p of the model is below 0.05."""


def shown_pairs(comparison: Comparison) -> list[ShownPair]:
    """One row a measure and pair of conditions."""
    return [_shown(test, pair) for test in comparison.tests.values() for pair in test.pairs]


def _shown(test: MeasureTest, pair: PairTest) -> ShownPair:
    scale = scale_of(test.measure)
    plain = Scale(unit="", decimals=2)
    return ShownPair(
        measure=test.measure.removesuffix(f", {scale.unit}").capitalize(),
        unit=scale.unit,
        model=test.model.kind.value if test.model else "",
        first=_group(test.group(pair.first), scale),
        second=_group(test.group(pair.second), scale),
        difference=scale.number(pair.difference),
        difference_interval=scale.between(pair.difference_interval),
        effect=plain.number(pair.hedges_g),
        effect_interval=plain.between(pair.hedges_g_interval),
        p=p_in_words(pair.p_value),
        p_holm=p_in_words(pair.p_holm),
        permutation_p=p_in_words(pair.permutation_p),
        permutation_p_holm=p_in_words(pair.permutation_p_holm),
        no_p_because=pair.no_p_because,
        is_marked=pair.p_holm is not None and pair.p_holm < 0.05,
    )


def _group(group: Group, scale: Scale) -> ShownGroup:
    spread = f" ± {scale.number(group.sd)}" if group.sd is not None else ""
    counts = (group.animals, group.cells, group.dendrites, group.spines)
    return ShownGroup(
        condition=group.condition,
        counts=" / ".join(f"{n:,}" if n else "–" for n in counts),
        mean_sd=scale.number(group.mean) + spread,
    )


def notes_of(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """What a reader must know, each sentence once, with the measures it is said of; none named where it is of all."""
    said: dict[str, list[str]] = {}
    for name, test in comparison.tests.items():
        for note in test.notes:
            said.setdefault(note, []).append(name)
    return [(note, [] if len(names) == len(comparison.tests) else names) for note, names in said.items()]


def table_rows(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    """The table for a file: a row a measure and pair, numbers in the measure's unit (shares 0 to 1); header first."""
    sides = [f"{side}_{name}" for side in ("first", "second") for name in _GROUP]
    yield ("measure", "model", "first", "second", *sides, *_PAIR, "notes")
    for name, test in comparison.tests.items():
        for pair in test.pairs:
            groups = [test.group(pair.first), test.group(pair.second)]
            yield (
                name,
                test.model.kind.value if test.model else "",
                pair.first,
                pair.second,
                *(getattr(group, field) for group in groups for field in _GROUP),
                *_pair_row(pair),
                " ".join(test.notes),
            )


_GROUP = ("animals", "cells", "dendrites", "spines", "mean", "sd")
_INTERVALS = ("difference", "ratio", "hedges_g")
_PAIR = (
    *(f"{name}{part}" for name in _INTERVALS for part in ("", "_low_95", "_high_95")),
    *("t", "df", "p_value", "p_holm", "permutation_p", "permutation_p_holm", "permutation_is_exact", "no_p_because"),
)


def _pair_row(pair: PairTest) -> Iterator[Any]:
    for name in _INTERVALS:
        interval = getattr(pair, f"{name}_interval")
        yield from (getattr(pair, name), interval and interval.low, interval and interval.high)
    for name in _PAIR[3 * len(_INTERVALS) :]:
        yield getattr(pair, name)
