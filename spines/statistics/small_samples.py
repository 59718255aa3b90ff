"""Effect size and permutation test, of a few numbers: one an animal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, nctdtrinc
from scipy.stats import permutation_test

from spines.statistics.types import Interval

MOST_EXACT = 20_000
"""Arrangements of the animals up to which all are tried (8 against 8 are 12,870); else so many random ones."""
SEED = 20_100_114


def hedges_g(first: Sequence[float], second: Sequence[float]) -> tuple[float, Interval] | None:
    """Standardised difference, second less first, without the bias of small samples, and its 95 % interval.

    g = J (mean₂ − mean₁) / s, with s the pooled standard deviation and J = Γ(m/2) / (√(m/2) Γ((m−1)/2)),
    m = n₁ + n₂ − 2 (Hedges 1981, doi:10.3102/10769986006002107). The interval inverts the noncentral t distribution
    (Cumming & Finch 2001, doi:10.1177/0013164401614002). None where a group has fewer than two numbers, or none differ
    within groups.
    """
    n_first, n_second = len(first), len(second)
    df = n_first + n_second - 2
    if min(n_first, n_second) < 2:
        return None
    pooled = math.sqrt(((n_first - 1) * np.var(first, ddof=1) + (n_second - 1) * np.var(second, ddof=1)) / df)
    if pooled <= _rounding((*first, *second)):
        return None
    correction = math.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / math.sqrt(df / 2)
    root = math.sqrt(n_first * n_second / (n_first + n_second))
    d = float(np.mean(second) - np.mean(first)) / pooled
    low, high = (float(nctdtrinc(df, p, d * root)) / root for p in (0.975, 0.025))
    interval = Interval(correction * low, correction * high) if math.isfinite(low) and math.isfinite(high) else None
    return (correction * d, interval) if interval else None


@dataclass(frozen=True, kw_only=True)
class Permutation:
    """A two-sided p-value, whether every arrangement was tried, and the least p-value that could have come out."""

    p_value: float
    is_exact: bool
    least_p: float


def permute_animals(first: Sequence[float], second: Sequence[float]) -> Permutation:
    """How often animals dealt out at random to the two groups differ in mean as much as they do.

    Every arrangement is tried where there are at most `MOST_EXACT`, else so many random ones from a fixed seed, the
    real one counted among them (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585). Each group must have a number.
    """
    arrangements = math.comb(len(first) + len(second), len(first))
    result = permutation_test(
        (np.asarray(first, float), np.asarray(second, float)),
        _difference_of_means,
        permutation_type="independent",
        vectorized=True,
        n_resamples=MOST_EXACT,
        batch=MOST_EXACT,
        alternative="two-sided",
        rng=np.random.default_rng(SEED),
    )
    exact = arrangements <= MOST_EXACT
    return Permutation(
        p_value=float(result.pvalue),
        is_exact=exact,
        least_p=2 / arrangements if exact else 2 / (MOST_EXACT + 1),
    )


def _difference_of_means(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64], axis: int
) -> npt.NDArray[np.float64]:
    difference: npt.NDArray[np.float64] = second.mean(axis=axis) - first.mean(axis=axis)
    return difference


def _rounding(values: Sequence[float]) -> float:
    return 1e-10 * max(map(abs, values), default=0.0)
