"""Experiments of many designs, made with and without an effect, and what the tests say of each.

An animal has cells with dendrites; values are dendrites' mean head widths in µm, or counts on dendrites.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import ttest_ind, ttest_rel

from spines.statistics.compare import compare, compare_all, compare_density
from spines.statistics.design import Spread, plain_design
from spines.statistics.designed import analyse
from spines.statistics.maturity import maturity_rows
from spines.statistics.types import Interval, Observation, SpineCount
from spines.vocabulary.classes import IMMATURE, MATURE

Rows = list[Observation]
TWO = ("control", "treated")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one test says of one experiment, and what is true."""

    question: str
    p_value: float
    interval: Interval
    truth: float
    reference_p: float


Make = Callable[[np.random.Generator, float], Iterator[Told]]
"""Makes an experiment with an effect of the trial's kind, 0 for none, and asks the tests."""


@dataclass(frozen=True, kw_only=True)
class Animal:
    """How an animal's rows are made: standard deviations of cells, dendrites and spines, and how much is measured."""

    cells: int = 3
    dendrites: int = 2
    spines: int = 20
    cell_sd: float = 0.05
    dendrite_sd: float = 0.03
    spine_sd: float = 0.17

    def widths(self, random: np.random.Generator, condition: str, name: str, mean: float) -> Rows:
        """Dendrites' mean head widths of an animal whose mean is given."""
        rows = []
        for cell in range(self.cells):
            of_cell = mean + random.normal(0, self.cell_sd)
            for _ in range(self.dendrites):
                error = math.hypot(self.dendrite_sd, self.spine_sd / math.sqrt(self.spines))
                rows.append(
                    Observation(
                        condition=condition,
                        animal=name,
                        cell=f"{cell}",
                        value=of_cell + random.normal(0, error),
                        weight=self.spines,
                        spines=self.spines,
                    )
                )
        return rows

    def densities(self, random: np.random.Generator, condition: str, name: str, per_um: float) -> list[SpineCount]:
        """Dendrites of 20 µm with counts about an animal's density."""
        return [
            SpineCount(
                condition=condition,
                animal=name,
                cell=f"{cell}",
                spines=int(random.poisson(20 * per_um * math.exp(random.normal(0, self.cell_sd)))),
                length_um=20,
            )
            for cell in range(self.cells)
            for _ in range(self.dendrites)
        ]


def _two(rows: Rows, truth: float, *, common: bool = False, question: str = "treated against control") -> Told:
    test = compare("value", rows, TWO)
    pair = test.pairs[0]
    # Where every animal of a condition has 0 the permutation test stands, and no interval says anything.
    p_value = next((p for p in (pair.p_value, pair.permutation_p) if p is not None), 1.0)
    if common:
        design = replace(plain_design(TWO), spread=Spread.COMMON)
        reference = analyse("value", rows, design).effects[0].p_value
    else:
        reference = float(ttest_ind(*(list(group.animal_means.values()) for group in test.groups)).pvalue)
    assert reference is not None, "animals vary"
    return Told(
        question=question,
        p_value=p_value,
        interval=pair.difference_interval or Interval(-math.inf, math.inf),
        truth=truth,
        reference_p=reference,
    )


def widths(
    animals: tuple[int, int] = (6, 6),
    sds: tuple[float, float] = (0.1, 0.1),
    *,
    many: bool = False,
    uneven: bool = False,
    heavy: bool = False,
    common: bool = False,
) -> Make:
    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        rows: Rows = []
        for place, condition in enumerate(TWO):
            for number in range(animals[place]):
                off = random.standard_t(3) / math.sqrt(3) if heavy else random.normal()
                animal = Animal()
                if uneven:
                    animal = Animal(cells=int(random.integers(1, 7)), dendrites=int(random.integers(1, 5)))
                if many and number == 0:
                    animal = Animal(spines=200)
                mean = 0.6 + place * effect + sds[place] * off
                rows += animal.widths(random, condition, f"{condition} {number}", mean)
        yield _two(rows, effect, common=common)

    return make


