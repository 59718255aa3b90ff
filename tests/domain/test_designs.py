"""A stated design: what contradicts is refused, what it can tell is told, and facts propose one."""

from __future__ import annotations

import doctest
from datetime import date
from itertools import product

import pytest

from spines.statistics import layout, proposal
from spines.statistics.design import (
    Covariate,
    Design,
    DesignError,
    Direction,
    Factor,
    Primary,
    plain_design,
)
from spines.statistics.layout import corrected_least_p, layout_of, least_p
from spines.statistics.proposal import AnimalInCondition, propose

GENOTYPE = Factor(name="genotype", levels=("KO", "WT"), control="WT")
SESSION = Factor(name="session", levels=("before", "after"), within_animals=True)
CELLS = {f"{genotype} {session}": (genotype, session) for genotype in ("KO", "WT") for session in ("before", "after")}


def _two_by_two() -> Design:
    return Design(
        factors=(GENOTYPE, SESSION),
        conditions=CELLS,
        covariates=(Covariate(name="age", unit="days"),),
        primary=Primary(measure="density", direction=Direction.LOWER, stated_on=date(2026, 11, 30)),
    )


def _stands(animals: int) -> list[tuple[str, str]]:
    return [
        (f"{genotype}{number}", f"{genotype} {session}")
        for genotype, session, number in product(("KO", "WT"), ("before", "after"), range(animals))
    ]


@pytest.mark.parametrize("module", [layout, proposal])
def test_examples_of_the_docstrings_hold(module: object) -> None:
    flags = doctest.ELLIPSIS
    assert doctest.testmod(module, optionflags=flags).failed == 0  # type: ignore[arg-type]


def test_a_crossed_design_knows_its_cells_groups_and_pairs() -> None:
    design = _two_by_two()

    assert design.is_crossed
    assert design.ordered == ("KO before", "KO after", "WT before", "WT after")
    assert (design.between, design.within) == ((GENOTYPE,), (SESSION,))
    assert design.group("KO after") == ("KO",)
    # Against the control of each factor, one factor at a time.
    assert design.pairs() == [
        ("WT before", "KO before"),
        ("WT after", "KO after"),
        ("KO before", "KO after"),
        ("WT before", "WT after"),
    ]


def test_a_design_with_a_cell_that_nobody_has_says_which() -> None:
    three = {name: levels for name, levels in CELLS.items() if name != "KO after"}
    design = Design(factors=(GENOTYPE, SESSION), conditions=three)

    found = layout_of(design, [stand for stand in _stands(4) if stand[1] != "KO after"])

    assert not design.is_crossed
    assert design.missing == (("KO", "after"),)
    assert any("No condition stands for KO · after" in sentence for sentence in found.sentences)
    assert [(pair.first, pair.second) for pair in found.pairs] == [
        ("WT before", "KO before"),
        ("WT before", "WT after"),
    ]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Factor(name="dose", levels=("0",)), "fewer than two levels"),
        (lambda: Factor(name="dose", levels=("0", "1", "0")), "the level 0 twice"),
        (lambda: Factor(name="dose", levels=("0", "1"), control="2"), "2 is no level of dose"),
        (lambda: Factor(name="dose", levels=("0", "1"), amounts=(1.0,)), "one number a level"),
        (lambda: Factor(name="dose", levels=("0", "1"), amounts=(1.0, 1.0)), "none of them twice"),
        (lambda: Design(factors=(), conditions={}), "no factor"),
        (lambda: Design(factors=(GENOTYPE, GENOTYPE), conditions={}), "genotype is stated twice"),
        (lambda: Design(factors=(GENOTYPE,), conditions={"a": ("KO", "x")}), "a needs one level of each of genotype"),
        (
            lambda: Design(factors=(GENOTYPE,), conditions={"a": ("het",)}),
            "a has genotype het: choose",
        ),
        (lambda: Design(factors=(GENOTYPE,), conditions={"a": ("KO",), "b": ("KO",)}), "a and b both stand for KO"),
    ],
)
def test_what_contradicts_is_refused_with_what_to_do(make: object, says: str) -> None:
    assert callable(make)
    with pytest.raises(DesignError, match=says):
        make()


def test_an_animal_of_two_genotypes_contradicts_the_design() -> None:
    with pytest.raises(DesignError, match=r"m1 stands in KO before and in WT .*, but genotype is stated to differ"):
        layout_of(_two_by_two(), [("m1", "KO before"), ("m1", "WT before")])


