"""Counts and shares with random groups: lme4's cbpp, integrals written out, and answers where a model breaks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from spines.statistics.glmm import Counts, fit_counts
from tests.domain import published_designs as published


def test_cbpp_as_glmer() -> None:
    herd, cases, size, period = published.cbpp()
    x = (period[:, None] == np.arange(1, 5)).astype(float)

    fit = fit_counts(Counts(counts=cases, size=size), x, [herd.tolist()])

    # glmer(cbind(incidence, size − incidence) ~ period + (1 | herd)): −0.992, p = 0.0011, and 0.3054 by
    # vcov(…, use.hessian = FALSE), the standard error at the estimated variance. What summary prints, 0.3032, is by the
    # curvature of a deviance that glmer's tolerance leaves rough: with glmerControl(tolPwrss = 1e-10) it prints 0.3066.
    assert fit is not None
    second = fit.estimate([-1, 1, 0, 0])
    assert second.value == pytest.approx(-0.992, abs=5e-4)
    assert second.error == pytest.approx(0.3054, abs=5e-4)
    assert second.p_value == pytest.approx(0.0011, rel=0.1)
    assert fit.estimate([-1, 0, 0, 1]).value == pytest.approx(-1.580, abs=1e-3)
    assert fit.sds[0] == pytest.approx(0.642, abs=5e-4)
    assert fit.deviance == pytest.approx(184.05, abs=0.01)


def test_cbpp_with_more_spread_than_binomial_has_fewer_degrees_of_freedom() -> None:
    herd, cases, size, period = published.cbpp()
    x = (period[:, None] == np.arange(1, 5)).astype(float)

    fit = fit_counts(Counts(counts=cases, size=size), x, [herd.tolist(), list(range(56))])

    # glmer(… + (1 | herd) + (1 | obs)): standard deviations 0.184 and 0.891.
    assert fit is not None
    assert fit.sds.tolist() == pytest.approx([0.184, 0.891], abs=1e-3)
    assert fit.estimate([-1, 1, 0, 0]).df < 50


def test_plots_of_sprays_and_looms_of_wools_vary_more_than_counting_does() -> None:
    """Of R's InsectSprays and warpbreaks glmer(… + (1 | row), poisson, glmerControl(tolPwrss = 1e-12))."""
    for rows, contrast, value, error, sd in (
        (published.insect_sprays(), ("D", "A"), -1.08195, 0.17034, 0.18997),
        (published.warp_breaks(), ("A M", "A L"), -0.60281, 0.16153, 0.28924),
    ):
        names = list(dict.fromkeys(row.condition for row in rows))
        counts = np.array([row.spines for row in rows], float)
        x = np.array([[row.condition == name for name in names] for row in rows], float)

        fit = fit_counts(Counts(counts=counts, length=np.ones(len(rows))), x, [[row.animal for row in rows]])

        assert fit is not None
        found = fit.estimate([(name == contrast[0]) - 1.0 * (name == contrast[1]) for name in names])
        assert (found.value, found.error) == pytest.approx((value, error), rel=5e-4)
        assert fit.sds[0] == pytest.approx(sd, rel=1e-3)


def test_laplace_is_near_the_integral_that_it_stands_for() -> None:
    random = np.random.default_rng(1)
    lengths = random.uniform(20, 60, 12)
    counts = random.poisson(lengths * np.exp(random.normal(0, 0.4, 12))).astype(float)

    fit = fit_counts(Counts(counts=counts, length=lengths), np.ones((12, 1)), [list(range(12))])

    assert fit is not None

    def deviance(sd: float) -> float:
        total = 0.0
        for n, um in zip(counts, lengths, strict=True):

            def density(b: float, n: float = n, um: float = um) -> float:
                mean = um * math.exp(float(fit.beta[0]) + b)
                return math.exp(n * math.log(mean) - mean - math.lgamma(n + 1) - b * b / (2 * sd * sd)) / sd / 2.506628

            total -= 2 * math.log(quad(density, -3, 3)[0])
        return total

    exact = minimize_scalar(deviance, bounds=(0.05, 1.5), method="bounded")
    assert fit.sds[0] == pytest.approx(exact.x, rel=0.02)


def test_a_condition_without_a_count_has_no_logarithm() -> None:
    x = np.repeat(np.eye(2), 3, axis=0)
    counts = Counts(counts=np.array([3.0, 4, 5, 0, 0, 0]), length=np.full(6, 10.0))

    assert fit_counts(counts, x, [list(range(6))]) is None


def test_groups_that_do_not_vary_leave_poisson_counts() -> None:
    x = np.repeat(np.eye(2), 3, axis=0)
    counts = Counts(counts=np.array([40.0, 40, 40, 60, 60, 60]), length=np.full(6, 10.0))

    fit = fit_counts(counts, x, [list(range(6))])

    assert fit is not None
    assert fit.sds[0] == 0
    found = fit.estimate([-1, 1])
    assert (found.value, found.error) == pytest.approx((math.log(1.5), math.sqrt(1 / 120 + 1 / 180)), rel=1e-4)
