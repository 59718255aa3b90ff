"""Animals that lie apart, and what they weigh; degrees of freedom where next to nothing is left over."""

from __future__ import annotations

import numpy as np
import pytest

from spines.statistics.compare import compare
from spines.statistics.design import plain_design
from spines.statistics.reml import fit_reml, members
from spines.statistics.residuals import residuals, residuals_in_words
from spines.statistics.types import MeasureTest, Observation


def _test(values: dict[str, list[float]], *, paired: bool = False) -> MeasureTest:
    rows = [
        Observation(condition=condition, animal=f"{'' if paired else condition}{at}", value=value)
        for condition, of_condition in values.items()
        for at, value in enumerate(of_condition)
    ]
    return compare("width", rows, list(values), design=plain_design(list(values), within_animals=paired))


def test_an_animal_far_from_the_others_is_named() -> None:
    found = residuals(_test({"a": [1.0, 1.1, 0.9, 1.05, 0.95, 9.0], "b": [1.0, 1.1, 0.9, 1.2, 0.8]}))

    far = next(each for each in found if each.animal == "a5")
    others = np.array([1.0, 1.1, 0.9, 1.05, 0.95])
    assert far.distance == pytest.approx((9 - others.mean()) / (others.std(ddof=1) * np.sqrt(1 + 1 / 5)))
    assert (far.residual, far.leverage) == pytest.approx((9 - 14 / 6, 1 / 6))
    assert "a5 (a), p < 0.001" in residuals_in_words(found)
    assert residuals_in_words(found).count("(a)") == 1


def test_animals_of_one_population_seldom_lie_apart() -> None:
    random = np.random.default_rng(3)
    named = 0
    for _ in range(200):
        values = {name: random.normal(1, 0.1, 6).tolist() for name in "ab"}
        named += "No animal lies" not in residuals_in_words(residuals(_test(values)))
    assert 2 <= named <= 20  # 5 % of experiments


def test_of_paired_animals_the_differences_are_looked_at() -> None:
    found = residuals(_test({"a": [1, 2, 3, 4.0], "b": [1.1, 2.3, 3.2, 4.1]}, paired=True))

    assert [(each.sample, each.animal) for each in found] == [("b − a", f"{at}") for at in range(4)]
    assert found[1].value == pytest.approx(0.3)


def test_too_few_animals_and_animals_that_are_alike_have_no_distance() -> None:
    assert residuals(_test({"a": [1.0, 1.1], "b": [1.0, 1.2]})) == []
    found = residuals(_test({"a": [1.0, 1.0, 1.0], "b": [1.0, 1.2, 1.4]}))
    assert [each.distance for each in found[:3]] == [None] * 3
    assert "fewer than three" in residuals_in_words([])


@pytest.mark.parametrize("noise", [0.0, 1e-7, 1e-3])
def test_what_next_to_nothing_is_left_of_leaves_degrees_of_freedom(noise: float) -> None:
    random = np.random.default_rng(1)
    animal, condition = np.repeat(np.arange(5), 4), np.tile([0, 0, 1, 1], 5)
    values = 1 + 0.1 * condition + np.repeat(random.normal(0, 0.1, 5), 4) + np.repeat(random.normal(0, 0.05, 10), 2)
    values += noise * random.normal(0, 1, 20)
    x = np.column_stack([condition == 0, condition == 1]).astype(float)

    fit = fit_reml(values, x, [members(animal), members(2 * animal + condition), np.eye(20)])

    assert fit is not None
    assert fit.estimate([-1, 1]).df == pytest.approx(4, rel=1e-3)
    assert fit.estimate([1, 0]).df < 10
