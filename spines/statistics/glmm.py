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
from spines.statistics.reml import inverse_of

Floats = npt.NDArray[np.float64]
_UNLIKELY = 1e300
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
    """u are the groups' deviations in units of their standard deviations, by grouping, the finest last."""

    def __init__(self, counts: Counts, x: Floats, groupings: Sequence[Sequence[Hashable]]) -> None:
        self._counts, self._x = counts, x
        self._codes = [_codes(of_rows) for of_rows in groupings]
        sizes = [int(codes.max()) + 1 for codes in self._codes]
        self._members = [np.asarray(codes[:, None] == codes, float) for codes in self._codes]
        self._finest = int(np.argmax(sizes))
        self._rest = [place for place in range(len(sizes)) if place != self._finest]
        self._starts = dict(zip(self._rest, np.cumsum([0, *(sizes[place] for place in self._rest)]), strict=False))
        self._n_rest, self._n_finest = sum(sizes[place] for place in self._rest), sizes[self._finest]
        self._u = self._nothing()

    def _nothing(self) -> tuple[Floats, Floats]:
        return np.zeros(self._n_rest), np.zeros(self._n_finest)

    def deviance(self, parameters: Floats) -> float:
        """−2 log likelihood at these standard deviations and fixed effects; the mode of u is kept to start from."""
        k = len(self._codes)
        sds, beta = np.abs(parameters[:k]), parameters[k:]
        fixed = self._counts.offset + self._x @ beta
        u = self._u
        eta = fixed + self._spread_out(u, sds)
        best = self._counts.log_likelihood(eta) - 0.5 * _squares(u)
        for _ in range(_STEPS):
            mean, weight = self._counts.mean_and_weight(eta)
            slope = self._gathered(self._counts.counts - mean, sds)
            step = self._curvature(weight, sds).solve(slope[0] - u[0], slope[1] - u[1])
            share = 1.0
            while share > 1e-8:
                tried = u[0] + share * step[0], u[1] + share * step[1]
                eta_tried = fixed + self._spread_out(tried, sds)
                found = self._counts.log_likelihood(eta_tried) - 0.5 * _squares(tried)
                if found >= best - 1e-12 * abs(best):
                    break
                share /= 2
            gained, u, eta, best = found - best, tried, eta_tried, found
            if gained < 1e-10:
                break
        self._u = u
        _, weight = self._counts.mean_and_weight(eta)
        return -2 * best + self._curvature(weight, sds).log_determinant

    def _finite_deviance(self, parameters: Floats) -> float:
        """The same for a search, which may try parameters whose counts no number holds; none of these are kept."""
        before = self._u
        with np.errstate(all="ignore"):
            try:
                found = self.deviance(parameters)
            except np.linalg.LinAlgError:
                found = math.inf
        if math.isfinite(found):
            return found
        self._u = before
        return _UNLIKELY

    def _spread_out(self, u: tuple[Floats, Floats], sds: Floats) -> Floats:
        """(n,): what the groups add to each row."""
        added = sds[self._finest] * u[1][self._codes[self._finest]]
        for place in self._rest:
            added = added + sds[place] * u[0][self._starts[place] + self._codes[place]]
        return np.asarray(added, float)

    def _gathered(self, rows: Floats, sds: Floats) -> tuple[Floats, Floats]:
        """Sums over the rows of each group, times its standard deviation."""
        of_rest = np.zeros(self._n_rest)
        for place in self._rest:
            of_rest += sds[place] * np.bincount(self._starts[place] + self._codes[place], rows, self._n_rest)
        finest = sds[self._finest] * np.bincount(self._codes[self._finest], rows, self._n_finest)
        return of_rest, np.asarray(finest, float)

    def _curvature(self, weight: Floats, sds: Floats) -> _Curvature:
        finest = 1 + sds[self._finest] ** 2 * np.bincount(self._codes[self._finest], weight, self._n_finest)
        rest = np.eye(self._n_rest)
        across = np.zeros((self._n_rest, self._n_finest))
        for place in self._rest:
            rows = self._starts[place] + self._codes[place]
            np.add.at(across, (rows, self._codes[self._finest]), sds[place] * sds[self._finest] * weight)
            for other in self._rest:
                columns = self._starts[other] + self._codes[other]
                np.add.at(rest, (rows, columns), sds[place] * sds[other] * weight)
        return _Curvature(rest=rest - (across / finest) @ across.T, across=across, finest=np.asarray(finest, float))

    def fit(self) -> CountFit:
        """The likeliest parameters, and the working linear model there."""
        k = len(self._codes)
        start = np.concatenate([np.full(k, 0.5), self._without_groups()])
        found = minimize(self._finite_deviance, start, method="BFGS", options={"gtol": 1e-5})
        best = found.x
        best[:k] = np.abs(best[:k])
        best[:k][best[:k] < 1e-4] = 0.0
        self._u = self._nothing()
        deviance = self.deviance(best)
        eta = self._counts.offset + self._x @ best[k:] + self._spread_out(self._u, best[:k])
        _, weight = self._counts.mean_and_weight(eta)
        v = np.diag(1 / weight) + sum(sd**2 * part for sd, part in zip(best[:k], self._members, strict=True))
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
            _of_variances=inverse_of(information),
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


@dataclass(frozen=True, kw_only=True)
class _Curvature:
    """Of the likelihood by u, in blocks: no two groups of the finest grouping share a row, so that block is diagonal.

    `rest` is Schur's complement: the block of all other groupings, less what goes through the finest.
    """

    rest: Floats
    across: Floats
    finest: Floats

    def solve(self, of_rest: Floats, of_finest: Floats) -> tuple[Floats, Floats]:
        """What the curvature times it is this."""
        rest = np.linalg.solve(self.rest, of_rest - self.across @ (of_finest / self.finest))
        return np.asarray(rest, float), np.asarray((of_finest - rest @ self.across) / self.finest, float)

    @property
    def log_determinant(self) -> float:
        """Of the whole."""
        return float(np.log(self.finest).sum()) + float(np.linalg.slogdet(self.rest)[1])


def _squares(u: tuple[Floats, Floats]) -> float:
    return float(u[0] @ u[0] + u[1] @ u[1])


def _codes(groups: Sequence[Hashable]) -> npt.NDArray[np.intp]:
    places: dict[Hashable, int] = {}
    return np.array([places.setdefault(group, len(places)) for group in groups], np.intp)
