"""Intervals of a few animals' mean lie among possible values, and there is none below three animals."""

from __future__ import annotations

import doctest
import math

import pytest
from scipy.stats import t as student

from spines.selectors.results import mean_interval
from spines.selectors.results.mean_interval import spread_of


def test_examples_of_the_docstring_hold() -> None:
    assert doctest.testmod(mean_interval, optionflags=doctest.ELLIPSIS).failed == 0


def test_two_animals_have_no_interval() -> None:
    spread = spread_of([0.1, 0.9, None])

    assert (spread.n, spread.mean, spread.low, spread.high) == (2, 0.5, None, None)
    assert (spread.below, spread.above) == (0, 0)


def test_a_density_stays_above_zero() -> None:
    spread = spread_of([0.1, 0.2, 1.5])

    half = float(student.ppf(0.975, 2)) * 0.7810 / math.sqrt(3)
    assert half > 0.6, "Student's own interval would reach below zero"
    assert spread.low is not None
    assert 0 < spread.low < 0.6 < (spread.high or 0)
    assert spread.low * (spread.high or 0) == pytest.approx(0.36)


def test_a_narrow_interval_is_students() -> None:
    spread = spread_of([10.0, 10.1, 9.9, 10.05])

    half = float(student.ppf(0.975, 3)) * (spread.sd or 0) / 2
    assert (spread.below, spread.above) == pytest.approx((half, half), rel=0.02)


def test_a_share_stays_between_none_and_all() -> None:
    spread = spread_of([0.9, 0.99, 0.6], most=1)

    assert spread.low is not None
    assert spread.high is not None
    assert 0 < spread.low < spread.high < 1
    assert spread_of([1.0, 1.0, 1.0], most=1).high is None
    assert spread_of([0.0, 0.0, 0.0]).low is None
