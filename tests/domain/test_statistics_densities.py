"""Densities compared: counts over lengths, an animal each, and what becomes of conditions without a spine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student

from spines.statistics.compare import compare_density
from spines.statistics.types import MeasureTest, ModelKind, PairTest, SpineCount
from tests.domain.made_measures import counted, has_no_inference

CONDITIONS = ("control", "treated")


def _density(animals: dict[str, list[int]]) -> tuple[MeasureTest, PairTest]:
    test = compare_density("density", counted(animals), CONDITIONS)
    return test, test.pairs[0]


def test_a_density_is_an_animals_spines_over_its_length() -> None:
    control, treated = [30, 50, 40], [55, 75, 50, 80]
    test, pair = _density({"control": control, "treated": treated})

    # By hand: the logarithm of the ratio of means, whose variances are those of the means over their squares.
    relative = [np.var(of, ddof=1) / len(of) / np.mean(of) ** 2 for of in (control, treated)]
    error, ratio = math.sqrt(sum(relative)), 65 / 40
    df = sum(relative) ** 2 / sum(
        part**2 / (len(of) - 1) for part, of in zip(relative, (control, treated), strict=True)
    )
    assert pair.kind is ModelKind.RATES
    assert (pair.ratio, pair.difference) == pytest.approx((ratio, 25 / 40))
    assert pair.df == pytest.approx(df)
    assert pair.p_value == pytest.approx(2 * student.sf(math.log(ratio) / error, df))
    half = student.ppf(0.975, df) * error
    assert pair.ratio_interval == pytest.approx((ratio * math.exp(-half), ratio * math.exp(half)))
    assert pair.difference_interval is not None
    assert pair.ratio_interval is not None
    assert pair.p_value is not None
    assert (pair.difference_interval.low > 0) == (pair.ratio_interval.low > 1) == (pair.p_value < 0.05)
    assert [(group.animals, group.dendrites, group.spines) for group in test.groups] == [(3, 6, 120), (4, 8, 260)]


def test_an_animal_that_was_traced_much_does_not_outweigh_the_others() -> None:
    densities = [0.5, 1.0, 1.5]
    counts = [
        SpineCount(condition=condition, animal=f"{condition} {number}", spines=round(density * um), length_um=um)
        for condition, lengths in {"control": (100, 100, 10000), "treated": (100, 100, 100)}.items()
        for number, (density, um) in enumerate(zip(densities, lengths, strict=True))
    ]

    test = compare_density("density", counts, CONDITIONS)

    # Pooled, the control's density would be 1.49.
    assert [group.mean for group in test.groups] == pytest.approx([1.0, 1.0])


def test_a_condition_without_a_spine_has_no_ratio_and_its_permutation_stands() -> None:
    test, pair = _density({"control": [30, 50, 40, 44, 61], "treated": [0, 0, 0, 0, 0]})

    assert {pair.p_value, pair.p_holm, pair.ratio_interval, pair.difference_interval} == {None}
    assert "not one was found in treated" in pair.no_p_because
    assert pair.permutation_p == pair.permutation_p_holm == pytest.approx(2 / 252)
    assert pair.difference == pytest.approx(-45 / 40)
    assert test.groups[1].mean == 0


def test_two_conditions_without_a_spine_have_nothing_to_compare() -> None:
    _, pair = _density({"control": [0, 0, 0], "treated": [0, 0, 0]})

    assert has_no_inference(pair)
    assert "all have the same value" in pair.no_p_because


def test_a_dendrite_without_a_length_counts_in_no_density() -> None:
    counts = counted({"control": [30, 50, 40], "treated": [55, 75, 50]})
    more = [*counts, SpineCount(condition="control", animal="control 0", spines=9, length_um=0)]

    test = compare_density("density", more, CONDITIONS)

    assert test.pairs == compare_density("density", counts, CONDITIONS).pairs
    assert any("1 observation was left out" in note for note in test.notes)