def densities(
    animals: tuple[int, int] = (6, 6), cvs: tuple[float, float] = (0.2, 0.2), *, animal: Animal | None = None
) -> Make:
    """Effects are the part by which the treated are less dense."""
    of_animal = animal or Animal(cell_sd=0.1)

    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        counts: list[SpineCount] = []
        of_cells = math.exp(of_animal.cell_sd**2 / 2)
        for place, condition in enumerate(TWO):
            mean = (1 - place * effect) / of_cells
            for number in range(animals[place]):
                shape = math.sqrt(math.log1p(cvs[place] ** 2))
                per_um = mean * math.exp(random.normal(0, shape) - shape**2 / 2)
                counts += of_animal.densities(random, condition, f"{condition} {number}", per_um)
        test = compare_density("density", counts, TWO)
        pair = test.pairs[0]
        assert pair.p_value is not None, "animals vary"
        assert pair.ratio_interval is not None, "animals vary"
        yield Told(
            question="treated against control",
            p_value=pair.p_value,
            interval=pair.ratio_interval,
            truth=1 - effect,
            reference_p=float(ttest_ind(*(list(group.animal_means.values()) for group in test.groups)).pvalue),
        )

    return make


def shares(spines: int, share: float) -> Make:
    """A class's share among so many spines an animal; the effect is in shares."""

    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        rows: Rows = []
        for place, condition in enumerate(TWO):
            mean = share + place * effect
            for number in range(6):
                of_animal = random.beta(20 * mean, 20 * (1 - mean))
                for cell in range(3):
                    value = random.binomial(spines // 3, of_animal) / (spines // 3)
                    name = f"{condition} {number}"
                    rows.append(
                        Observation(condition=condition, animal=name, cell=f"{cell}", value=value, weight=spines // 3)
                    )
        yield _two(rows, effect)

    return make


def maturity(random: np.random.Generator, effect: float) -> Iterator[Told]:
    """Mature spines over immature ones, few of either; the effect is in logarithms."""
    counts = []
    for place, condition in enumerate(TWO):
        for number in range(6):
            odds = math.exp(0.7 + place * effect + random.normal(0, 0.3))
            mature = int(random.binomial(60, odds / (1 + odds)))
            counts.append((condition, f"{condition} {number}", {MATURE[0]: mature, IMMATURE[0]: 60 - mature}))
    rows = maturity_rows(counts)
    test = compare_all({}, TWO, ratios={"maturity": rows})[0]
    pair = test.pairs[0]
    assert pair.p_value is not None, "animals vary"
    assert pair.ratio_interval is not None, "animals vary"
    logs = [[math.log(value) for value in group.animal_means.values()] for group in test.groups]
    yield Told(
        question="treated against control",
        p_value=pair.p_value,
        interval=pair.ratio_interval,
        truth=math.exp(effect),
        reference_p=float(ttest_ind(*logs).pvalue),
    )


def three_conditions(random: np.random.Generator, effect: float) -> Iterator[Told]:
    names = ("a", "b", "c")
    rows: Rows = []
    means = dict(zip(names, (0.0, effect, 2 * effect), strict=True))
    for condition, sd in zip(names, (0.05, 0.1, 0.2), strict=True):
        for number in range(5):
            mean = 0.6 + means[condition] + random.normal(0, sd)
            rows += Animal().widths(random, condition, f"{condition} {number}", mean)
    test = compare("value", rows, names)
    for pair in test.pairs:
        assert pair.p_value is not None, "animals vary"
        assert pair.difference_interval is not None, "animals vary"
        values = [list(test.group(name).animal_means.values()) for name in (pair.first, pair.second)]
        yield Told(
            question=f"{pair.second} against {pair.first}",
            p_value=pair.p_value,
            interval=pair.difference_interval,
            truth=means[pair.second] - means[pair.first],
            reference_p=float(ttest_ind(*values).pvalue),
        )


def paired(of_session: float) -> Make:
    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        rows: Rows = []
        for number in range(6):
            of_animal = 0.6 + random.normal(0, 0.1)
            for place, condition in enumerate(TWO):
                mean = of_animal + place * effect + random.normal(0, of_session)
                rows += Animal().widths(random, condition, f"{number}", mean)
        test = compare("value", rows, TWO, design=plain_design(TWO, within_animals=True))
        pair = test.pairs[0]
        assert pair.p_value is not None, "animals vary"
        assert pair.difference_interval is not None, "animals vary"
        values = [list(group.animal_means.values()) for group in test.groups]
        yield Told(
            question="after against before",
            p_value=pair.p_value,
            interval=pair.difference_interval,
            truth=effect,
            reference_p=float(ttest_rel(*values).pvalue),
        )

    return make
