"""Designed experiments made of counts, with and without an effect, and what is said of their densities."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from spines.statistics.design import Design, Factor
from spines.statistics.designed import analyse, analyse_counts
from spines.statistics.made_experiments import Animal, Make, Told
from spines.statistics.rows import rates
from spines.statistics.types import SpineCount

CELLS = tuple((genotype, treatment) for genotype in ("WT", "KO") for treatment in ("vehicle", "drug"))
OF_SESSIONS = 0.08
"""By how much an animal's conditions vary, as an SD of logarithms."""


def counted(cvs: Sequence[float], animals: int, *, is_within_animals: bool = False) -> Make:
    """Genotype and treatment, so many animals each: the drug makes the knockout denser by this part.

    Parameters
    ----------
    cvs : by how much animals of each of `CELLS` vary, as SDs of logarithms.
    is_within_animals : each animal is there with and without the drug.
    """
    design = Design(
        factors=(
            Factor(name="genotype", levels=("WT", "KO")),
            Factor(name="treatment", levels=("vehicle", "drug"), within_animals=is_within_animals),
        ),
        conditions={" ".join(cell): cell for cell in CELLS},
    )
    of_animal = Animal(cell_sd=0.1)

    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        counts: list[SpineCount] = []
        animal: dict[str, float] = {}
        for cell, cv in zip(CELLS, cvs, strict=True):
            denser = 1 + effect * (cell == ("KO", "drug"))
            for number in range(animals):
                name = f"{cell[0] if is_within_animals else ' '.join(cell)} {number}"
                per_um = animal.setdefault(name, math.exp(random.normal(0, cv))) * denser
                per_um *= math.exp(random.normal(0, OF_SESSIONS)) if is_within_animals else 1
                counts += of_animal.densities(random, " ".join(cell), name, per_um)
        test, plain = analyse_counts("density", counts, design), analyse("density", list(rates(counts)), design)
        main = math.sqrt(1 + effect)
        truths = {"genotype: KO − WT": main, "treatment: drug − vehicle": main, "genotype × treatment": 1 + effect}
        for label, truth in truths.items():
            found, of_differences = test.effect(label), plain.effect(label).p_value
            assert found.p_value is not None, "animals vary"
            assert found.ratio_interval is not None, "animals vary"
            assert of_differences is not None, "animals vary"
            yield Told(
                question=label,
                p_value=found.p_value,
                interval=found.ratio_interval,
                truth=truth,
                reference_p=of_differences,
            )

    return make
