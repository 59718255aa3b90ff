"""Whether conditions were looked at alike: what else than biology could make a difference between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum

from spines.statistics.contrasts import welch
from spines.statistics.types import LEAST_ANIMALS
from spines.vocabulary.numbers import LEVEL, Unit, listed

LEAST_APART = 0.2
"""Of images that are of another kind in one condition than in the other: a fifth of them."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One circumstance by condition, in words; `sentence` is empty where conditions do not differ in it."""

    name: str
    by_condition: tuple[tuple[str, str], ...]
    sentence: str = ""


def check_values(
    name: str, values: Mapping[str, Mapping[str, float]], pairs: Sequence[tuple[str, str]], *, unit: Unit, apart: float
) -> Check:
    """A number of each animal.

    Parameters
    ----------
    values : by condition, then by animal.
    pairs : conditions that are compared.
    apart : the difference of two conditions' means from which on it is said; from half of it on where Welch's t finds
        it as well.
    """
    means = {condition: fsum(of.values()) / len(of) for condition, of in values.items() if of}
    said = []
    for first, second in pairs:
        if first not in means or second not in means:
            continue
        difference = abs(means[second] - means[first])
        if difference >= apart or (difference >= apart / 2 and _is_found(values[first], values[second])):
            said.append(f"{unit.said(means[second])} in {second} and {unit.said(means[first])} in {first}")
    return Check(
        name=name,
        by_condition=tuple((condition, unit.said(means.get(condition))) for condition in values),
        sentence=f"{name} differs: {'; '.join(said)}." if said else "",
    )


def check_kinds(name: str, kinds: Mapping[str, Mapping[str, int]], pairs: Sequence[tuple[str, str]]) -> Check:
    """Images by kind, by condition: said where a fifth or more of the images of two conditions are not of one kind."""
    said = [
        f"{second} has {_kinds(kinds[second])}, {first} {_kinds(kinds[first])}"
        for first, second in pairs
        if first in kinds and second in kinds and _distance(kinds[first], kinds[second]) >= LEAST_APART
    ]
    return Check(
        name=name,
        by_condition=tuple((condition, _kinds(of)) for condition, of in kinds.items()),
        sentence=f"{name} differs: {'; '.join(said)}." if said else "",
    )


def pairs_of(pairs: Iterable[tuple[str, str]], conditions: Sequence[str]) -> list[tuple[str, str]]:
    """Those that are compared, each once; all where none is."""
    return list(dict.fromkeys(pairs)) or list(combinations(conditions, 2))


def _is_found(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    if min(len(first), len(second)) < LEAST_ANIMALS:
        return False
    found = welch([(-1.0, list(first.values())), (1.0, list(second.values()))])
    return found is None or found.p_value < LEVEL


def _distance(first: Mapping[str, int], second: Mapping[str, int]) -> float:
    """Total variation: the share of images that would have to be of another kind."""
    totals = sum(first.values()), sum(second.values())
    if not all(totals):
        return 0.0
    return sum(abs(first.get(k, 0) / totals[0] - second.get(k, 0) / totals[1]) for k in {*first, *second}) / 2


def _kinds(of: Mapping[str, int]) -> str:
    ordered = Counter(of).most_common()
    if len(ordered) == 1:
        return ordered[0][0]
    return listed(f"{kind} ({n})" for kind, n in ordered) or "none"
