"""What a stated design can tell with the animals that there are, before any number is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from spines.statistics.design import Design, DesignError
from spines.statistics.types import LEAST_ANIMALS
from spines.vocabulary.numbers import LEVEL, count, in_words, listed, p_in_words


@dataclass(frozen=True, kw_only=True)
class PairLayout:
    """Two conditions: how many animals they rest on, and the least p that a permutation of them can give.

    `animals` are those in both where the two are compared within animals, then `is_paired`; else those of each.
    `left_out` are animals that stand in one of two conditions that are compared within animals.
    """

    first: str
    second: str
    is_paired: bool
    animals: tuple[int, ...]
    left_out: int
    least_p: float | None

    @property
    def has_enough(self) -> bool:
        """For a p-value."""
        return min(self.animals) >= LEAST_ANIMALS

    @property
    def df(self) -> int:
        """Degrees of freedom, at most; fewer where the spread of the two differs."""
        return max(sum(self.animals) - len(self.animals), 0)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Animals by condition, and the design's pairs. `sentences` say what can be tested and what cannot."""

    animals: dict[str, int]
    """By condition, in the design's order; 0 where it has none."""
    pairs: tuple[PairLayout, ...]
    sentences: tuple[str, ...]


def least_p(animals: tuple[int, ...], *, is_paired: bool) -> float | None:
    """The least two-sided p that permutations within the design can reach; None without an animal in each.

    Between animals they are dealt out to the two conditions: 2 / C(n₁ + n₂, n₁). Within animals, each one's two
    conditions are swapped or not: 2 / 2ⁿ.

    >>> least_p((5, 5), is_paired=False), least_p((6,), is_paired=True), least_p((0, 4), is_paired=False)
    (0.00793..., 0.03125, None)
    """
    if min(animals) < 1:
        return None
    arrangements = 2 ** animals[0] if is_paired else math.comb(sum(animals), animals[0])
    return min(1.0, 2 / arrangements)


def corrected_least_p(least: float | None, hypotheses: int) -> float | None:
    """The same after Holm's correction for so many hypotheses: that of the smallest of them.

    >>> corrected_least_p(2 / 252, 13)
    0.1031...
    """
    return None if least is None else min(1.0, least * max(hypotheses, 1))


def layout_of(design: Design, stands: Iterable[tuple[str, str]], *, hypotheses: int = 1) -> Layout:
    """Lay animals out in a design.

    Parameters
    ----------
    design : as stated.
    stands : an animal and a condition that it stands in, as often as that is known; other conditions do not count.
    hypotheses : how many are corrected together where the least p is told; 1 for a primary measure.

    Raises
    ------
    DesignError : where an animal has two levels of a factor that is stated to be between animals.
    """
    names: dict[str, set[str]] = {condition: set() for condition in design.ordered}
    for animal, condition in stands:
        if condition in names and animal:
            names[condition].add(animal)
    check_between(design, names)
    pairs = tuple(_pair(design, first, second, names) for first, second in design.pairs())
    return Layout(
        animals={condition: len(of_condition) for condition, of_condition in names.items()},
        pairs=pairs,
        sentences=tuple(_sentences(design, names, pairs, hypotheses)),
    )


def check_between(design: Design, names: dict[str, set[str]]) -> None:
    """Raise where an animal has two levels of a factor between animals."""
    groups: dict[str, dict[tuple[str, ...], str]] = {}
    for condition, of_condition in names.items():
        for animal in of_condition:
            groups.setdefault(animal, {}).setdefault(design.group(condition), condition)
    if both := sorted(animal for animal, found in groups.items() if len(found) > 1):
        first, second = list(groups[both[0]].values())[:2]
        more = f", and {in_words(len(both) - 1, 'animal')} more," if both[1:] else ""
        factors = [f.name for f in design.between if design.level(first, f) != design.level(second, f)]
        raise DesignError(
            f"{both[0]}{more} stands in {first} and in {second}, but {listed(factors)} is stated to differ between "
            "animals. State that it differs within animals if it is one animal, or give two animals two names."
        )


def _pair(design: Design, first: str, second: str, names: dict[str, set[str]]) -> PairLayout:
    is_paired = design.group(first) == design.group(second)
    both = names[first] & names[second]
    animals = (len(both),) if is_paired else (len(names[first]), len(names[second]))
    return PairLayout(
        first=first,
        second=second,
        is_paired=is_paired,
        animals=animals,
        left_out=len(names[first] ^ names[second]) if is_paired else 0,
        least_p=least_p(animals, is_paired=is_paired),
    )


def _sentences(
    design: Design, names: dict[str, set[str]], pairs: tuple[PairLayout, ...], hypotheses: int
) -> Iterable[str]:
    for factor in design.within:
        yield f"{factor.name.capitalize()} is compared within animals: each is held against itself."
    if empty := [condition for condition, of_condition in names.items() if not of_condition]:
        yield f"No animal stands in {listed(empty)}."
    if design.missing:
        cells = listed(" · ".join(cell) for cell in design.missing)
        yield (
            f"No condition stands for {cells}: factors are compared where both levels are there, and their interaction "
            "cannot be told."
        )
    elif design.is_crossed:
        yield f"Effects of {listed(f.name for f in design.factors)} can be told apart, and their interaction tested."
    for pair in pairs:
        yield from _of_pair(pair, hypotheses)


def _of_pair(pair: PairLayout, hypotheses: int) -> Iterable[str]:
    rests = (
        f"{in_words(pair.animals[0], 'animal')} in both"
        if pair.is_paired
        else f"{count(pair.animals[0])} against {in_words(pair.animals[1], 'animal')}"
    )
    if not pair.has_enough:
        yield f"{pair.first} and {pair.second} cannot be tested: {rests}, and {LEAST_ANIMALS} are the least."
        return
    least = corrected_least_p(pair.least_p, hypotheses)
    text = f"{pair.first} and {pair.second} can be tested: {rests}; a permutation cannot give less than "
    text += p_in_words(pair.least_p)
    if hypotheses > 1:
        text += f", {p_in_words(least)} corrected for {count(hypotheses)} hypotheses"
    if least is not None and least >= LEVEL:
        text += ", so it can never be below 0.05 and the model alone can"
    yield f"{text}."
    if pair.left_out:
        yield (
            f"{in_words(pair.left_out, 'animal')} of {pair.first} and {pair.second} "
            f"{'stands' if pair.left_out == 1 else 'stand'} in one of the two alone and "
            f"{'enters' if pair.left_out == 1 else 'enter'} no comparison of them."
        )
