"""What single animals do to a comparison: the same pair without each of them in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spines.statistics.pairs import compare_pair, scale_of
from spines.statistics.types import Group, MeasureTest, PairTest
from spines.vocabulary.numbers import LEVEL, p_in_words


@dataclass(frozen=True, kw_only=True)
class WithoutOne:
    """A pair without one animal; of animals that stand in both conditions without either of its values.

    By its model alone, without a permutation.
    """

    animal: str
    pair: PairTest


@dataclass(frozen=True, kw_only=True)
class Influence:
    """A pair as it is, and without each animal. p-values are of this comparison by itself, not corrected."""

    pair: PairTest
    without: tuple[WithoutOne, ...]

    @property
    def sentence(self) -> str:
        """Whether the result hangs on one animal."""
        pair = self.pair
        assert pair.p_value is not None, "a pair without a p-value has no influence"
        found = [(each.pair.p_value, each.animal) for each in self.without if each.pair.p_value is not None]
        where = f"{pair.second} against {pair.first}"
        if not found:
            return f"{where}: without any one animal too few are left to be tested."
        turned = [animal for p, animal in found if (p < LEVEL) != (pair.p_value < LEVEL)]
        least, most = min(found)[0], max(found)[0]
        text = f"{where}: {p_in_words(pair.p_value)} by itself"
        if not turned:
            return f"{text}, and {p_in_words(least)} to {p_in_words(most)} when one animal is left out."
        if len(turned) == 1:
            p = next(p for p, name in found if name == turned[0])
            return f"{text} hangs on one animal: without {turned[0]} it is {p_in_words(p)}."
        return f"{text} hangs on single animals: without one it is {p_in_words(least)} to {p_in_words(most)}."


def influences(test: MeasureTest) -> Iterator[Influence]:
    """Of each pair that has a p-value."""
    for pair in test.pairs:
        if pair.p_value is None or pair.kind is None:
            continue
        first, second = test.group(pair.first), test.group(pair.second)
        names = dict.fromkeys([*first.animal_means, *second.animal_means])
        if pair.is_paired:
            names = dict.fromkeys(name for name in first.animal_means if name in second.animal_means)
        yield Influence(
            pair=pair,
            without=tuple(
                WithoutOne(
                    animal=name,
                    pair=compare_pair(
                        _less(first, name),
                        _less(second, name),
                        is_paired=pair.is_paired,
                        scale=scale_of(pair.kind),
                        permutes=False,
                    ),
                )
                for name in names
            ),
        )


def _less(group: Group, name: str) -> Group:
    means = {animal: value for animal, value in group.animal_means.items() if animal != name}
    mean = sum(means.values()) / len(means) if means else None
    return replace(group, animals=len(means), mean=mean, animal_means=means)
