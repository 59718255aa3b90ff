"""What goes into a comparison of conditions, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

LEAST_ANIMALS = 3
"""In each of two groups, for a p-value."""
LEAST_LITTERS = 3
"""The same of litters, where a design takes them in."""
LITTERS_TAKEN_IN = ", litters taken in"


class Interval(NamedTuple):
    """A confidence interval, of 95 % where nothing else is said."""

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


class Scale(StrEnum):
    """On which scale animals are compared."""

    PLAIN = "differences"
    RATES = "ratios of means"
    """Of densities, which may be 0: the logarithm of the ratio of two means."""
    LOGS = "logarithms"
    """Of ratios above 0: each animal's logarithm."""


class ModelKind(StrEnum):
    """What was compared, and how."""

    ANIMALS = "animals, a variance for each condition"
    RATES = "animals' densities, their ratio, a variance for each condition"
    LOGS = "logarithms of animals, a variance for each condition"
    DIFFERENCES = "differences within animals"
    RATE_DIFFERENCES = "ratio of densities within animals"
    LOG_DIFFERENCES = "logarithms of ratios within animals"


@dataclass(frozen=True, kw_only=True)
class Group:
    """One condition: how much was measured, and the mean and standard deviation of its animals' means.

    `spines` is None where the observations do not tell; `mean` without animals, `sd` with fewer than two. Of a measure
    that is compared by logarithms the mean is the geometric one, and the standard deviation that of the logarithms
    times it. `litters` holds the litter by animal, where the design takes litters in and it is known.
    """

    condition: str
    animals: int
    cells: int
    dendrites: int
    spines: int | None
    mean: float | None
    sd: float | None
    animal_means: dict[str, float] = field(default_factory=dict)
    litters: dict[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class PairTest:
    """The second condition against the first: difference is second less first, ratio second over first.

    Without a p-value `difference` and `ratio` are those of the groups' means, and have no interval. `no_p_because` is a
    sentence, empty where the model gives a p-value; a permutation may give one all the same. Where `is_paired`, the
    animals are those in both. Where it `takes_litters`, animals of a litter are alike, and are not exchanged.
    `*_holm` are corrected for the `hypotheses` of the measure's family, intervals with `corrected` have the confidence
    `corrected_level` and leave out no difference, or a ratio of 1, exactly where `p_holm` is below 0.05.
    """

    first: str
    second: str
    is_paired: bool = False
    takes_litters: bool = False
    animals: tuple[int, ...] = ()
    kind: ModelKind | None = None
    difference: float | None = None
    difference_interval: Interval | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    t: float | None = None
    df: float | None = None
    p_value: float | None = None
    p_holm: float | None = None
    hypotheses: int | None = None
    corrected_level: float | None = None
    difference_interval_corrected: Interval | None = None
    ratio_interval_corrected: Interval | None = None
    hedges_g: float | None = None
    hedges_g_interval: Interval | None = None
    composition_p: float | None = None
    """Of a share: that of all shares together, which is tested first."""
    permutation_p: float | None = None
    permutation_p_holm: float | None = None
    permutation_is_exact: bool | None = None
    permutation_least_p: float | None = None
    no_p_because: str = ""

    @property
    def model(self) -> str:
        """What was compared, and how, in words; empty where nothing was."""
        return f"{self.kind.value}{LITTERS_TAKEN_IN * self.takes_litters}" if self.kind else ""


@dataclass(frozen=True, kw_only=True)
class MeasureTest:
    """One measure: its groups in the experiment's order, the pairs, and what a reader must know.

    `family` is what its p-values are corrected with; empty for a measure that is a variant of another, which has no
    corrected p. `is_primary` marks the measure that was named beforehand.
    """

    measure: str
    groups: tuple[Group, ...]
    pairs: tuple[PairTest, ...]
    family: str = ""
    is_primary: bool = False
    notes: tuple[str, ...] = ()

    @property
    def kind(self) -> ModelKind | None:
        """How its pairs were compared; None where none was."""
        return next((pair.kind for pair in self.pairs if pair.kind), None)

    def group(self, condition: str) -> Group:
        """The group of a condition that was compared; KeyError for another."""
        for group in self.groups:
            if group.condition == condition:
                return group
        raise KeyError(condition)
