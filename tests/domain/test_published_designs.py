"""What R gives on published data, to three digits: split plots, crossed and nested effects, slopes of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from spines.statistics.design import AnimalFacts, Design, Factor, Spread, plain_design
from spines.statistics.designed import analyse
from spines.statistics.reml import fit_reml, members
from tests.domain import published_designs as published


def _agrees(found: tuple[float, float, float], value: float, error: float, p: float) -> None:
    """To three digits, p to a tenth of itself."""
    assert found[:2] == pytest.approx((value, error), rel=5e-4)
    assert found[2] == pytest.approx(p, rel=0.1)


def _within(names: Sequence[str], amounts: tuple[float, ...] = ()) -> Design:
    plain = plain_design(names, within_animals=True)
    return replace(plain, factors=(replace(plain.factors[0], amounts=amounts),), spread=Spread.COMMON)


def test_oats_by_kenward_and_roger() -> None:
    test = analyse("yield", published.oats(), _within([f"{n}" for n in published.NITROGEN]))

    # lmer(yield ~ factor(nitro) + (1 | Block / nitro)), pbkrtest: the component at zero keeps its degrees of freedom.
    _agrees(published.estimate_of(test, "condition: 0.2 − 0.0"), 19.5, 5.327, 0.0023)
    assert test.effect("condition: 0.2 − 0.0").df == pytest.approx(15)
    assert test.model is not None
    assert test.model.components["animal:condition"] == 0
    assert test.formula == "value ~ condition + (1 | animal) + (1 | animal:condition)"


def test_oats_as_a_split_plot() -> None:
    names = [f"{variety} {amount}" for variety in published.VARIETIES for amount in published.NITROGEN]
    design = Design(
        factors=(
            Factor(name="variety", levels=published.VARIETIES),
            Factor(
                name="nitro",
                levels=tuple(f"{n}" for n in published.NITROGEN),
                within_animals=True,
                amounts=published.NITROGEN,
            ),
        ),
        conditions={name: (name.split()[0], name.split()[1]) for name in names},
        has_litters=True,
        spread=Spread.COMMON,
    )
    rows = published.oats_by_variety()
    facts = {row.animal: AnimalFacts(name=row.animal, litter=row.animal.split()[0]) for row in rows}

    test = analyse("yield", rows, design, facts=facts)

    # Yates 1935: main plots 10 degrees of freedom, subplots 45; variances 214.5, 106.1 and 177.1 (lme4).
    _agrees(published.estimate_of(test, "nitro: 0.2 − 0.0"), 19.5, 4.436, 6.5e-5)
    _agrees(published.estimate_of(test, "variety: Marvellous − Victory"), 12.167, 7.079, 0.1165)
    assert test.effect("nitro: 0.2 − 0.0").df == pytest.approx(45)
    assert test.effect("variety: Marvellous − Victory").df == pytest.approx(10)
    assert test.model is not None
    assert [sd**2 for sd in test.model.components.values()] == pytest.approx([214.48, 106.06, 177.08], rel=5e-4)


def test_machines_as_nlme() -> None:
    test = analyse("score", published.machines(), _within("ABC"))

    # lme(score ~ Machine, random = ~ 1 | Worker / Machine): Pinheiro & Bates 2000.
    _agrees(published.estimate_of(test, "condition: B − A"), 7.9667, 2.1770, 0.0044)
    _agrees(published.estimate_of(test, "condition: C − A"), 13.9167, 2.1770, 7.9e-5)
    assert test.model is not None
    assert list(test.model.components.values()) == pytest.approx([4.7810, 3.7295, 0.96158], rel=5e-4)


def test_ergo_stool_as_nlme() -> None:
    test = analyse("effort", published.ergo_stool(), _within(("T1", "T2", "T3", "T4")))

    _agrees(published.estimate_of(test, "condition: T2 − T1"), 3.8889, 0.5187, 1e-7)
    _agrees(published.estimate_of(test, "condition: T3 − T1"), 2.2222, 0.5187, 2.56e-4)
    assert test.model is not None
    assert list(test.model.components.values()) == pytest.approx([1.332465, 1.100295], rel=5e-4)


@pytest.mark.slow
def test_orthodont_by_sex_as_nlme() -> None:
    names = [f"{sex} {age}" for sex in "MF" for age in (8, 10, 12, 14)]
    design = Design(
        factors=(
            Factor(name="sex", levels=("M", "F")),
            Factor(name="age", levels=("8", "10", "12", "14"), within_animals=True, amounts=(8, 10, 12, 14)),
        ),
        conditions={name: (name.split()[0], name.split()[1]) for name in names},
        spread=Spread.COMMON,
    )
    test = analyse("distance", published.orthodont(), design)

    # lme(distance ~ age + Sex, random = ~ 1 | Subject): −2.321, 0.7614, 25 degrees of freedom.
    _agrees(published.estimate_of(test, "sex: F − M"), -2.3210, 0.7614, 0.0054)
    assert test.effect("sex: F − M").df == pytest.approx(25)
    assert test.effect("trend over age: F − M").value == pytest.approx(-0.3048, rel=5e-4)
    # Age as a number instead of four levels, which the model itself can do: −0.3048, 0.1214, p = 0.0141.
    rows = published.orthodont()
    age, girl = (
        np.array([float(row.condition.split()[1]) for row in rows]),
        np.array([row.condition[0] == "F" for row in rows]),
    )
    x = np.column_stack([np.ones(len(rows)), age, girl, age * girl]).astype(float)
    fit = fit_reml(np.array([row.value for row in rows]), x, [members([row.animal for row in rows]), np.eye(len(rows))])
    assert fit is not None
    estimate = fit.estimate([0, 0, 0, 1])
    _agrees((estimate.value, estimate.error, estimate.p_value), -0.3048, 0.1214, 0.0141)


def test_several_effects_at_once_are_the_f_of_machines() -> None:
    rows = published.machines()
    x = np.array([[1, row.condition == "B", row.condition == "C"] for row in rows], float)
    groups = [members([row.animal for row in rows]), members([f"{row.animal} {row.condition}" for row in rows])]

    fit = fit_reml(np.array([row.value for row in rows]), x, [*groups, np.eye(len(rows))])

    assert fit is not None
    joint = fit.joint([[0, 1, 0], [0, 0, 1]])
    assert (joint.f, joint.df, joint.df_within) == pytest.approx((20.576, 2, 10), rel=5e-4)


def test_sleepstudy_and_student_by_a_variance_of_each_contrast() -> None:
    days = tuple(f"{day}" for day in range(10))
    trend = replace(_within(days, tuple(map(float, range(10)))), spread=Spread.EACH)

    slope = published.estimate_of(analyse("reaction", published.sleepstudy(), trend), "trend over condition")
    drugs = published.estimate_of(
        analyse("hours", published.sleep(), plain_design("12", within_animals=True)), "condition: 2 − 1"
    )

    # lmer(Reaction ~ Days + (Days | Subject)): a slope for each subject; 17 degrees of freedom.
    _agrees(slope, 10.4673, 1.5458, 3.26e-6)
    _agrees(drugs, 1.58, 0.38900, 0.002833)
