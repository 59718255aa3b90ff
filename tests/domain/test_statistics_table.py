"""Few animals, nothing that varies, effect sizes, permutations, Holm, and densities from counts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import nct
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from spines.statistics.compare import compare, compare_all, compare_density
from spines.statistics.contrasts import fieller
from spines.statistics.small_samples import hedges_g, permute_animals
from spines.statistics.types import Interval, MeasureTest, ModelKind, Observation, PairTest, SpineCount
from tests.domain.made_measures import nested_observations

CONDITIONS = ("control", "treated")


def _animals(values: dict[str, list[float]]) -> list[Observation]:
    """One observation an animal."""
    return [
        Observation(condition=condition, animal=f"{condition} {number}", value=value)
        for condition, of_condition in values.items()
        for number, value in enumerate(of_condition)
    ]


def _has_no_inference(pair: PairTest) -> bool:
    inferred = (pair.p_value, pair.p_holm, pair.t, pair.df, pair.hedges_g, pair.permutation_p, pair.permutation_p_holm)
    return {*inferred, pair.difference_interval, pair.ratio_interval, pair.hedges_g_interval} == {None}


def test_under_three_animals_there_is_no_p_value_and_a_sentence_says_why() -> None:
    rows = nested_observations({"control": 2, "treated": 6}, cells=(8,), dendrites=(5,))

    test = compare("head width", rows, CONDITIONS)

    (pair,) = test.pairs
    assert _has_no_inference(pair)
    assert "2 animals of control" in pair.no_p_because
    assert "however many spines" in pair.no_p_because
    assert [(group.animals, group.cells, group.dendrites, group.spines) for group in test.groups] == [
        (2, 16, 80, 1600),
        (6, 48, 240, 4800),
    ]
    control, treated = test.groups
    assert control.mean is not None
    assert treated.mean is not None
    assert pair.difference == pytest.approx(treated.mean - control.mean)
    assert test.model is None


def test_a_small_group_neither_gets_a_p_value_nor_changes_those_of_others() -> None:
    rows = nested_observations({"control": 4, "treated": 4, "pilot": 2})
    without = [row for row in rows if row.condition != "pilot"]

    test = compare("head width", rows, (*CONDITIONS, "pilot"))

    assert [pair.p_value is None for pair in test.pairs] == [False, True, True]
    assert test.pairs[0].p_value == pytest.approx(compare("head width", without, CONDITIONS).pairs[0].p_value)


@pytest.mark.parametrize("conditions", [("control",), ()])
def test_a_single_condition_is_described_and_compared_with_nothing(conditions: tuple[str, ...]) -> None:
    test = compare("head width", nested_observations({"control": 4}), conditions)

    assert [group.animals for group in test.groups] == [4] * len(conditions)
    assert test.pairs == ()
    assert any("nothing to compare" in note for note in test.notes)


def test_a_condition_without_animals_stands_in_the_table() -> None:
    test = compare("head width", nested_observations({"control": 4}), CONDITIONS)

    assert (test.groups[1].animals, test.groups[1].mean, test.groups[1].sd) == (0, None, None)
    assert _has_no_inference(test.pairs[0])
    assert test.pairs[0].difference is None
    assert "no animal of treated" in test.pairs[0].no_p_because


@pytest.mark.parametrize("second", [0.5, 0.7])
def test_where_nothing_varies_there_is_no_p_value(second: float) -> None:
    test = compare("head width", _animals({"control": [0.5] * 4, "treated": [second] * 4}), CONDITIONS)

    assert _has_no_inference(test.pairs[0])
    assert "all have the same value" in test.pairs[0].no_p_because
    assert test.pairs[0].difference == pytest.approx(second - 0.5)


def test_what_has_no_number_no_weight_or_no_animal_is_left_out_and_said_so() -> None:
    rows = nested_observations({"control": 4, "treated": 4})
    spoilt = [
        *rows,
        replace(rows[0], value=math.nan),
        replace(rows[0], value=math.inf),
        replace(rows[0], weight=0),
        replace(rows[0], animal=""),
        replace(rows[0], condition="somewhere else"),
    ]

    clean, test = compare("head width", rows, CONDITIONS), compare("head width", spoilt, CONDITIONS)

    assert test.pairs == clean.pairs
    assert test.groups == clean.groups
    assert [note for note in test.notes if "left out" in note] == [
        "1 observation was left out because no animal is named: name it to have them count.",
        "3 observations were left out because there was no number.",
    ]


def test_an_animal_of_two_conditions_is_taken_for_two_and_said_so() -> None:
    rows = [replace(row, animal=row.animal.split()[1]) for row in nested_observations({"control": 4, "treated": 4})]

    test = compare("head width", rows, CONDITIONS)

    assert [group.animals for group in test.groups] == [4, 4]
    assert test.pairs[0].df == 6
    assert any("(0, 1, 2, 3)" in note for note in test.notes)


def test_an_animals_mean_is_over_its_spines() -> None:
    rows = [
        Observation(condition="control", animal="a", cell="1", value=1.0, weight=30, spines=30),
        Observation(condition="control", animal="a", cell="1", value=2.0, weight=10, spines=10),
        Observation(condition="control", animal="b", cell="1", value=2.0, weight=1, spines=1),
    ]

    (group,) = compare("length", rows, ("control",)).groups

    assert group.animal_means == {"a": 1.25, "b": 2.0}
    assert group.mean == pytest.approx(1.625)
    assert group.sd == pytest.approx(np.std([1.25, 2.0], ddof=1))
    assert (group.cells, group.dendrites, group.spines) == (2, 3, 41)


def test_every_arrangement_of_few_animals_is_tried() -> None:
    three = permute_animals([1, 2, 3], [4, 5, 6])
    four = permute_animals([1, 2, 3, 4], [5, 6, 7, 8])

    assert three.is_exact
    assert [three.p_value, three.least_p] == pytest.approx([2 / 20, 2 / 20])
    assert four.p_value == pytest.approx(2 / 70)
    assert permute_animals([1, 4], [2, 3]).p_value == pytest.approx(1)


def test_many_animals_are_dealt_out_at_random_alike_each_time() -> None:
    first, second = np.arange(10.0), np.arange(10.0) + 3

    found = permute_animals(first.tolist(), second.tolist())

    assert not found.is_exact
    assert found == permute_animals(first.tolist(), second.tolist())
    assert found.p_value == pytest.approx(0.042, abs=0.01)
    apart = permute_animals(first.tolist(), (first + 1000).tolist())
    assert apart.least_p <= apart.p_value <= 3 * apart.least_p


def test_three_against_three_says_that_permutation_cannot_reach_five_percent() -> None:
    test = compare("head width", _animals({"control": [1, 2, 3], "treated": [14, 15, 16]}), CONDITIONS)

    assert test.pairs[0].permutation_p == pytest.approx(0.1)
    assert test.pairs[0].permutation_least_p == pytest.approx(0.1)
    assert any("cannot give less than p = 0.1" in note for note in test.notes)


def test_hedges_g_is_cohens_d_less_its_bias_and_its_interval_inverts_noncentral_t() -> None:
    first, second = [1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 7.0, 6.0]

    found = hedges_g(first, second)

    assert found is not None
    g, (low, high) = found
    pooled = math.sqrt((3 * np.var(first, ddof=1) + 4 * np.var(second, ddof=1)) / 7)
    d = (5.0 - 2.5) / pooled
    assert g == pytest.approx(d * (1 - 3 / (4 * 7 - 1)), rel=2e-3)  # Hedges' approximation of J
    root = math.sqrt(4 * 5 / 9)
    correction = g / d
    assert nct.cdf(d * root, 7, low / correction * root) == pytest.approx(0.975, abs=1e-4)
    assert nct.cdf(d * root, 7, high / correction * root) == pytest.approx(0.025, abs=1e-4)
    assert hedges_g([1.0], second) is None
    assert hedges_g([1.0, 1.0], [2.0, 2.0]) is None


def test_holm_goes_over_the_whole_table() -> None:
    conditions = ("control", "treated", "pilot")
    table = compare_all(
        {
            f"measure {seed}": nested_observations({"control": 4, "treated": 4, "pilot": 2 + seed}, seed=seed)
            for seed in range(3)
        },
        conditions,
        counts={"density": _counts({"control": [30, 40, 35], "treated": [60, 66, 52]})},
    )

    pairs = [pair for test in table for pair in test.pairs]
    tested = [pair for pair in pairs if pair.p_value is not None]
    assert [test.measure for test in table] == ["density", "measure 0", "measure 1", "measure 2"]
    assert len(tested) == 1 + 1 + 3 + 3
    p_values, permutations = [pair.p_value for pair in tested], [pair.permutation_p for pair in tested]
    assert [pair.p_holm for pair in tested] == pytest.approx(multipletests(p_values, method="holm")[1])
    assert [pair.permutation_p_holm for pair in tested] == pytest.approx(multipletests(permutations, method="holm")[1])
    assert {pair.p_holm for pair in pairs if pair.p_value is None} == {None}


def test_the_interval_of_a_ratio_is_where_the_difference_to_it_is_borderline() -> None:
    quantile = 2.3
    interval = fieller(2.0, 0.3, 3.0, 0.4, quantile)

    assert interval is not None
    assert interval.low < 1.5 < interval.high
    for ratio in interval:
        assert abs(3.0 - ratio * 2.0) / math.hypot(0.4, ratio * 0.3) == pytest.approx(quantile)
    assert fieller(2.0, 1.0, 3.0, 0.4, quantile) is None
    assert fieller(-2.0, 0.3, 3.0, 0.4, quantile) is None


def _counts(animals: dict[str, list[int]], *, length_um: float = 40) -> list[SpineCount]:
    """Each animal's spines, on two dendrites of which one is three times as long."""
    return [
        SpineCount(condition=condition, animal=f"{condition} {number}", spines=spines, length_um=um)
        for condition, of_condition in animals.items()
        for number, count in enumerate(of_condition)
        for spines, um in ((count // 4, length_um / 4), (count - count // 4, length_um * 3 / 4))
    ]


def _density(animals: dict[str, list[int]]) -> tuple[MeasureTest, PairTest]:
    test = compare_density("density", _counts(animals), CONDITIONS)
    return test, test.pairs[0]


def test_a_ratio_of_densities_carries_how_much_animals_differ() -> None:
    test, pair = _density({"control": [30, 50, 40], "treated": [55, 75, 50, 80]})

    # By hand: as much is traced of each animal, so a group's density is its spines over its length, and τ² makes up for
    # what Pearson's χ² about it exceeds the five degrees of freedom.
    counts, expected = np.array([30, 50, 40, 55, 75, 50, 80]), np.array([40] * 3 + [65] * 4)
    dispersion = brentq(lambda d: ((counts - expected) ** 2 / (expected + d * expected**2)).sum() - 5, 0, 1)
    log_error = math.sqrt((1 / 40 + dispersion) / 3 + (1 / 65 + dispersion) / 4)
    half = student.ppf(0.975, 5) * log_error
    ratio = 65 / 40
    assert dispersion > 0
    assert test.model is not None
    assert test.model.kind is ModelKind.NEGATIVE_BINOMIAL
    assert test.model.dispersion == pytest.approx(dispersion)
    assert test.model.means == pytest.approx({"control": 1.0, "treated": 65 / 40})
    assert pair.ratio == pytest.approx(ratio)
    assert pair.ratio_interval == pytest.approx(Interval(ratio * math.exp(-half), ratio * math.exp(half)))
    assert pair.p_value == pytest.approx(2 * student.sf(math.log(ratio) / log_error, 5))
    assert pair.difference == pytest.approx(25 / 40)
    assert [(group.animals, group.dendrites, group.spines) for group in test.groups] == [(3, 6, 120), (4, 8, 260)]


def test_an_animal_that_was_traced_much_does_not_outweigh_the_others() -> None:
    densities = [0.5, 1.0, 1.5]
    counts = [
        SpineCount(condition=condition, animal=f"{condition} {number}", spines=round(density * um), length_um=um)
        for condition, lengths in {"control": (100, 100, 10000), "treated": (100, 100, 100)}.items()
        for number, (density, um) in enumerate(zip(densities, lengths, strict=True))
    ]

    model = compare_density("density", counts, CONDITIONS).model

    assert model is not None
    # Pooled, the control's density would be 1.49.
    assert model.means == pytest.approx({"control": 1.0, "treated": 1.0}, abs=0.05)
    assert model.dispersion == pytest.approx(0.25, rel=0.1)


def test_counts_vary_by_no_less_than_poisson_counts_do() -> None:
    test, pair = _density({"control": [40, 40, 40], "treated": [60, 60, 60]})

    assert test.model is not None
    assert test.model.dispersion == 0
    assert pair.p_value == pytest.approx(2 * student.sf(math.log(1.5) / math.sqrt(1 / 120 + 1 / 180), 4))


def test_a_condition_without_a_spine_has_no_ratio() -> None:
    test, pair = _density({"control": [30, 50, 40], "treated": [0, 0, 0]})

    assert _has_no_inference(pair)
    assert "no spine was counted in treated" in pair.no_p_because
    assert pair.difference == pytest.approx(-1)
    assert test.groups[1].mean == 0


def test_a_dendrite_without_a_length_counts_in_no_density() -> None:
    counts = _counts({"control": [30, 50, 40], "treated": [55, 75, 50]})
    more = [*counts, SpineCount(condition="control", animal="control 0", spines=9, length_um=0)]

    test = compare_density("density", more, CONDITIONS)

    assert test.pairs == compare_density("density", counts, CONDITIONS).pairs
    assert any("1 observation was left out" in note for note in test.notes)
