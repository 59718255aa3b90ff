"""Counts and shares with random groups, by Laplace's approximation, as lme4's glmer fits them.

    counts:  y ~ Poisson(μ),         log μ = offset + Xβ + Zb
    shares:  y ~ Binomial(size, π),  logit π = Xβ + Zb          b ~ N(0, θ²) for each grouping

Statsmodels has no such fit with maximum likelihood, so this is written out.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, gammaln, xlog1py, xlogy

from spines.statistics.contrasts import Estimate

Floats = npt.NDArray[np.float64]
_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted: `counts` (n,), and on what.

    One of `length` (µm; Poisson counts) and `size` (of how many spines; binomial ones).
    """

    counts: Floats
    length: Floats | None = None
    size: Floats | None = None

    def log_likelihood(self, eta: Floats) -> float:
        """Of a linear predictor."""
        if self.size is not None:
            p = expit(eta)
            ways = gammaln(self.size + 1) - gammaln(self.counts + 1) - gammaln(self.size - self.counts + 1)
            return float((ways + xlogy(self.counts, p) + xlog1py(self.size - self.counts, -p)).sum())
        mean = np.exp(eta)
        return float((self.counts * eta - mean - gammaln(self.counts + 1)).sum())

    def mean_and_weight(self, eta: Floats) -> tuple[Floats, Floats]:
        """Expected counts, and what they vary by: the slope and the curvature of the likelihood."""
        if self.size is not None:
            p = expit(eta)
            return self.size * p, self.size * p * (1 - p)
        mean = np.exp(eta)
        return mean, mean

    @property
    def offset(self) -> Floats:
        """Of the linear predictor."""
        return np.zeros(len(self.counts)) if self.length is None else np.asarray(np.log(self.length), float)


@dataclass(frozen=True, kw_only=True)
class CountFit:
    """Fixed effects on the scale of logarithms, and standard deviations of the groupings.

    `covariance` is of the fixed effects at the estimated groupings; what these are not known by is in the degrees of
    freedom.
    """

    beta: Floats
    covariance: Floats
    sds: Floats
    deviance: float
    _slopes: tuple[Floats, ...]
    _of_variances: Floats

    def estimate(self, weights: npt.ArrayLike) -> Estimate:
        """One combination, with Satterthwaite's degrees of freedom of the working linear model.

        Counting's own variance is known, so where it is most of the standard error the degrees of freedom are many.
        """
        c = np.asarray(weights, float)
        a = np.array([c @ slope @ c for slope in self._slopes]) / float(c @ self.covariance @ c)
        spread = float(a @ self._of_variances @ a)
        return Estimate(
            value=float(c @ self.beta),
            error=math.sqrt(float(c @ self.covariance @ c)),
            df=2 / spread if spread > 0 else math.inf,
        )


def fit_counts(counts: Counts, x: Floats, groupings: Sequence[Sequence[Hashable]]) -> CountFit | None:
    """Fit it by maximum likelihood; None where a column of X has counts of 0 alone, or columns tell the same.

    The logarithm of 0 is not finite, and of a covariate that follows the conditions nothing is left to be told apart.

    Parameters
    ----------
    x : (n, p) of the fixed effects; where these are indicators of conditions, each must have a count above 0.
    groupings : of each row the group that it is of, one sequence a random effect.
    """
    if not counts.counts.any() or any(not counts.counts[column != 0].any() for column in x.T):
        return None
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    return _Laplace(counts, x, groupings).fit()


class _Laplace:
    def __init__(self, counts: Counts, x: Floats, groupings: Sequence[Sequence[Hashable]]) -> None:
        self._counts, self._x = counts, x
        indicators = [_indicators(of_rows) for of_rows in groupings]
        self._z = np.hstack(indicators)
        self._of = np.repeat(np.arange(len(indicators)), [part.shape[1] for part in indicators])
        self._members = [part @ part.T for part in indicators]
        self._u = np.zeros(self._z.shape[1])

    def deviance(self, parameters: Floats) -> float:
        """−2 log likelihood at these standard deviations and fixed effects; the mode of u is kept to start from."""
        k = len(self._members)
        sds, beta = np.abs(parameters[:k]), parameters[k:]
        scaled = self._z * sds[self._of]
        fixed = self._counts.offset + self._x @ beta
        u = self._u
        best = self._counts.log_likelihood(fixed + scaled @ u) - 0.5 * float(u @ u)
        for _ in range(_STEPS):
            mean, weight = self._counts.mean_and_weight(fixed + scaled @ u)
            slope = scaled.T @ (self._counts.counts - mean) - u
            curvature = (scaled.T * weight) @ scaled + np.eye(len(u))
            step = np.linalg.solve(curvature, slope)
            share = 1.0
            while share > 1e-8:
                tried = u + share * step
                found = self._counts.log_likelihood(fixed + scaled @ tried) - 0.5 * float(tried @ tried)
                if found >= best - 1e-12 * abs(best):
                    break
                share /= 2
            gained, u, best = found - best, tried, found
            if gained < 1e-10:
                break
        self._u = u
        _, weight = self._counts.mean_and_weight(fixed + scaled @ u)
        curvature = (scaled.T * weight) @ scaled + np.eye(len(u))
        return -2 * best + float(np.linalg.slogdet(curvature)[1])

    def fit(self) -> CountFit:
        """The likeliest parameters, and the working linear model there."""
        k = len(self._members)
        start = np.concatenate([np.full(k, 0.5), self._without_groups()])
        found = minimize(self.deviance, start, method="BFGS", options={"gtol": 1e-5})
        best = found.x
        best[:k] = np.abs(best[:k])
        best[:k][best[:k] < 1e-4] = 0.0
        self._u = np.zeros_like(self._u)
        deviance = self.deviance(best)
        scaled = self._z * best[:k][self._of]
        eta = self._counts.offset + self._x @ best[k:] + scaled @ self._u
        _, weight = self._counts.mean_and_weight(eta)
        v = np.diag(1 / weight) + scaled @ scaled.T
        inverse = np.linalg.inv(v)
        xv = inverse @ self._x
        conditional = np.linalg.inv(self._x.T @ xv)
        projection = inverse - xv @ conditional @ xv.T
        parts = [projection @ part for part in self._members]
        information = 0.5 * np.array([[float((one * other.T).sum()) for other in parts] for one in parts])
        return CountFit(
            beta=best[k:],
            covariance=np.asarray(conditional, float),
            sds=best[:k],
            deviance=deviance,
            _slopes=tuple(conditional @ (xv.T @ part @ xv) @ conditional for part in self._members),
            _of_variances=np.asarray(np.linalg.pinv(information), float),
        )

    def _without_groups(self) -> Floats:
        """Fixed effects of the model without random groups, by Newton's steps."""
        total = self._counts.counts.sum()
        of = self._counts.size.sum() if self._counts.size is not None else np.exp(self._counts.offset).sum()
        start = math.log(total / of) if self._counts.size is None else math.log(total / max(of - total, 0.5))
        beta: Floats = np.linalg.lstsq(self._x, np.full(len(self._x), start), rcond=None)[0]
        for _ in range(_STEPS):
            mean, weight = self._counts.mean_and_weight(self._counts.offset + self._x @ beta)
            step = np.linalg.solve((self._x.T * weight) @ self._x, self._x.T @ (self._counts.counts - mean))
            beta = beta + step
            if np.abs(step).max() < 1e-8:
                break
        return beta


def _indicators(groups: Sequence[Hashable]) -> Floats:
    names = list(dict.fromkeys(groups))
    return np.array([[group == name for name in names] for group in groups], float)
