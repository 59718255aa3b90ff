"""Conditions, levels and animals that a design or its data lack: a defined answer each."""

from __future__ import annotations

import pytest

from spines.statistics.compare import Plan, compare, compare_all
from spines.statistics.design import AnimalFacts, Covariate, Design, Factor, Spread, plain_design
from spines.statistics.designed import analyse, analyse_counts
from spines.statistics.types import Observation, SpineCount


def _animals(values: dict[str, list[float]]) -> list[Observation]:
    return [
        Observation(condition=condition, animal=f"{condition} {number}", value=value)
        for condition, of_condition in values.items()
        for number, value in enumerate(of_condition)
    ]


VALUES = {"WT": [1.0, 1.2, 1.1, 1.3], "KO": [1.4, 1.5, 1.7, 1.4], "pilot": [2.0, 2.1, 2.4]}


def test_a_condition_that_the_design_leaves_out_is_shown_and_compared_with_nothing() -> None:
    found = compare("head width", _animals(VALUES), ("pilot", "WT", "KO"), design=plain_design(("WT", "KO")))
    alone = compare("head width", _animals(VALUES), ("WT", "KO"), design=plain_design(("WT", "KO")))

    assert [group.condition for group in found.groups] == ["pilot", "WT", "KO"]
    assert found.pairs == alone.pairs
    assert found.notes == ("pilot stands for nothing in the stated design and is compared with nothing.",)


def test_so_are_conditions_beside_a_design_of_many_levels() -> None:
    doses = [f"{dose} mg" for dose in range(6)]
    values = {dose: [1.0, 1.2, 1.1] for dose in doses} | {"pilot": [2.0, 2.1, 2.4], "lost": [2.0]}

    found = compare("head width", _animals(values), ["pilot", *doses, "lost"], design=plain_design(doses))

    assert [(pair.first, pair.second) for pair in found.pairs] == [("0 mg", dose) for dose in doses[1:]]
    assert found.notes[0] == "pilot and lost stand for nothing in the stated design and are compared with nothing."


@pytest.mark.parametrize("conditions", [("pilot", "lost"), ("pilot", "WT"), ()])
def test_fewer_than_two_conditions_of_the_design_have_nothing_to_be_compared(conditions: tuple[str, ...]) -> None:
    tests = compare_all(
        {"head width": _animals(VALUES)},
        conditions,
        counts={"density": [SpineCount(condition="pilot", animal="a", spines=3, length_um=4)]},
        plan=Plan(design=plain_design(("WT", "KO"))),
    )

    assert [test.pairs for test in tests] == [(), ()]
    assert all("nothing to compare it with" in test.notes[-1] for test in tests)


COVARIATE_IS_THE_GENOTYPE = {
    name: AnimalFacts(name=name, covariates={"age": 10.0 if name.startswith("WT") else 20.0})
    for name in (row.animal for row in _animals(VALUES))
}


@pytest.mark.parametrize("spread", list(Spread))
def test_a_covariate_that_goes_along_with_the_conditions_cannot_be_told_apart_from_them(spread: Spread) -> None:
    design = Design(
        factors=(Factor(name="genotype", levels=("WT", "KO")),),
        conditions={"WT": ("WT",), "KO": ("KO",)},
        covariates=(Covariate(name="age", unit="weeks"),),
        spread=spread,
    )

    (effect,) = analyse("head width", _animals(VALUES), design, facts=COVARIATE_IS_THE_GENOTYPE).effects

    assert effect.p_value is None
    assert "go along with the conditions and cannot be told apart from them" in effect.no_p_because


def test_counts_with_such_a_covariate_have_no_model_and_say_so() -> None:
    counts = [
        SpineCount(condition=row.condition, animal=row.animal, spines=int(row.value * 50), length_um=50)
        for row in _animals(VALUES)
    ]
    design = Design(
        factors=(Factor(name="genotype", levels=("WT", "KO")),),
        conditions={"WT": ("WT",), "KO": ("KO",)},
        covariates=(Covariate(name="age", unit="weeks"),),
        spread=Spread.COMMON,
    )

    found = analyse_counts("density", counts, design, facts=COVARIATE_IS_THE_GENOTYPE)

    assert found.model is None
    assert "cannot be told apart" in found.notes[-1]
    assert "cannot be told apart" in found.effects[0].no_p_because


def test_two_animals_of_two_sessions_leave_a_standard_error_that_is_a_number() -> None:
    # Kenward and Roger's correction comes out below the variance that it corrects here.
    rows = [
        Observation(condition=condition, animal=animal, cell=cell, value=value)
        for condition, animal, cell, value in (
            ("before", "a", "1", 2.0),
            ("before", "a", "2", 2.6),
            ("after", "a", "1", 2.2),
            ("before", "b", "1", 1.7),
            ("after", "b", "1", 2.4),
        )
    ]
    factor = Factor(name="session", levels=("before", "after"), within_animals=True)
    design = Design(factors=(factor,), conditions={"before": ("before",), "after": ("after",)}, spread=Spread.COMMON)

    (effect,) = analyse("head width", rows, design).effects

    assert effect.no_p_because == "No p-value: fewer than 3 animals with every level."


@pytest.mark.parametrize("spread", list(Spread))
def test_what_rounding_leaves_of_values_that_are_alike_is_no_difference(spread: Spread) -> None:
    # Means of many spines of the same length: 1.5 up to the last digit.
    noise = {"before": (0, 1, -1, 0, 2), "after": (1, 0, 0, -1, 1)}
    rows = [
        Observation(condition=condition, animal=f"mouse {at}", value=1.5 + 2.2e-16 * steps)
        for condition, of_condition in noise.items()
        for at, steps in enumerate(of_condition)
    ]
    factor = Factor(name="session", levels=("before", "after"), within_animals=True)
    design = Design(factors=(factor,), conditions={"before": ("before",), "after": ("after",)}, spread=spread)

    (pair,) = compare("length", rows, ("before", "after"), design=design).pairs
    (effect,) = analyse("length", rows, design).effects

    assert (pair.p_value, pair.permutation_p, effect.p_value) == (None, None, None)
    assert "nothing to hold" in pair.no_p_because
    assert "nothing to hold" in effect.no_p_because
