"""Shares that add up to one, tested together first, then each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spines.statistics.small_samples import Permutation, permute_together
from spines.statistics.types import LEAST_ANIMALS, MeasureTest, PairTest
from spines.vocabulary.numbers import LEVEL


def add_up(tests: Sequence[MeasureTest]) -> bool:
    """Whether these shares are all that an animal has: 1 together, for the same animals."""
    groups = list(zip(*(test.groups for test in tests), strict=True))
    return len(tests) > 2 and all(
        len({frozenset(group.animal_means) for group in of_condition}) == 1
        and all(
            abs(sum(group.animal_means[name] for group in of_condition) - 1) < 1e-6
            for name in of_condition[0].animal_means
        )
        for of_condition in groups
    )


def with_composition(tests: Sequence[MeasureTest]) -> list[MeasureTest]:
    """The same share tests, each pair with the p-value of all shares together; without it where none can be below 5 %.

    Animals are dealt out to the two conditions, or within animals their conditions swapped, all shares of an animal
    together; what is held against chance is the sum of squares of the shares' t. So one test says whether anything
    moved, whatever class it is.
    """
    done = list(tests)
    for place in range(len(tests[0].pairs)):
        found = _together(tests, place)
        if found is None or found.least_p * len(tests[0].pairs) >= LEVEL:
            return list(tests)
        done = [_with(test, place, found.p_value) for test in done]
    return done


def shaffer(p_values: Sequence[float], together: float) -> list[float]:
    """Corrected p-values of shares of one pair, once all together differ.

    If shares that add up to one differ, at least two do: of k at most k − 2 are the same, so p counts k − 2 times, not
    k times (Shaffer 1986, doi:10.1080/01621459.1986.10478341). None is below the p-value of all together.

    >>> shaffer([0.01, 0.02, 0.3, 0.4], 0.03)
    [0.03, 0.04, 0.6, 0.6]
    """
    k, greatest = len(p_values), together
    found = [0.0] * k
    for smaller, (p, place) in enumerate(sorted((p, place) for place, p in enumerate(p_values))):
        greatest = max(greatest, min(1.0, min(k - 2, k - smaller) * p))
        found[place] = greatest
    return found


def _with(test: MeasureTest, place: int, p: float) -> MeasureTest:
    pairs = list(test.pairs)
    pairs[place] = replace(pairs[place], composition_p=p)
    return replace(test, pairs=tuple(pairs))


def _together(tests: Sequence[MeasureTest], place: int) -> Permutation | None:
    pair: PairTest = tests[0].pairs[place]
    if any(test.pairs[place].p_value is None for test in tests) or min(pair.animals, default=0) < LEAST_ANIMALS:
        return None
    first, second = tests[0].group(pair.first), tests[0].group(pair.second)
    names = (list(first.animal_means), list(second.animal_means))
    if pair.is_paired:
        both = [name for name in names[0] if name in second.animal_means]
        names = (both, both)
    values = [
        (
            [test.group(pair.first).animal_means[name] for name in names[0]],
            [test.group(pair.second).animal_means[name] for name in names[1]],
        )
        for test in tests
    ]
    return permute_together(values, is_paired=pair.is_paired)
