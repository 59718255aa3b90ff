"""Few animals, nothing that varies, what is left out, Holm over a family, and ratios by logarithms."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind
from statsmodels.stats.multitest import multipletests

from spines.statistics.compare import Plan, compare, compare_all
from spines.statistics.types import ModelKind, Observation
from tests.domain.made_measures import counted, has_no_inference, nested_observations

CONDITIONS = ("control", "treated")


def _animals(values: dict[str, list[float]]) -> list[Observation]:
    """One observation an animal."""
    return [
        Observation(condition=condition, animal=f"{condition} {number}", value=value)
        for condition, of_condition in values.items()
        for number, value in enumerate(of_condition)
    ]


def test_under_three_animals_there_is_no_p_value_and_a_sentence_says_why() -> None:
    rows = nested_observations({"control": 2, "treated": 6}, cells=(8,), dendrites=(5,))

    test = compare("head width", rows, CONDITIONS)

    (pair,) = test.pairs
    assert has_no_inference(pair)
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
    assert has_no_inference(test.pairs[0])
    assert test.pairs[0].difference is None
    assert "no animal of treated" in test.pairs[0].no_p_because


@pytest.mark.parametrize("second", [0.5, 0.7])
def test_where_nothing_varies_there_is_no_p_value(second: float) -> None:
    test = compare("head width", _animals({"control": [0.5] * 4, "treated": [second] * 4}), CONDITIONS)

    assert has_no_inference(test.pairs[0])
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


def test_three_against_three_says_that_permutation_cannot_reach_five_percent() -> None:
    test = compare("head width", _animals({"control": [1, 2, 3], "treated": [14, 15, 16]}), CONDITIONS)

    assert test.pairs[0].permutation_p == pytest.approx(0.1)
    assert test.pairs[0].permutation_least_p == pytest.approx(0.1)
    assert any("cannot give less than p = 0.1" in note for note in test.notes)


@pytest.mark.slow
def test_holm_goes_over_a_family_and_the_primary_measure_stands_by_itself() -> None:
    conditions = ("control", "treated", "pilot")
    animals = [{"control": 4, "treated": 4, "pilot": 2 + seed} for seed in range(3)]
    measures = {f"measure {seed}": nested_observations(animals[seed], seed=seed) for seed in range(3)}
    counts = {name: counted({"control": [30, 40, 35], "treated": [60, 66, 52]}) for name in ("density", "variant")}

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
