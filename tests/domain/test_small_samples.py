"""What few animals allow: every arrangement tried, Hedges' g and its interval, ratios and their intervals."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy.stats import nct, permutation_test, ttest_ind

from spines.statistics.contrasts import fieller
from spines.statistics.small_samples import hedges_g, permute_animals, permute_differences


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


def test_the_interval_of_a_ratio_is_where_the_difference_to_it_is_borderline() -> None:
    quantile = 2.3
    interval = fieller(2.0, 3.0, errors=(0.3, 0.4), covariance=0.05, quantile=quantile)

    assert interval is not None
    assert interval.low < 1.5 < interval.high
    for ratio in interval:
        assert abs(3.0 - ratio * 2.0) / math.sqrt(0.16 - 0.1 * ratio + 0.09 * ratio**2) == pytest.approx(quantile)
    assert fieller(2.0, 3.0, errors=(1.0, 0.4), quantile=quantile) is None
    assert fieller(-2.0, 3.0, errors=(0.3, 0.4), quantile=quantile) is None


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
