"""What goes into a comparison of conditions, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

LEAST_ANIMALS = 3
"""In each of two groups, for a p-value."""


class Interval(NamedTuple):
    """A 95 % confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One dendrite, image or animal: the mean of a measure over its spines, its density, or the share of a class.

    `cell` is empty where nobody knows the cell. `weight` is what the value is a mean over: the number of spines, or for
    a density the length in µm. `spines` is their number for the table's counts, None where it is not told; `dendrites`
    how many the row stands for.
    """

    condition: str
    animal: str
    value: float
    cell: str = ""
    weight: float = 1
    spines: int | None = None
    dendrites: int = 1


@dataclass(frozen=True, kw_only=True)
class SpineCount:
    """One dendrite, image or animal: its spines and the length of dendrite that they were counted on."""

    condition: str
    animal: str
    spines: int
    length_um: float
    cell: str = ""
    dendrites: int = 1


class ModelKind(StrEnum):
    """What was fitted."""

    ANIMAL_AND_CELL = "mixed model, animal and cell"
    ANIMAL = "mixed model, animal"
    ANIMAL_MEANS = "linear model of animal means"
    NEGATIVE_BINOMIAL = "negative binomial model of animal totals"


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """Means of the conditions that were compared, and the standard deviations beside them.

    Means and standard errors are in the measure's unit, by condition. A component that the model has not is None.
    `residual_sd` is that of an observation of mean weight; of animals in a linear model of animal means. `dispersion`
    (of counts) is τ², the variance of animals' densities over the square of their mean, beyond what counting adds.
    `why` says why no fuller model was fitted; empty where none is fuller.
    """

    kind: ModelKind
    means: dict[str, float]
    standard_errors: dict[str, float]
    df: int
    animal_sd: float | None = None
    cell_sd: float | None = None
    residual_sd: float | None = None
    dispersion: float | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One condition: how much was measured, and the mean and standard deviation of its animals' means.

    `spines` is None where the observations do not tell; `mean` without animals, `sd` with fewer than two.
    """

    condition: str
    animals: int
    cells: int
    dendrites: int
    spines: int | None
    mean: float | None
    sd: float | None
    animal_means: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PairTest:
    """The second condition against the first: difference is second less first, ratio second over first.

    Without a model `difference` and `ratio` are those of the groups' means, and have no interval. `no_p_because` is a
    sentence, empty where there is a p-value. `*_holm` are corrected for every p-value of its kind in the table.
    """

    first: str
    second: str
    difference: float | None = None
    difference_interval: Interval | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    t: float | None = None
    df: int | None = None
    p_value: float | None = None
    p_holm: float | None = None
    hedges_g: float | None = None
    hedges_g_interval: Interval | None = None
    permutation_p: float | None = None
    permutation_p_holm: float | None = None
    permutation_is_exact: bool | None = None
    permutation_least_p: float | None = None
    no_p_because: str = ""


@dataclass(frozen=True, kw_only=True)
class MeasureTest:
    """One measure: its groups in the experiment's order, the model, the pairs, and what a reader must know.

    `model` is None where no two conditions have three animals, or nothing varies.
    """

    measure: str
    groups: tuple[Group, ...]
    pairs: tuple[PairTest, ...]
    model: FittedModel | None = None
    notes: tuple[str, ...] = ()

    def group(self, condition: str) -> Group:
        """The group of a condition that was compared; KeyError for another."""
        for group in self.groups:
            if group.condition == condition:
                return group
        raise KeyError(condition)
