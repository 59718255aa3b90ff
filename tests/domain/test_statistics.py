"""Conditions compared: Student's and Welch's t of animals, pairs that others leave alone, published mixed models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from django.core.management import call_command
from scipy.stats import ttest_ind, ttest_rel

from spines.statistics.compare import compare, compare_all, compare_density
from spines.statistics.design import Design, Factor, plain_design
from spines.statistics.simulation import ANIMAL_T, DENSITY, PERMUTATION, SPINE_T, WALD_Z, WELCH, false_positives
from spines.statistics.textbook import textbook_estimates
from spines.statistics.types import ModelKind, Observation, SpineCount
from tests.domain.made_measures import nested_observations

CONDITIONS = ("control", "treated")


def _means(rows: Sequence[Observation], condition: str) -> list[float]:
    """Animals' means over their spines, by hand."""
    of_condition = [row for row in rows if row.condition == condition]
    return [
        float(np.average([r.value for r in chosen], weights=[r.weight for r in chosen]))
        for animal in dict.fromkeys(row.animal for row in of_condition)
        if (chosen := [row for row in of_condition if row.animal == animal])
    ]


def test_published_mixed_models_are_reproduced_to_three_digits() -> None:
    estimates = {(estimate.example, estimate.figure): estimate for estimate in textbook_estimates()}

    assert len(estimates) == 9
    published = {key: estimate.published for key, estimate in estimates.items()}
    assert {key: estimate.fitted for key, estimate in estimates.items()} == pytest.approx(published, rel=5e-4)


def test_two_conditions_are_compared_by_welchs_t_of_animals() -> None:
    rows = nested_observations(
        {"control": 4, "treated": 6}, effect_um=0.1, cells=(1, 2, 4), dendrites=(1, 2, 3), weights=(3, 20, 60)
    )

    (pair,) = compare("head width", rows, CONDITIONS).pairs

    control, treated = _means(rows, "control"), _means(rows, "treated")
    expected = ttest_ind(treated, control, equal_var=False)
    assert pair.kind is ModelKind.ANIMALS
    assert pair.animals == (4, 6)
    assert pair.difference == pytest.approx(np.mean(treated) - np.mean(control))
    assert (pair.t, pair.df, pair.p_value) == pytest.approx((expected.statistic, expected.df, expected.pvalue))
    assert pair.difference_interval == pytest.approx(tuple(expected.confidence_interval()))


def test_conditions_of_the_same_animals_are_compared_within_them() -> None:
    rows = [
        replace(row, animal=row.animal.split()[1])
        for row in nested_observations({"control": 6, "treated": 6}, effect_um=0.02, seed=3)
    ]
    # What animals have in common: far more than what the conditions do.
    rows = [replace(row, value=row.value + 0.5 * int(row.animal)) for row in rows]

    (pair,) = compare("head width", rows, CONDITIONS, design=plain_design(CONDITIONS, within_animals=True)).pairs

    control, treated = _means(rows, "control"), _means(rows, "treated")
    expected = ttest_rel(treated, control)
    assert (pair.kind, pair.is_paired, pair.animals) == (ModelKind.DIFFERENCES, True, (6,))
    assert (pair.t, pair.df, pair.p_value) == pytest.approx((expected.statistic, 5, expected.pvalue))
    assert pair.difference_interval == pytest.approx(tuple(expected.confidence_interval()))
    assert pair.permutation_least_p == 2 / 2**6
    unpaired = compare("head width", rows, CONDITIONS).pairs[0]
    assert unpaired.p_value is not None
    assert unpaired.p_value > (pair.p_value or 1)


def test_an_animal_without_one_of_its_conditions_enters_no_pair_and_is_named() -> None:
    rows = [replace(row, animal=row.animal.split()[1]) for row in nested_observations({"control": 6, "treated": 5})]

    test = compare("head width", rows, CONDITIONS, design=plain_design(CONDITIONS, within_animals=True))

    assert test.pairs[0].animals == (5,)
    assert [group.animals for group in test.groups] == [6, 5]
    assert any("left out for having one of the two alone: 5." in note for note in test.notes)


def test_a_two_by_two_is_compared_one_factor_at_a_time() -> None:
    names = ("WT before", "WT after", "KO before", "KO after")
    design = Design(
        factors=(
            Factor(name="genotype", levels=("WT", "KO")),
            Factor(name="session", levels=("before", "after"), within_animals=True),
        ),
        conditions={name: (name.split()[0], name.split()[1]) for name in names},
    )
    rows = [
        replace(row, animal=f"{row.condition.split()[0]} {row.animal.split()[-1]}")
        for row in nested_observations(dict.fromkeys(names, 4))
    ]

    pairs = {(pair.first, pair.second): pair for pair in compare("head width", rows, names, design=design).pairs}

    assert list(pairs) == [
        ("WT before", "KO before"),
        ("WT after", "KO after"),
        ("WT before", "WT after"),
        ("KO before", "KO after"),
    ]
    assert [pair.is_paired for pair in pairs.values()] == [False, False, True, True]
    expected = ttest_rel(_means(rows, "KO after"), _means(rows, "KO before"))
    assert pairs["KO before", "KO after"].p_value == pytest.approx(expected.pvalue)


