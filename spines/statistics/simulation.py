"""Experiments in which nothing differs between conditions, and how often tests find that something does."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import ks_2samp, ttest_ind
from statsmodels.stats.proportion import proportion_confint

from spines.statistics.compare import compare_all
from spines.statistics.types import Interval, MeasureTest, Observation, SpineCount

CONDITIONS = ("control", "treated")
LEVEL = 0.05

WELCH = "head width: animals, a variance for each condition"
DENSITY = "density: animals, a variance for each condition"
PERMUTATION = "permutation over animals"
ANIMAL_T = "t-test over animal means"
WALD_Z = "the same as the first, but normal instead of t"
CELL_T = "t-test over cells"
DENDRITE_T = "t-test over dendrites"
SPINE_T = "t-test over spines"
SPINE_KS = "Kolmogorov–Smirnov test over spines"
POOLED_COUNTS = "density: Poisson test of pooled counts"

OF_ANIMALS = (WELCH, DENSITY, PERMUTATION, ANIMAL_T)
POOLED = (CELL_T, DENDRITE_T, SPINE_T, SPINE_KS, POOLED_COUNTS)


@dataclass(frozen=True, kw_only=True)
class NullDesign:
    """How an experiment is made; ranges are whole numbers, both ends included.

    Head widths in µm; spines per µm vary by a factor whose logarithm has these standard deviations. Animals make up a
    quarter of the variance of single spines, and most of that of cells.
    """

    animals: tuple[int, int] = (4, 6)
    cells: tuple[int, int] = (3, 4)
    dendrites: tuple[int, int] = (2, 3)
    dendrite_um: float = 20
    spines_per_um: float = 1.0
    mean_um: float = 0.6
    animal_sd_um: float = 0.1
    cell_sd_um: float = 0.05
    dendrite_sd_um: float = 0.03
    spine_sd_um: float = 0.17
    animal_log_sd: float = 0.2
    cell_log_sd: float = 0.1


UNEQUAL = NullDesign(animals=(3, 8), cells=(1, 6), dendrites=(1, 5))
"""Of some animals thirty times as much is measured as of others."""


@dataclass(frozen=True, kw_only=True)
class FalsePositives:
    """Of one test: the share of experiments with p < 0.05, its 95 % interval (Wilson), and of how many."""

    test: str
    rate: float
    interval: Interval
    experiments: int


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """Rates by test, in the order of this module's names."""

    rates: dict[str, FalsePositives]


def false_positives(*, experiments: int, seed: int = 1, design: NullDesign | None = None) -> Simulated:
    """Simulate so many null experiments; the same seed gives the same figures."""
    found: dict[str, int] = {}
    for number in range(experiments):
        experiment = _Experiment(design or NullDesign(), np.random.default_rng([seed, number]))
        density, width = experiment.tests()
        for test, p_value in experiment.p_values(density, width):
            found[test] = found.get(test, 0) + (p_value < LEVEL)
    return Simulated(
        rates={
            test: FalsePositives(
                test=test,
                rate=hits / experiments,
                interval=Interval(*proportion_confint(hits, experiments, method="wilson")),
                experiments=experiments,
            )
            for test, hits in found.items()
        },
    )


class _Experiment:
    """Two conditions from one population: per dendrite its animal, cell and spines' head widths."""

    def __init__(self, design: NullDesign, random: np.random.Generator) -> None:
        self._um = design.dendrite_um
        self._of: list[tuple[int, int, int]] = []
        self._widths: list[npt.NDArray[np.float64]] = []
        animal = cell = 0
        for condition in range(len(CONDITIONS)):
            for _ in range(random.integers(*design.animals, endpoint=True)):
                animal += 1
                animal_um, animal_log = random.normal(0, (design.animal_sd_um, design.animal_log_sd))
                for _ in range(random.integers(*design.cells, endpoint=True)):
                    cell += 1
                    cell_um, cell_log = random.normal(0, (design.cell_sd_um, design.cell_log_sd))
                    for _ in range(random.integers(*design.dendrites, endpoint=True)):
                        expected = self._um * design.spines_per_um * math.exp(animal_log + cell_log)
                        mean_um = design.mean_um + animal_um + cell_um + random.normal(0, design.dendrite_sd_um)
                        self._of.append((condition, animal, cell))
                        self._widths.append(random.normal(mean_um, design.spine_sd_um, 1 + random.poisson(expected)))

    def tests(self) -> tuple[MeasureTest, MeasureTest]:
        """Density and head width as the product compares them."""
        rows = [
            (CONDITIONS[condition], f"animal {animal}", f"cell {cell}", widths)
            for (condition, animal, cell), widths in zip(self._of, self._widths, strict=True)
        ]
        density, width = compare_all(
            {
                "head width": [
                    Observation(
                        condition=condition, animal=animal, cell=cell, value=float(widths.mean()), weight=len(widths)
                    )
                    for condition, animal, cell, widths in rows
                ]
            },
            CONDITIONS,
            counts={
                "density": [
                    SpineCount(condition=condition, animal=animal, cell=cell, spines=len(widths), length_um=self._um)
                    for condition, animal, cell, widths in rows
                ]
            },
        )
        return density, width

    def p_values(self, density: MeasureTest, width: MeasureTest) -> Iterator[tuple[str, float]]:
        """By test, uncorrected: every one is looked at by itself."""
        pair = width.pairs[0]
        assert pair.p_value is not None, "enough animals"
        assert pair.t is not None, "enough animals"
        assert pair.permutation_p is not None, "enough animals"
        assert density.pairs[0].p_value is not None, "enough animals"
        yield WELCH, pair.p_value
        yield DENSITY, density.pairs[0].p_value
        yield PERMUTATION, pair.permutation_p
        yield ANIMAL_T, _student(*(list(group.animal_means.values()) for group in width.groups))
        yield WALD_Z, 2 * float(ndtr(-abs(pair.t)))
        conditions, _, cells = np.array(self._of).T
        means = np.array([widths.mean() for widths in self._widths])
        cell_means = np.bincount(cells, means)[1:] / np.bincount(cells)[1:]
        _, first_rows = np.unique(cells, return_index=True)
        yield CELL_T, _student(*_halves(cell_means, conditions[first_rows]))
        yield DENDRITE_T, _student(*_halves(means, conditions))
        counts = np.array([len(widths) for widths in self._widths])
        spines = _halves(np.concatenate(self._widths), np.repeat(conditions, counts))
        yield SPINE_T, _student(*spines)
        yield SPINE_KS, float(ks_2samp(*spines, method="asymp").pvalue)
        pooled = np.bincount(conditions, counts)
        um = np.bincount(conditions) * self._um
        z = math.log(pooled[1] / um[1] * um[0] / pooled[0]) / math.sqrt(float((1 / pooled).sum()))
        yield POOLED_COUNTS, 2 * float(ndtr(-abs(z)))


def _halves(
    values: npt.NDArray[np.float64], conditions: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return values[conditions == 0], values[conditions == 1]


def _student(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    return float(ttest_ind(first, second).pvalue)
