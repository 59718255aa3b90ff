"""Hypotheses that are corrected together, each once: the primary measure by itself, the others within their family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spines.statistics.composition import shaffer
from spines.statistics.layout import corrected_least_p
from spines.statistics.pairs import corrected
from spines.statistics.types import MeasureTest, PairTest
from spines.vocabulary.numbers import LEVEL, in_words, p_in_words

PRIMARY = "primary"


def correct(tests: Sequence[MeasureTest]) -> list[MeasureTest]:
    """The same tests with p-values corrected by Holm's method (Holm 1979) within families, and intervals alike.

    Models' and permutations' p-values are corrected each by themselves. A measure without a family has no corrected
    p-value. Where p is k times smaller than its corrected one, the corrected interval has a confidence of
    1 − 0.05 / k: it then says the same as the corrected p.
    """
    done: dict[int, MeasureTest] = {}
    for family in dict.fromkeys(test.family for test in tests):
        members = [(place, test) for place, test in enumerate(tests) if test.family == family]
        if not family:
            done |= dict(members)
            continue
        pairs = [pair for _, test in members for pair in test.pairs]
        by_model = iter(_of_model([test for _, test in members]))
        by_permutation = iter(holm([pair.permutation_p for pair in pairs]))
        hypotheses = sum(pair.p_value is not None for pair in pairs)
        permuted = sum(pair.permutation_p is not None for pair in pairs)
        for place, test in members:
            found = tuple(
                _corrected(test, pair, next(by_model), next(by_permutation), hypotheses) for pair in test.pairs
            )
            notes = (*test.notes, *(note for pair in found if (note := _of_least_p(pair, permuted))))
            done[place] = replace(test, pairs=found, notes=notes)
    return [done[place] for place in range(len(tests))]


def _of_model(tests: Sequence[MeasureTest]) -> list[float | None]:
    """Corrected p-values of models, test by test: Holm's; of shares that were tested together first, Shaffer's."""
    if any(pair.composition_p is None for test in tests for pair in test.pairs):
        return holm([pair.p_value for test in tests for pair in test.pairs])
    comparisons = len(tests[0].pairs)
    together = holm([pair.composition_p for pair in tests[0].pairs])
    by_pair = [
        shaffer([comparisons * (test.pairs[place].p_value or 0.0) for test in tests], together[place] or 0.0)
        for place in range(comparisons)
    ]
    return [by_pair[place][at] for at in range(len(tests)) for place in range(comparisons)]


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrected p-values in the same order, None where there is none.

    As statsmodels' multipletests, which collects garbage at every call: 80 ms of a process full of pages.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    found: list[float | None] = [None] * len(p_values)
    greatest = 0.0
    there = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    for smaller, (p, place) in enumerate(there):
        greatest = max(greatest, min(1.0, (len(there) - smaller) * p))
        found[place] = greatest
    return found


def _corrected(
    test: MeasureTest, pair: PairTest, p_holm: float | None, permutation_p_holm: float | None, hypotheses: int
) -> PairTest:
    if pair.p_value is not None and p_holm is not None:
        times = hypotheses if p_holm >= 1 or pair.p_value <= 0 else p_holm / pair.p_value
        pair = corrected(pair, test.group(pair.first), test.group(pair.second), 1 - LEVEL / times)
        pair = replace(pair, p_holm=p_holm, hypotheses=hypotheses)
    return replace(pair, permutation_p_holm=permutation_p_holm)


def _of_least_p(pair: PairTest, hypotheses: int) -> str:
    least = corrected_least_p(pair.permutation_least_p, hypotheses)
    if least is None or least < LEVEL:
        return ""
    text = f"With so few animals the permutation test of {pair.first} and {pair.second} cannot give less than "
    text += p_in_words(pair.permutation_least_p)
    if hypotheses > 1:
        text += f", and corrected for {in_words(hypotheses, 'hypothesis', 'hypotheses')} not less than "
        text += p_in_words(least)
    return f"{text}."