def test_other_conditions_do_not_change_what_two_say_of_each_other() -> None:
    rows = nested_observations({"control": 5, "treated": 5}, effect_um=0.1)
    wild = [replace(row, condition="third", value=30 * row.value) for row in nested_observations({"third": 8}, seed=9)]
    counts = [
        SpineCount(condition=row.condition, animal=row.animal, spines=round(60 * row.value), length_um=40)
        for row in [*rows, *wild]
    ]

    alone = compare("head width", rows, CONDITIONS).pairs[0]
    beside = compare("head width", rows + wild, (*CONDITIONS, "third")).pairs[0]
    density_alone = compare_density("density", counts, CONDITIONS).pairs[0]
    density_beside = compare_density("density", counts, (*CONDITIONS, "third")).pairs[0]

    for one, other in ((alone, beside), (density_alone, density_beside)):
        assert other.p_value == one.p_value
        assert other.difference_interval == one.difference_interval
        assert other.ratio_interval == one.ratio_interval
        assert other.hedges_g == one.hedges_g
        assert other.permutation_p == one.permutation_p


def test_neither_unit_nor_order_of_the_rows_matters() -> None:
    rows = nested_observations({"control": 4, "treated": 5}, cells=(2, 3), dendrites=(1, 3), weights=(5, 40))
    in_nm = [replace(row, value=1000 * row.value) for row in reversed(rows)]

    (pair,), (again,) = compare("µm", rows, CONDITIONS).pairs, compare("nm", in_nm, CONDITIONS).pairs

    assert pair.difference is not None
    assert again.p_value == pytest.approx(pair.p_value, rel=1e-5)
    assert again.difference == pytest.approx(1000 * pair.difference, rel=1e-5)
    assert again.ratio_interval == pytest.approx(pair.ratio_interval, rel=1e-5)
    assert again.permutation_p == pair.permutation_p


def test_a_real_difference_is_found_and_lies_in_its_interval() -> None:
    rows = nested_observations({"control": 8, "treated": 8}, effect_um=0.3, seed=4)

    (pair,) = compare("head width", rows, CONDITIONS).pairs

    assert pair.p_value is not None
    assert pair.p_value < 0.001
    assert pair.permutation_p is not None
    assert pair.permutation_p < 0.001
    assert pair.difference_interval is not None
    assert pair.difference_interval.low < 0.3 < pair.difference_interval.high


def test_of_more_than_four_conditions_each_is_compared_with_the_first() -> None:
    conditions = ("vehicle", "a", "b", "c", "d")
    rows = nested_observations(dict.fromkeys(conditions, 3), cells=(2,))

    test = compare("head width", rows, conditions)

    assert [(pair.first, pair.second) for pair in test.pairs] == [("vehicle", name) for name in conditions[1:]]
    assert any("compared with vehicle alone" in note for note in test.notes)


def test_null_experiments_seldom_differ_by_animals_and_often_by_spines() -> None:
    rates = {test: found.rate for test, found in false_positives(experiments=60, seed=7).rates.items()}

    # Of 60 at 5 %, more than 8 come up once in 1,000 such runs; the seed is fixed.
    assert max(rates[test] for test in (WELCH, DENSITY, PERMUTATION, ANIMAL_T)) <= 8 / 60
    assert rates[SPINE_T] >= 0.5
    assert rates[WALD_Z] >= rates[WELCH]


def test_the_command_prints_both_tables() -> None:
    out, again = StringIO(), StringIO()

    call_command("false_positives", experiments=3, stdout=out)
    call_command("false_positives", experiments=3, stdout=again)
    call_command("false_positives", experiments=1, unequal=True, stdout=(unequal := StringIO()))

    lines = out.getvalue().splitlines()
    assert again.getvalue() == out.getvalue()
    assert sum(line.startswith("| ") for line in lines) == 1 + 10 + 1 + 9
    assert any(line.startswith("| t-test over spines |") for line in lines)
    assert "of 3–8 animals with 1–6 cells" in unequal.getvalue()
    assert "| Pastes | cask in batch SD | 2.904 | 2.9041 |" in lines


def test_the_table_is_the_same_each_time() -> None:
    rows = {"head width": nested_observations({"control": 9, "treated": 10}, cells=(1, 2))}

    assert compare_all(rows, CONDITIONS) == compare_all(rows, CONDITIONS)