def test_pairs_within_animals_rest_on_those_that_have_both() -> None:
    stands = [stand for stand in _stands(5) if stand != ("KO0", "KO after")]

    found = layout_of(_two_by_two(), stands, hypotheses=3)

    assert found.animals == {"KO before": 5, "KO after": 4, "WT before": 5, "WT after": 5}
    between, paired = found.pairs[0], found.pairs[2]
    assert (between.is_paired, between.animals, between.df) == (False, (5, 5), 8)
    assert (paired.is_paired, paired.animals, paired.df, paired.left_out) == (True, (4,), 3, 1)
    assert paired.least_p == pytest.approx(2 / 16)
    text = " ".join(found.sentences)
    assert "Session is compared within animals" in text
    assert "interaction tested" in text
    assert "KO before and KO after can be tested: 4 animals in both" in text
    assert "it can never be below 0.05 and the model alone can" in text
    assert "1 animal of KO before and KO after stands in one of the two alone" in text


def test_the_least_p_is_that_of_the_permutations_after_correction() -> None:
    # Five against five: 252 ways. Thirteen hypotheses by Holm take the least of them above 5 %.
    assert least_p((5, 5), is_paired=False) == pytest.approx(2 / 252)
    assert corrected_least_p(2 / 252, 13) == pytest.approx(26 / 252)
    found = layout_of(plain_design(("a", "b")), [(f"{c}{n}", c) for c in "ab" for n in range(5)], hypotheses=13)
    assert "p = 0.008, p = 0.10 corrected for 13 hypotheses, so it can never be below 0.05" in found.sentences[-1]


def test_two_animals_cannot_be_tested() -> None:
    found = layout_of(plain_design(("a", "b")), [("1", "a"), ("2", "a"), ("3", "b"), ("4", "b"), ("5", "b")])

    assert not found.pairs[0].has_enough
    assert found.sentences[-1] == "a and b cannot be tested: 2 against 3 animals, and 3 are the least."


def test_facts_propose_a_paired_two_by_two() -> None:
    rows = [
        AnimalInCondition(
            animal=animal,
            condition=condition,
            factors={"genotype": condition.split()[0], "session": condition.split()[1]},
            facts={"age": f"{60 + 3 * int(animal[-1])} days", "sex": "FM"[int(animal[-1]) > 1], "strain": "B6"},
        )
        for animal, condition in _stands(3)
    ]

    found = propose(rows, tuple(CELLS))

    assert found is not None
    genotype, session = found.design.factors
    assert (genotype.levels, genotype.reference, genotype.within_animals) == (("KO", "WT"), "WT", False)
    assert (session.levels, session.reference, session.within_animals) == (("before", "after"), "before", True)
    age, sex = found.design.covariates
    assert (age.name, age.levels) == ("age", ())
    assert (sex.name, sex.levels) == ("sex", ("F", "M"))
    assert found.questions[1] == "6 animals have several of before and after, 6 both: compared within animals?"
    assert layout_of(found.design, [(row.animal, row.condition) for row in rows]).animals == dict.fromkeys(CELLS, 3)


def test_conditions_that_no_fact_tells_apart_are_one_factor() -> None:
    rows = [
        AnimalInCondition(animal=f"{dose}{n}", condition=dose, factors={"batch": "1"})
        for dose in ("vehicle", "1 mg", "3 mg")
        for n in range(3)
    ]

    found = propose(rows, ("vehicle", "1 mg", "3 mg", "nobody"))

    assert found is not None
    (factor,) = found.design.factors
    assert (factor.name, factor.levels, factor.reference) == ("condition", ("vehicle", "1 mg", "3 mg"), "vehicle")
    assert factor.amounts == ()
    assert propose(rows[:3], ("vehicle", "1 mg")) is None


def test_levels_that_are_numbers_propose_a_trend() -> None:
    rows = [
        AnimalInCondition(animal=str(n), condition=day, factors={"day": day})
        for day in ("P7", "P14", "P21")
        for n in (1, 2)
    ]

    found = propose(rows, ("P7", "P14", "P21"))

    assert found is not None
    assert found.design.factors[0].amounts == (7.0, 14.0, 21.0)
    assert found.design.factors[0].within_animals
