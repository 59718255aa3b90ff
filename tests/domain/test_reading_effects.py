"""Effects of a design in words: one sentence each, and none that its own interval excludes."""

from __future__ import annotations

import re

import numpy as np
import pytest

from spines.statistics.design import Design, Factor
from spines.statistics.designed import DesignTest, analyse
from spines.statistics.reading_effects import read_effects
from spines.statistics.types import Observation
from spines.vocabulary.numbers import INDEX, PER_UM, UM

FACTORS = (Factor(name="genotype", levels=("WT", "KO")), Factor(name="drug", levels=("veh", "drug")))
CELLS = {f"{genotype} {drug}": (genotype, drug) for genotype in ("WT", "KO") for drug in ("veh", "drug")}


def _test(effect: float, *, seed: int = 1, by_logs: bool = False) -> DesignTest:
    """The drug has this effect in KO alone."""
    random = np.random.default_rng(seed)
    rows = [
        Observation(
            condition=condition,
            animal=f"{condition} {at}",
            value=float(random.normal(1 + effect * (condition == "KO drug"), 0.1)),
        )
        for condition in CELLS
        for at in range(5)
    ]
    return analyse("density", rows, Design(factors=FACTORS, conditions=CELLS), by_logs=by_logs)


def test_main_effects_and_interaction_are_said_with_their_size() -> None:
    genotype, drug, interaction = read_effects(_test(0.8), name="Spine density", unit=PER_UM)

    assert genotype.startswith("Spine density was higher by genotype, KO − WT, averaged over the other factors (")
    assert re.search(r"\(difference 0\.\d{3} per µm, 9\d(\.\d+)? % interval 0\.\d{3} to 0\.\d{3}, p < 0\.001", drug)
    assert "corrected, as the interval is, for 2 such effects" in drug
    assert interaction.startswith("The effects differ on spine density, genotype × drug (difference 0.")
    assert "corrected" not in interaction


def test_what_is_not_shown_is_not_said_to_be_there() -> None:
    for sentence in read_effects(_test(0.0), name="Spine density", unit=PER_UM):
        assert "not shown to differ" in sentence
        assert not re.search("higher|lower", sentence)


@pytest.mark.parametrize("seed", range(30))
def test_no_sentence_contradicts_its_interval(seed: int) -> None:
    for sentence in read_effects(_test(0.2, seed=seed), name="Spine density", unit=PER_UM):
        found = re.search(r"interval (\S+) to (\S+),", sentence.replace("−", "-"))
        assert found
        low, high = map(float, found.groups())
        if "not shown" in sentence:
            assert low <= 0 <= high
        else:
            assert low >= 0 or high <= 0


def test_ratios_and_trends_are_said_in_their_units() -> None:
    ratios = read_effects(_test(0.8, by_logs=True), name="Maturity index", unit=INDEX)
    assert all(re.search(r"\(ratio \d\.\d\d, ", sentence) for sentence in ratios)
    factor = Factor(name="dose", levels=("0", "1", "4"), amounts=(0.0, 1.0, 4.0), unit="mg/kg")
    rows = [
        Observation(condition=level, animal=f"{level} {at}", value=0.5 - 0.05 * amount + 0.01 * at)
        for level, amount in zip(factor.levels, factor.amounts, strict=True)
        for at in range(4)
    ]
    test = analyse("head width", rows, Design(factors=(factor,), conditions={name: (name,) for name in factor.levels}))
    said = read_effects(test, name="Head width", unit=UM)[-1]
    assert said.startswith("Head width fell along the trend over dose (−0.05 µm per mg/kg, 95 % interval ")
