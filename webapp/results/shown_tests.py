"""The tests of an experiment as its pages and its report write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_lowercase

from spines.selectors.results.comparison import Comparison
from spines.statistics.pairs import TOO_FEW
from spines.statistics.types import Group, MeasureTest, PairTest
from spines.vocabulary.compared import DENSITY, DENSITY_WITHOUT, MATURITY
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import INDEX, LEVEL, PER_UM, SHARE, Unit, count, p_value

_BY_AXIS = {measure.axis: measure.unit for measure in MEASURES.values()}


def unit_of(measure: str) -> Unit:
    """By what the compared measure is called."""
    if measure in (DENSITY, DENSITY_WITHOUT):
        return PER_UM
    if measure.startswith("share of "):
        return SHARE
    return _BY_AXIS.get(measure, INDEX)


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
    """Empty without a model."""
    ratio: str
    """Second over first with its interval, of densities and the maturity index; else empty."""
    effect: str
    effect_interval: str
    p: str
    p_holm: str
    permutation_p: str
    """Empty where there is none, or no p-value at all."""
    permutation_p_holm: str
    reason: str
    """The letter under which `reasons_of` says why there is no p-value; empty where there is one."""
    is_marked: bool
    """The corrected p of the model is below 0.05."""


def shown_pairs(tests: Iterable[MeasureTest]) -> list[ShownPair]:
    """One row a measure and pair of conditions."""
    tests = list(tests)
    letters = _letters(tests)
    return [_shown(test, pair, letters.get(pair.no_p_because, "")) for test in tests for pair in test.pairs]


def reasons_of(tests: Iterable[MeasureTest]) -> list[tuple[str, str]]:
    """Why there is no p-value, each reason once under its letter; what too few animals mean stands once, at the end."""
    letters = _letters(list(tests))
    said = [(letter, reason.removesuffix(TOO_FEW).rstrip()) for reason, letter in letters.items()]
    return said + [("", TOO_FEW)] * any(reason.endswith(TOO_FEW) for reason in letters)


def _letters(tests: list[MeasureTest]) -> dict[str, str]:
    reasons = dict.fromkeys(pair.no_p_because for test in tests for pair in test.pairs if pair.no_p_because)
    return {reason: _letter(place) for place, reason in enumerate(reasons)}


def _letter(place: int) -> str:
    return (_letter(place // 26 - 1) if place > 25 else "") + ascii_lowercase[place % 26]


def _shown(test: MeasureTest, pair: PairTest, reason: str) -> ShownPair:
    unit = unit_of(test.measure)
    return ShownPair(
        measure=test.measure.removesuffix(f", {unit.symbol}").capitalize(),
        unit=unit.symbol,
        model=" · ".join(
            filter(None, ("primary measure" if test.is_primary else "", pair.kind.value if pair.kind else ""))
        ),
        first=_group(test.group(pair.first), unit),
        second=_group(test.group(pair.second), unit),
        difference=unit.mean(pair.difference),
        difference_interval=unit.between(*pair.difference_interval) if pair.difference_interval else "",
        ratio=_ratio(pair) if test.measure in (DENSITY, DENSITY_WITHOUT, MATURITY) else "",
        effect=INDEX.mean(pair.hedges_g),
        effect_interval=INDEX.between(*pair.hedges_g_interval) if pair.hedges_g_interval else "",
        p=p_value(pair.p_value),
        p_holm=p_value(pair.p_holm),
        permutation_p=p_value(pair.permutation_p) if pair.permutation_p is not None else "",
        permutation_p_holm=p_value(pair.permutation_p_holm),
        reason=reason,
        is_marked=pair.p_holm is not None and pair.p_holm < LEVEL,
    )


def _ratio(pair: PairTest) -> str:
    if pair.ratio is None:
        return ""
    interval = f" ({INDEX.between(*pair.ratio_interval)})" if pair.ratio_interval else ""
    return f"× {INDEX.mean(pair.ratio)}{interval}"


def _group(group: Group, unit: Unit) -> ShownGroup:
    counts = (group.animals, group.cells, group.dendrites, group.spines)
    return ShownGroup(
        condition=group.condition,
        counts=" / ".join(count(n or None) for n in counts),
        mean_sd=unit.mean_sd(group.mean, group.sd),
    )


def notes_of(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """What a reader must know, each sentence once, with the measures it is said of; none named where it is of all."""
    said: dict[str, list[str]] = {}
    for name, test in comparison.tests.items():
        for note in test.notes:
            said.setdefault(note, []).append(name)
    return [(note, [] if len(names) == len(comparison.tests) else names) for note, names in said.items()]
