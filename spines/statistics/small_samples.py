"""Effect sizes and permutation tests, of a few numbers: one an animal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, nctdtrinc

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
    root = math.sqrt(n_first * n_second / (n_first + n_second))
    return _unbiased(float(np.mean(second) - np.mean(first)) / pooled, root, df)


def hedges_g_of_differences(differences: Sequence[float]) -> tuple[float, Interval] | None:
    """The same of differences within animals: their mean over their standard deviation, without its bias.

    J with m = n − 1. It is not on the scale of the g between groups: what animals have in common is not in it.
    """
    if len(differences) < 2:
        return None
    sd = float(np.std(differences, ddof=1))
    if sd <= _rounding(differences):
        return None
    return _unbiased(float(np.mean(differences)) / sd, math.sqrt(len(differences)), len(differences) - 1)


def _unbiased(d: float, root: float, df: int) -> tuple[float, Interval] | None:
    correction = math.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / math.sqrt(df / 2) if df > 1 else 1.0
    low, high = (float(nctdtrinc(df, p, d * root)) / root for p in (0.975, 0.025))
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    return correction * d, Interval(correction * low, correction * high)


@dataclass(frozen=True, kw_only=True)
class Permutation:
    """A two-sided p-value, whether every arrangement was tried, and the least p-value that could have come out."""

    p_value: float
    is_exact: bool
    least_p: float


def permute_animals(first: Sequence[float], second: Sequence[float]) -> Permutation:
    """How often animals dealt out at random to the two groups differ by as large a t as they do.

    Welch's t, not the difference of means: where the spread of the two groups differs, that one finds differences of
    means that are none (Janssen 1997, doi:10.1016/S0167-7152(97)00043-6). Every arrangement is tried where there are
    at most `MOST_EXACT`, else so many random ones from a fixed seed, the real one counted among them (Phipson & Smyth
    2010, doi:10.2202/1544-6115.1585). Each group must have a number; of a group of one, the difference of means counts.
    """
    values = np.array([*first, *second], float)
    arrangements = math.comb(len(values), len(first))
    exact = arrangements <= MOST_EXACT
    members = _every_way(len(first), len(values)) if exact else _random_ways(len(first), len(values), 0)
    return _two_sided(_welch_t(values, members), exact=exact, least=2 / arrangements)


def permute_differences(differences: Sequence[float]) -> Permutation:
    """How often differences within animals, their signs dealt out at random, are as far from zero as they are.

    All 2ⁿ of them where there are at most `MOST_EXACT`, else so many random ones.
    """
    values = np.asarray(differences, float)
    n = len(values)
    exact = 2**n <= MOST_EXACT
    # The squares stay the same, so t rises with the sum: the sum will do.
    return _two_sided(_signs(n) @ values, exact=exact, least=2 / 2**n)


def permute_strata(strata: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Permutation:
    """The sum over strata of how much the second group exceeds the first, animals dealt out within each stratum.

    By Welch's t of that sum, in `MOST_EXACT` random ways from a fixed seed unless there are fewer.
    """
    difference, spread = np.zeros(MOST_EXACT + 1), np.zeros(MOST_EXACT + 1)
    ways = 1
    for stratum, (first, second) in enumerate(strata):
        values = np.array([*second, *first], float)
        ways *= math.comb(len(values), len(second))
        of_stratum = _mean_differences(values, _random_ways(len(second), len(values), stratum))
        difference, spread = difference + of_stratum[0], spread + of_stratum[1]
    tiny = _rounding([value for pair in strata for group in pair for value in group]) ** 2 + np.finfo(float).tiny
    return _two_sided(
        difference / np.sqrt(np.maximum(spread, 0) + tiny), exact=False, least=2 / min(ways, MOST_EXACT + 1)
    )


def permute_together(measures: Sequence[tuple[Sequence[float], Sequence[float]]], *, is_paired: bool) -> Permutation:
    """Several measures of the same animals at once: how often the sum of squares of their t is as large.

    Parameters
    ----------
    measures : of each the two groups' values, animals in the same order in all of them.
    is_paired : the groups are the same animals, in the same order.
    """
    n, all_of = len(measures[0][0]), len(measures[0][0]) + len(measures[0][1])
    ways = 2**n if is_paired else math.comb(all_of, n)
    exact = ways <= MOST_EXACT
    squares = np.zeros(1)
    for first, second in measures:
        if is_paired:
            t = _one_sample_t(np.asarray(second, float) - np.asarray(first, float), _signs(n))
        else:
            members = _every_way(n, all_of) if exact else _random_ways(n, all_of, 0)
            t = _welch_t(np.array([*first, *second], float), members)
        squares = squares + t**2
    # Swapping all animals of a pair, or two groups of one size, changes no square.
    mirrored = 2 if is_paired or 2 * n == all_of else 1
    return Permutation(
        p_value=float((squares >= squares[0] * (1 - 1e-9)).mean()),
        is_exact=exact,
        least_p=max(mirrored / ways, 1 / len(squares)),
    )


def _signs(n: int) -> npt.NDArray[np.float64]:
    """(ways, n): every way of turning differences, or so many random ones, the real one first."""
    if 2**n <= MOST_EXACT:
        return np.asarray(1 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1), float)
    random = np.random.default_rng(SEED)
    return np.asarray(np.vstack([np.ones(n), random.choice([-1.0, 1.0], (MOST_EXACT, n))]), float)


def _one_sample_t(values: npt.NDArray[np.float64], signs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    n = len(values)
    means = signs @ values / n
    spread = ((values**2).sum() - n * means**2) / (n * (n - 1))
    tiny = _rounding(values.tolist()) ** 2 + np.finfo(float).tiny
    return np.asarray(means / np.sqrt(np.maximum(spread, 0) + tiny), float)


@lru_cache(maxsize=8)
def _every_way(chosen: int, animals: int) -> npt.NDArray[np.bool_]:
    """(ways, animals): which of them are of the first group, the real arrangement first."""
    ways = np.array(list(combinations(range(animals), chosen)), np.intp)
    members = np.zeros((len(ways), animals), bool)
    members[np.arange(len(ways))[:, None], ways] = True
    return members


@lru_cache(maxsize=8)
def _random_ways(chosen: int, animals: int, stream: int) -> npt.NDArray[np.bool_]:
    """The same, in `MOST_EXACT` random ways after the real one."""
    random = np.random.default_rng([SEED, stream])
    shuffled = np.argsort(random.random((MOST_EXACT, animals)), axis=1) < chosen
    return np.vstack([np.arange(animals) < chosen, shuffled])


def _two_sided(statistics: npt.NDArray[np.float64], *, exact: bool, least: float) -> Permutation:
    """Twice the smaller tail, the real arrangement, which stands first, in both."""
    rounding = 1e-9 * abs(float(statistics[0]))
    above = float((statistics >= statistics[0] - rounding).mean())
    below = float((statistics <= statistics[0] + rounding).mean())
    return Permutation(
        p_value=min(1.0, 2 * min(above, below)),
        is_exact=exact,
        least_p=min(1.0, max(least, 2 / len(statistics))),
    )


def _welch_t(values: npt.NDArray[np.float64], members: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(arrangements,) of t, the members' mean against that of the others; of a group of one the difference itself."""
    difference, spread = _mean_differences(values, members)
    tiny = _rounding(values.tolist()) ** 2 + np.finfo(float).tiny
    return np.asarray(difference / np.sqrt(np.maximum(spread, 0) + tiny), float)


def _mean_differences(
    values: npt.NDArray[np.float64], members: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Differences of means, and the squares of their standard errors (1 where a group of one has none)."""
    centred = values - values.mean()
    n, rest = members[0].sum(), (~members[0]).sum()
    sums, squares = members @ centred, members @ centred**2
    mean, other = sums / n, (centred.sum() - sums) / rest
    if min(n, rest) < 2:
        return mean - other, np.ones_like(mean)
    spread = (squares - n * mean**2) / (n * (n - 1))
    spread += ((centred**2).sum() - squares - rest * other**2) / (rest * (rest - 1))
    return mean - other, spread


def _rounding(values: Sequence[float]) -> float:
    return 1e-10 * max(map(abs, values), default=0.0)
