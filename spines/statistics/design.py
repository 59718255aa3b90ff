"""What an experiment compares, as stated: factors and their levels, what animals go through, one primary measure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import product

from spines.errors import DomainError
from spines.vocabulary.numbers import listed


class DesignError(DomainError):
    """A design that contradicts itself or its animals; the sentence says where and what to state instead."""


class Direction(StrEnum):
    """What the hypothesis on the primary measure says. It is shown; tests are two-sided whatever it is."""

    EITHER = "differs"
    HIGHER = "is higher"
    LOWER = "is lower"


class Spread(StrEnum):
    """Which variances the model estimates."""

    EACH = "a variance for each group of animals and for each contrast"
    COMMON = "one variance for the whole design"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """Something that differs between conditions on purpose.

    Parameters
    ----------
    name : as the lab writes it: "genotype", "treatment", "session".
    levels : in their order, two at least.
    control : the level that the others are held against; the first where nothing is stated.
    within_animals : an animal stands in several levels (before and after, left and right, doses in turn).
    amounts : the levels as numbers (a dose, a time, an age), in the order of `levels`, for a trend; else empty.
    unit : of the amounts.
    """

    name: str
    levels: tuple[str, ...]
    control: str = ""
    within_animals: bool = False
    amounts: tuple[float, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        if len(self.levels) < 2:
            raise DesignError(f"{self.name} has fewer than two levels: state two, or leave the factor out.")
        if twice := [level for level, n in Counter(self.levels).items() if n > 1]:
            raise DesignError(f"{self.name} has the level {listed(twice)} twice: state each level once.")
        if self.control and self.control not in self.levels:
            raise DesignError(f"{self.control} is no level of {self.name}: choose one of {listed(self.levels)}.")
        if self.amounts and (
            len(self.amounts) != len(self.levels)
            or not all(map(math.isfinite, self.amounts))
            or len(set(self.amounts)) < len(self.amounts)
        ):
            raise DesignError(f"The amounts of {self.name} must be one number a level, none of them twice.")

    @property
    def reference(self) -> str:
        """The control, or the first level."""
        return self.control or self.levels[0]

    @property
    def others(self) -> tuple[str, ...]:
        """All levels but the reference, in order."""
        return tuple(level for level in self.levels if level != self.reference)


@dataclass(frozen=True, kw_only=True)
class Covariate:
    """What is known of each animal and not of interest itself: its age, its weight, its sex.

    `levels` are those of one that is no number, the first of them the one that the others are held against.
    """

    name: str
    unit: str = ""
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.levels and len(set(self.levels)) < 2:
            raise DesignError(f"{self.name} has one level: it cannot be taken in as a covariate.")


@dataclass(frozen=True, kw_only=True)
class Primary:
    """The one measure that is tested by itself at 5 %, and the day it was named."""

    measure: str
    direction: Direction
    stated_on: date


@dataclass(frozen=True, kw_only=True)
class Design:
    """Factors, and which condition stands for which of their levels.

    Parameters
    ----------
    factors : one at least.
    conditions : by a condition's name its levels, one a factor, in the order of `factors`.
    covariates : that the model takes in.
    has_litters : animals come in litters, batches or cages that are alike, named by `AnimalFacts.litter`.
    spread : see `Spread`.
    primary : None until one is named.
    """

    factors: tuple[Factor, ...]
    conditions: Mapping[str, tuple[str, ...]]
    covariates: tuple[Covariate, ...] = ()
    has_litters: bool = False
    spread: Spread = Spread.EACH
    primary: Primary | None = None

    def __post_init__(self) -> None:
        names = Counter([factor.name for factor in self.factors] + [each.name for each in self.covariates])
        if twice := [name for name, n in names.items() if n > 1]:
            raise DesignError(f"{listed(twice)} is stated twice: give each factor and covariate its own name.")
        if not self.factors:
            raise DesignError("The design has no factor: state what differs between the conditions.")
        stands_for: dict[tuple[str, ...], str] = {}
        for condition, levels in self.conditions.items():
            if len(levels) != len(self.factors):
                raise DesignError(f"{condition} needs one level of each of {listed(f.name for f in self.factors)}.")
            for factor, level in zip(self.factors, levels, strict=True):
                if level not in factor.levels:
                    raise DesignError(
                        f"{condition} has {factor.name} {level or 'unknown'}: choose one of {listed(factor.levels)}."
                    )
            if levels in stands_for:
                raise DesignError(
                    f"{stands_for[levels]} and {condition} both stand for {', '.join(levels)}: merge the two "
                    "conditions, or state the factor that tells them apart."
                )
            stands_for[levels] = condition

    @property
    def between(self) -> tuple[Factor, ...]:
        """Factors of which an animal has one level."""
        return tuple(factor for factor in self.factors if not factor.within_animals)

    @property
    def within(self) -> tuple[Factor, ...]:
        """Factors that animals go through."""
        return tuple(factor for factor in self.factors if factor.within_animals)

    @property
    def cells(self) -> tuple[tuple[str, ...], ...]:
        """Every combination of levels in order, those that no condition stands for included."""
        return tuple(product(*(factor.levels for factor in self.factors)))

    @property
    def ordered(self) -> tuple[str, ...]:
        """Conditions in the order of the factors' levels."""
        places = {cell: place for place, cell in enumerate(self.cells)}
        return tuple(sorted(self.conditions, key=lambda condition: places[self.conditions[condition]]))

    @property
    def missing(self) -> tuple[tuple[str, ...], ...]:
        """Combinations of levels that no condition stands for."""
        there = set(self.conditions.values())
        return tuple(cell for cell in self.cells if cell not in there)

    @property
    def is_crossed(self) -> bool:
        """Two factors or more, and every combination is there."""
        return len(self.factors) > 1 and not self.missing

    def level(self, condition: str, factor: Factor) -> str:
        """Of a condition; KeyError for an unknown one."""
        return self.conditions[condition][self.factors.index(factor)]

    def group(self, condition: str) -> tuple[str, ...]:
        """The levels of the factors between animals: what an animal has for good."""
        levels = self.conditions[condition]
        return tuple(level for factor, level in zip(self.factors, levels, strict=True) if not factor.within_animals)

    def within_levels(self, condition: str) -> tuple[str, ...]:
        """The levels of the factors within animals."""
        levels = self.conditions[condition]
        return tuple(level for factor, level in zip(self.factors, levels, strict=True) if factor.within_animals)

    def pairs(self) -> list[tuple[str, str]]:
        """Conditions that differ in the level of one factor, the one nearer to that factor's control first."""
        found = []
        for factor in self.factors:
            ranks = {level: rank for rank, level in enumerate((factor.reference, *factor.others))}
            place = self.factors.index(factor)
            for first in self.ordered:
                for second in self.ordered:
                    low, high = self.conditions[first], self.conditions[second]
                    rest = low[:place] + low[place + 1 :] == high[:place] + high[place + 1 :]
                    if rest and ranks[low[place]] < ranks[high[place]]:
                        found.append((first, second))
        return found


@dataclass(frozen=True, kw_only=True)
class AnimalFacts:
    """What is known of an animal besides its conditions. `covariates` by name; `litter` empty where nobody knows."""

    name: str
    covariates: Mapping[str, float | str] = field(default_factory=dict)
    litter: str = ""


def plain_design(conditions: Sequence[str], *, within_animals: bool = False) -> Design:
    """One factor, whose levels are the conditions, the first of them the control."""
    factor = Factor(name="condition", levels=tuple(conditions), within_animals=within_animals)
    return Design(factors=(factor,), conditions={name: (name,) for name in conditions})
