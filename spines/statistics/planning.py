"""How many animals, cells and dendrites an experiment needs: power from how much animals, cells and dendrites vary.

Everything is relative to the mean of the control, so that published values ("1.2 ± 0.2 per µm") and a lab's own can
both be put in. An animal's mean over c cells of d dendrites each varies by

    v = animals² + cells²/c + dendrites²/(c d)

and a comparison of n animals a group by k v/n, held against Student's t, whose noncentral distribution gives the power.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from scipy.special import nctdtr, stdtrit
from scipy.stats import chi2

from spines.errors import InvalidInput
from spines.statistics.types import LEAST_ANIMALS, Interval
from spines.vocabulary.numbers import LEVEL

MOST_ANIMALS = 200
"""A group: beyond it no experiment on animals is planned."""


class Question(StrEnum):
    """What the experiment will ask."""

    GROUPS = "two groups of animals"
    PAIRED = "the same animals twice"
    MAIN = "a main effect of a 2 × 2 design between animals"
    INTERACTION = "the interaction of a 2 × 2 design between animals"


_GROUPS = {Question.GROUPS: 2, Question.PAIRED: 1, Question.MAIN: 4, Question.INTERACTION: 4}
_TIMES = {Question.GROUPS: 2.0, Question.PAIRED: 2.0, Question.MAIN: 1.0, Question.INTERACTION: 4.0}
"""What v/n is multiplied with: squares of the weights of the groups' means, added up."""


@dataclass(frozen=True, kw_only=True)
class Variation:
    """Standard deviations as shares of the mean (0.2 is a coefficient of variation of 20 %).

    `animals` of one animal's true mean from another's, `cells` of cells of one animal, `dendrites` of dendrites of one
    cell. `responses` is of what an animal's change differs by from another's beyond cells and dendrites, where the same
    animals are seen twice. `rests_on` is the number of degrees of freedom that `animals` is known by; None where the
    values were typed in.
    """

    animals: float
    cells: float
    dendrites: float
    responses: float = 0.0
    rests_on: int | None = None

    def __post_init__(self) -> None:
        given = (self.animals, self.cells, self.dendrites, self.responses)
        if not all(math.isfinite(value) and 0 <= value <= 10 for value in given):
            raise InvalidInput("Give how much animals, cells and dendrites vary as 0 to 1,000 % of the mean.")
        if not any(given):
            raise InvalidInput("Nothing varies with these values: give at least one that is above 0 %.")

    def of_a_mean(self, question: Question, cells: int, dendrites: int) -> float:
        """The variance v of one animal's mean, or half that of its change, with so many cells and dendrites a cell."""
        nested = self.cells**2 / cells + self.dendrites**2 / (cells * dendrites)
        return (self.responses if question is Question.PAIRED else self.animals) ** 2 + nested

    @property
    def animals_interval(self) -> Interval | None:
        """95 % interval of `animals`, by the chi-squared distribution; None where the values were typed in."""
        if not self.rests_on:
            return None
        low, high = (
            self.animals * math.sqrt(self.rests_on / float(chi2.ppf(q, self.rests_on))) for q in (0.975, 0.025)
        )
        return Interval(low, high)


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What is to be found.

    Parameters
    ----------
    effect : of the second group, relative to the first: −0.15 is 15 % less. Of an interaction, how much more the one
        effect is than the other.
    power : the share of such experiments that shall find it at 5 %, two-sided.
    is_ratio : the measure is compared by ratios (density); else by differences.
    """

    question: Question
    effect: float
    power: float = 0.8
    cells: int = 3
    dendrites: int = 3
    is_ratio: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.effect) and self.effect > -1 and abs(self.effect) <= 10 and abs(self.effect) > 1e-4):
            raise InvalidInput("Give an effect above −100 % and other than 0, such as −15.")
        if not 0.5 <= self.power <= 0.99:
            raise InvalidInput("Give a power of 50 to 99 %; 80 or 90 are usual.")
        if not (1 <= self.cells <= 100 and 1 <= self.dendrites <= 100):
            raise InvalidInput("Give 1 to 100 cells an animal and 1 to 100 dendrites a cell.")

    @property
    def shift(self) -> float:
        """On the scale of the test."""
        return math.log1p(self.effect) if self.is_ratio else self.effect


def power_of(aim: Aim, variation: Variation, animals: int) -> float:
    """Share of experiments with so many animals a group that find the effect: p < 0.05, two-sided.

    >>> five = Variation(animals=0.2, cells=0.0, dendrites=0.0)
    >>> round(power_of(Aim(question=Question.GROUPS, effect=0.3, is_ratio=False), five, 8), 3)
    0.797
    """
    df = _GROUPS[aim.question] * (animals - 1)
    v = variation.of_a_mean(aim.question, aim.cells, aim.dendrites)
    if v == 0:
        return 1.0
    away = abs(aim.shift) / math.sqrt(_TIMES[aim.question] * v / animals)
    limit = float(stdtrit(df, 1 - LEVEL / 2))
    above = 1 - float(nctdtr(df, away, limit))
    return min(1.0, above + float(nctdtr(df, away, -limit)))


def animals_for(aim: Aim, variation: Variation) -> int | None:
    """The fewest animals a group, three at least, that reach the power; None above `MOST_ANIMALS`."""
    low, high = LEAST_ANIMALS, MOST_ANIMALS
    if power_of(aim, variation, high) < aim.power:
        return None
    while low < high:
        middle = (low + high) // 2
        if power_of(aim, variation, middle) >= aim.power:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A way to do it: animals a group that reach the power (None: too many), and the power with `at` animals."""

    cells: int
    dendrites: int
    animals: int | None
    power: float


def choices(aim: Aim, variation: Variation, at: int, cells: Sequence[int] = (1, 2, 3, 5, 8, 12)) -> list[Choice]:
    """What more cells buy: for each number of cells an animal what `Choice` says."""
    found = []
    for each in sorted({*cells, aim.cells}):
        asked = replace(aim, cells=each)
        found.append(
            Choice(
                cells=each,
                dendrites=aim.dendrites,
                animals=animals_for(asked, variation),
                power=power_of(asked, variation, at),
            )
        )
    return found


def least_effect(aim: Aim, variation: Variation, animals: int) -> float | None:
    """The smallest effect, of the aim's sign, that so many animals a group find with its power; None above 1,000 %."""
    low, high = 1e-3, 0.999 if aim.effect < 0 else 10.0
    sign = math.copysign(1, aim.effect)
    if power_of(replace(aim, effect=sign * high), variation, animals) < aim.power:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        if power_of(replace(aim, effect=sign * middle), variation, animals) >= aim.power:
            high = middle
        else:
            low = middle
    return sign * high
