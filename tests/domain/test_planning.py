"""How many animals an experiment needs: textbook values, what cells buy, and what the lab's own data tell."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.power import TTestIndPower, TTestPower

from spines.errors import InvalidInput
from spines.statistics.planning import Aim, Question, Variation, animals_for, choices, least_effect, power_of

ANIMALS_ALONE = Variation(animals=0.2, cells=0, dendrites=0)


@pytest.mark.parametrize("animals", [3, 6, 17])
@pytest.mark.parametrize("effect", [0.1, -0.3])
def test_power_is_that_of_students_t(animals: int, effect: float) -> None:
    groups = Aim(question=Question.GROUPS, effect=effect, is_ratio=False)
    paired = Aim(question=Question.PAIRED, effect=effect, is_ratio=False, cells=1, dendrites=1)
    changes = Variation(animals=0.5, cells=0.1, dendrites=0, responses=0.1)  # of a change: √(2 (0.1² + 0.1²)) = 0.2

    assert power_of(groups, ANIMALS_ALONE, animals) == pytest.approx(
        TTestIndPower().power(effect / 0.2, animals, 0.05), abs=1e-6
    )
    assert power_of(paired, changes, animals) == pytest.approx(
        TTestPower().power(effect / 0.2, animals, 0.05), abs=1e-6
    )


def test_the_fewest_animals_reach_the_power_and_one_less_does_not() -> None:
    aim = Aim(question=Question.GROUPS, effect=-0.15, power=0.8)
    variation = Variation(animals=0.1, cells=0.1, dendrites=0.2)
    found = animals_for(aim, variation)

    assert found is not None
    assert power_of(aim, variation, found) >= 0.8 > power_of(aim, variation, found - 1)
    least = least_effect(aim, variation, found)
    assert least is not None
    assert -0.15 <= least < -0.1


def test_more_cells_help_until_animals_are_all_that_varies() -> None:
    aim = Aim(question=Question.GROUPS, effect=-0.15)
    by_cells = choices(aim, Variation(animals=0.1, cells=0.2, dendrites=0.2), 6)
    of_animals = choices(aim, ANIMALS_ALONE, 6)

    assert [each.power for each in by_cells] == sorted(each.power for each in by_cells)
    assert by_cells[-1].power > by_cells[0].power + 0.2
    assert len({each.power for each in of_animals}) == 1


def test_an_interaction_asks_for_more_animals_than_a_main_effect() -> None:
    needed = {
        question: animals_for(Aim(question=question, effect=0.3, is_ratio=False), ANIMALS_ALONE) or 0
        for question in Question
    }

    assert needed[Question.INTERACTION] > needed[Question.GROUPS] > needed[Question.MAIN]


def test_power_is_what_made_experiments_find() -> None:
    random = np.random.default_rng(3)
    aim = Aim(question=Question.INTERACTION, effect=0.35, is_ratio=False, cells=2, dendrites=2)
    variation = Variation(animals=0.15, cells=0.2, dendrites=0.2)
    sd = variation.of_a_mean(aim.question, 2, 2) ** 0.5
    groups = random.normal(1, sd, (4000, 4, 7))
    groups[:, 3] += 0.35
    means, variances = groups.mean(axis=2), groups.var(axis=2, ddof=1).mean(axis=1)
    t = (means[:, 3] - means[:, 2] - means[:, 1] + means[:, 0]) / np.sqrt(4 * variances / 7)
    found = float((np.abs(t) > 2.0639).mean())  # Student's t with 24 degrees of freedom

    assert power_of(aim, variation, 7) == pytest.approx(found, abs=0.025)


def test_what_few_animals_tell_of_their_spread_is_an_interval() -> None:
    assert ANIMALS_ALONE.animals_interval is None
    interval = Variation(animals=0.2, cells=0, dendrites=0, rests_on=5).animals_interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.1248, 0.4905), abs=1e-4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"effect": 0}, "other than 0"),
        ({"effect": -1.0}, "above −100 %"),
        ({"effect": 0.2, "power": 1.0}, "50 to 99 %"),
        ({"effect": 0.2, "cells": 0}, "1 to 100 cells"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_a_sentence(given: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        Aim(question=Question.GROUPS, **given)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="Nothing varies"):
        Variation(animals=0, cells=0, dendrites=0)


def test_what_cannot_be_reached_has_no_number_of_animals() -> None:
    assert animals_for(Aim(question=Question.GROUPS, effect=0.001), ANIMALS_ALONE) is None
