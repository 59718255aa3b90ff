"""Few animals, nothing that varies, effect sizes, permutations, Holm, and densities from counts."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.stats import nct, permutation_test, ttest_ind
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from spines.statistics.compare import Plan, compare, compare_all, compare_density
from spines.statistics.contrasts import fieller
from spines.statistics.small_samples import hedges_g, permute_animals, permute_differences
from spines.statistics.types import MeasureTest, ModelKind, Observation, PairTest, SpineCount
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
    assert "each condition all have the same value" in test.pairs[0].no_p_because
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
    assert (test.pairs[0].is_paired, test.pairs[0].animals) == (False, (4, 4))
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


@pytest.mark.slow
def test_holm_goes_over_a_family_and_the_primary_measure_stands_by_itself() -> None:
    conditions = ("control", "treated", "pilot")
    animals = [{"control": 4, "treated": 4, "pilot": 2 + seed} for seed in range(3)]
    measures = {f"measure {seed}": nested_observations(animals[seed], seed=seed) for seed in range(3)}
    counts = {name: _counts({"control": [30, 40, 35], "treated": [60, 66, 52]}) for name in ("density", "variant")}

    table = compare_all(
        measures,
        conditions,
        counts=counts,
        plan=Plan(primary="measure 0", families={"measure 2": "shares"}, variants=["variant"]),
    )

    by_name = {test.measure: test for test in table}
    assert [test.measure for test in table] == ["density", "variant", "measure 0", "measure 1", "measure 2"]
    assert [test.family for test in table] == ["density", "", "primary", "sizes", "shares"]
    assert [test.is_primary for test in table] == [False, False, True, False, False]
    (primary,) = (pair for pair in by_name["measure 0"].pairs if pair.p_value is not None)
    assert (primary.p_holm, primary.hypotheses) == (primary.p_value, 1)
    assert primary.corrected_level == pytest.approx(0.95)
    assert primary.difference_interval_corrected == pytest.approx(primary.difference_interval)
    variant = by_name["variant"].pairs[0]
    assert variant.p_value == by_name["density"].pairs[0].p_value
    assert (variant.p_holm, variant.permutation_p_holm, variant.hypotheses) == (None, None, None)
    for name in ("measure 1", "measure 2"):
        tested = [pair for pair in by_name[name].pairs if pair.p_value is not None]
        assert len(tested) == 3
        p_values, permutations = [pair.p_value for pair in tested], [pair.permutation_p for pair in tested]
        assert [pair.p_holm for pair in tested] == pytest.approx(multipletests(p_values, method="holm")[1])
        expected = multipletests(permutations, method="holm")[1]
        assert [pair.permutation_p_holm for pair in tested] == pytest.approx(expected)


@pytest.mark.parametrize("effect_um", [0.05, 0.1, 0.15, 0.2, 0.3])
def test_a_corrected_p_and_its_interval_never_contradict(effect_um: float) -> None:
    table = compare_all(
        {
            f"measure {n}": nested_observations({"control": 6, "treated": 6}, seed=n, effect_um=effect_um)
            for n in range(9)
        },
        CONDITIONS,
    )

    for test in table:
        (pair,) = test.pairs
        assert pair.p_holm is not None
        assert pair.difference_interval_corrected is not None
        assert pair.ratio_interval_corrected is not None
        low, high = pair.difference_interval_corrected
        assert (low <= 0 <= high) == (pair.p_holm >= 0.05)
        assert (pair.ratio_interval_corrected.low <= 1 <= pair.ratio_interval_corrected.high) == (pair.p_holm >= 0.05)


def test_the_note_on_the_least_p_is_of_the_corrected_one() -> None:
    animals = {"control": [1.0, 2, 3, 4, 5], "treated": [6.0, 7, 8, 9, 10]}

    one = compare("length", _animals(animals), CONDITIONS)
    table = compare_all({f"measure {n}": _animals(animals) for n in range(13)}, CONDITIONS)

    assert one.pairs[0].permutation_p_holm == pytest.approx(2 / 252)
    assert not any("cannot give less" in note for note in one.notes)
    assert table[0].pairs[0].permutation_p_holm == pytest.approx(26 / 252)
    assert table[0].notes == (
        (
            "With so few animals the permutation test of control and treated cannot give less than p = 0.008, and "
            "corrected for 13 hypotheses not less than p = 0.10."
        ),
    )


def test_the_interval_of_a_ratio_is_where_the_difference_to_it_is_borderline() -> None:
    quantile = 2.3
    interval = fieller(2.0, 3.0, errors=(0.3, 0.4), covariance=0.05, quantile=quantile)

    assert interval is not None
    assert interval.low < 1.5 < interval.high
    for ratio in interval:
        assert abs(3.0 - ratio * 2.0) / math.sqrt(0.16 - 0.1 * ratio + 0.09 * ratio**2) == pytest.approx(quantile)
    assert fieller(2.0, 3.0, errors=(1.0, 0.4), quantile=quantile) is None
    assert fieller(-2.0, 3.0, errors=(0.3, 0.4), quantile=quantile) is None


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

    assert _has_no_inference(pair)
    assert "all have the same value" in pair.no_p_because


def test_a_dendrite_without_a_length_counts_in_no_density() -> None:
    counts = _counts({"control": [30, 50, 40], "treated": [55, 75, 50]})
    more = [*counts, SpineCount(condition="control", animal="control 0", spines=9, length_um=0)]

    test = compare_density("density", more, CONDITIONS)

    assert test.pairs == compare_density("density", counts, CONDITIONS).pairs
    assert any("1 observation was left out" in note for note in test.notes)


def test_ratios_are_compared_by_logarithms_whatever_is_above_and_below() -> None:
    animals = {"control": [0.5, 1.0, 2.0, 1.5], "treated": [3.0, 20.0, 4.0, 5.0]}
    over = {condition: [1 / value for value in values] for condition, values in animals.items()}

    (pair,) = compare_all({}, CONDITIONS, ratios={"index": _animals(animals)})[0].pairs
    (other,) = compare_all({}, CONDITIONS, ratios={"index": _animals(over)})[0].pairs

    logs = {condition: np.log(values) for condition, values in animals.items()}
    expected = ttest_ind(logs["treated"], logs["control"], equal_var=False)
    assert pair.p_value == pytest.approx(expected.pvalue)
    assert pair.ratio == pytest.approx(math.exp(logs["treated"].mean() - logs["control"].mean()))
    assert pair.ratio_interval == pytest.approx(tuple(np.exp(expected.confidence_interval())))
    assert pair.kind is ModelKind.LOGS
    assert other.p_value == pytest.approx(pair.p_value)
    assert pair.ratio is not None
    assert other.ratio == pytest.approx(1 / pair.ratio)


def test_permutations_deal_animals_out_by_welchs_t() -> None:
    random = np.random.default_rng(3)
    first, second = random.normal(0, 3, 4), random.normal(1, 1, 6)

    def welch(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(ttest_ind(one, other, equal_var=False, axis=axis).statistic)

    expected = permutation_test((first, second), welch, permutation_type="independent", vectorized=True)
    found = permute_animals(first.tolist(), second.tolist())

    assert found.is_exact
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.least_p == pytest.approx(2 / math.comb(10, 4))


def test_permutations_within_animals_turn_signs() -> None:
    differences = [0.3, -0.1, 0.5, 0.2, 0.4]

    found = permute_differences(differences)

    signs = np.array(list(product([1, -1], repeat=5)))
    sums = signs @ np.array(differences)
    assert found.p_value == pytest.approx(2 * np.mean(sums >= sum(differences) - 1e-12))
    assert permute_differences([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).p_value == pytest.approx(2 / 64)
    many = permute_differences(np.arange(1.0, 21.0).tolist())
    assert not many.is_exact
    assert many.p_value == pytest.approx(2 / 20001)
