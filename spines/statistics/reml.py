"""A linear mixed model by restricted maximum likelihood, with Kenward and Roger's inference.

    y ~ N(Xβ, V),   V = θ₁V₁ + … + θₖVₖ,   θ ≥ 0

Statsmodels' MixedLM has neither these degrees of freedom nor a variance for each group, so this is written out. Rows
are at most some hundreds: one an animal, or one a cell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from spines.statistics.contrasts import Estimate

Floats = npt.NDArray[np.float64]

_UNLIKELY = 1e300
LEAST_SHARE = 1e-9
"""Of the last component in the variance of the values: V stays invertible."""


@dataclass(frozen=True, kw_only=True)
class Joint:
    """Several combinations tested together: F on two degrees of freedom."""

    f: float
    df: int
    df_within: float


@dataclass(frozen=True, kw_only=True)
class MixedFit:
    """The fitted model.

    Attributes
    ----------
    beta : (p,) fixed effects.
    covariance : (p, p) of them, (XᵀV⁻¹X)⁻¹ at the estimated variances, as lme4 prints it.
    variances : (k,) the components; 0 where the likelihood is highest at 0.
    deviance : −2 log restricted likelihood, without its constant.
    """

    beta: Floats
    covariance: Floats
    variances: Floats
    deviance: float
    _adjusted: Floats
    _slopes: tuple[Floats, ...]
    _of_variances: Floats

    def estimate(self, weights: npt.ArrayLike) -> Estimate:
        """One combination: Kenward and Roger's standard error and degrees of freedom (doi:10.2307/2533558).

        Their correction adds what the variances are not known by. With two or three animals it can come out below zero
        and take everything away; the standard error is then the uncorrected one.
        """
        c = np.asarray(weights, float)
        variance = float(c @ self.covariance @ c)
        a = np.array([c @ slope @ c for slope in self._slopes]) / variance
        spread = float(a @ self._of_variances @ a)
        return Estimate(
            value=float(c @ self.beta),
            error=math.sqrt(max(float(c @ self._adjusted @ c), variance)),
            df=2 / spread if spread > 0 else math.inf,
        )

    def joint(self, rows: npt.ArrayLike) -> Joint:
        """Several at once, by their scaled F (Kenward & Roger 1997)."""
        chosen = np.atleast_2d(np.asarray(rows, float))
        q = len(chosen)
        inner = np.linalg.inv(chosen @ self.covariance @ chosen.T)
        parts = [inner @ chosen @ slope @ chosen.T for slope in self._slopes]
        traces = np.array([np.trace(part) for part in parts])
        a_1 = float(traces @ self._of_variances @ traces)
        a_2 = float(
            sum(
                self._of_variances[k, m] * np.trace(parts[k] @ parts[m])
                for k in range(len(parts))
                for m in range(len(parts))
            )
        )
        b = (a_1 + 6 * a_2) / (2 * q)
        g = ((q + 1) * a_1 - (q + 4) * a_2) / ((q + 2) * a_2) if a_2 > 0 else 0.0
        c_1, c_2, c_3 = (part / (3 * q + 2 * (1 - g)) for part in (g, q - g, q + 2 - g))
        mean = 1 / (1 - a_2 / q)
        variance = (2 / q) * (1 + c_1 * b) / ((1 - c_2 * b) ** 2 * (1 - c_3 * b))
        rho = variance / (2 * mean**2)
        df = 4 + (q + 2) / (q * rho - 1) if q * rho > 1 else math.inf
        scale = df / (mean * (df - 2)) if math.isfinite(df) else 1.0
        effects = chosen @ self.beta
        wald = float(effects @ np.linalg.solve(chosen @ self._adjusted @ chosen.T, effects)) / q
        return Joint(f=scale * wald, df=q, df_within=df)


def fit_reml(
    y: Floats,
    x: Floats,
    components: Sequence[Floats],
    *,
    positive: int = 1,
    within_squares: float = 0.0,
    within_df: int = 0,
) -> MixedFit | None:
    """Fit the model; None where nothing is left to vary, or X has not full rank.

    Parameters
    ----------
    y : (n,) values.
    x : (n, p) of the fixed effects.
    components : (n, n) each, what a variance is multiplied with in V. The last is that of the residuals.
    positive : how many of the last components make V invertible and so are never zero.
    within_squares, within_df : squares of what was averaged into the rows, weighted, and their degrees of freedom: they
        tell of the residual variance too.
    """
    rest_df = len(y) - x.shape[1]
    if rest_df + within_df < 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    fitted = x @ np.linalg.lstsq(x, y, rcond=None)[0]
    unit = float(((y - fitted) ** 2).sum() + within_squares) / (rest_df + within_df)
    if not unit > (1e-10 * float(np.abs(y).max())) ** 2:
        return None
    work = _Restricted(y / math.sqrt(unit), x, components, positive, within_squares / unit, within_df)
    theta = work.likeliest()
    state = work.at(theta)
    covariance = state.covariance
    xv = state.inverse @ x
    slopes = [covariance @ (xv.T @ part @ xv) @ covariance for part in components]  # of the covariance, by θ
    of_variances = inverse_of(work.information(state, theta))
    adjust = np.zeros_like(covariance)
    p_parts = [-(xv.T @ part @ xv) for part in components]
    for k, left in enumerate(components):
        for m, right in enumerate(components):
            q_part = xv.T @ left @ state.inverse @ right @ xv
            adjust += of_variances[k, m] * (q_part - p_parts[k] @ covariance @ p_parts[m])
    return MixedFit(
        beta=state.beta * math.sqrt(unit),
        covariance=covariance * unit,
        variances=theta * unit,
        deviance=state.deviance + (rest_df + within_df) * math.log(unit),
        _adjusted=(covariance + 2 * covariance @ adjust @ covariance) * unit,
        _slopes=tuple(slopes),
        _of_variances=of_variances * unit**2,
    )


def inverse_of(information: Floats) -> Floats:
    """Of the information on variances, whatever their sizes; of what tells the same the generalised inverse."""
    size = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
    scaled = np.linalg.pinv(information / np.outer(size, size), rcond=1e-12)
    return np.asarray(scaled / np.outer(size, size), float)


def members(codes: npt.ArrayLike) -> Floats:
    """(n, n): 1 where two rows are of one group, else 0; what the variance of the groups is multiplied with."""
    of = np.asarray(codes)
    return np.asarray(of[:, None] == of, float)


@dataclass(frozen=True, kw_only=True)
class _State:
    inverse: Floats
    covariance: Floats
    beta: Floats
    projection: Floats
    py: Floats
    deviance: float


class _Restricted:
    """The restricted likelihood of values of about unit variance."""

    def __init__(
        self,
        y: Floats,
        x: Floats,
        components: Sequence[Floats],
        positive: int,
        within_squares: float,
        within_df: int,
    ) -> None:
        self._y, self._x, self._components, self._positive = y, x, components, positive
        self._squares, self._within_df = within_squares, within_df

    def at(self, theta: Floats) -> _State:
        """Generalised least squares at these variances."""
        v = sum((t * part for t, part in zip(theta, self._components, strict=True) if t), np.zeros((len(self._y),) * 2))
        inverse = np.linalg.inv(v)
        xv = inverse @ self._x
        information = self._x.T @ xv
        covariance: Floats = np.asarray(np.linalg.inv(information), float)
        projection = inverse - xv @ covariance @ xv.T
        py = projection @ self._y
        deviance = float(np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1] + self._y @ py)
        deviance += self._within_df * math.log(theta[-1]) + self._squares / theta[-1]
        return _State(
            inverse=inverse,
            covariance=covariance,
            beta=covariance @ xv.T @ self._y,
            projection=projection,
            py=py,
            deviance=deviance,
        )

    def slope(self, state: _State, theta: Floats) -> Floats:
        """Of the deviance by θ."""
        slope = np.array(
            [float((state.projection * part).sum() - state.py @ part @ state.py) for part in self._components]
        )
        slope[-1] += self._within_df / theta[-1] - self._squares / theta[-1] ** 2
        return slope

    def information(self, state: _State, theta: Floats) -> Floats:
        """Expected information of θ, (k, k)."""
        parts = [state.projection @ part for part in self._components]
        found = 0.5 * np.array([[float((one * other.T).sum()) for other in parts] for one in parts])
        found[-1, -1] += self._within_df / (2 * theta[-1] ** 2)
        return found

    def likeliest(self) -> Floats:
        """Variances at the least deviance."""
        k = len(self._components)
        scale = np.array([max(float(np.trace(part)) / len(self._y), 1e-12) for part in self._components])

        def both(theta: Floats) -> tuple[float, Floats]:
            with np.errstate(all="ignore"):  # the search may try variances that no number holds
                try:
                    state = self.at(theta)
                except np.linalg.LinAlgError:
                    return _UNLIKELY, np.zeros(k)
                slope = self.slope(state, theta)
            is_finite = math.isfinite(state.deviance) and bool(np.isfinite(slope).all())
            return (state.deviance, slope) if is_finite else (_UNLIKELY, np.zeros(k))

        least = np.where(np.arange(k) >= k - self._positive, LEAST_SHARE / scale, 0.0)
        bounds = [(low, None) for low in least.tolist()]
        starts = [np.full(k, 1 / k) / scale, np.array([0.05] * (k - 1) + [1.0]) / scale]
        found = min(
            (
                minimize(both, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-9, "gtol": 1e-6})
                for start in starts
            ),
            key=lambda result: float(result.fun),
        )
        return self._polished(np.maximum(np.where(found.x * scale < LEAST_SHARE, 0.0, found.x), least), least)

    def _polished(self, theta: Floats, least: Floats) -> Floats:
        """Newton's steps by expected information among the components that are not zero."""
        state = self.at(theta)
        for _ in range(20):
            free = theta > 0
            slope = self.slope(state, theta)[free]
            information = self.information(state, theta)[np.ix_(free, free)]
            step = np.linalg.lstsq(2 * information, slope, rcond=None)[0]
            share = 1.0
            while share > 1e-6:
                tried = theta.copy()
                tried[free] -= share * step
                if (tried[free] > 0).all() and (tried >= least).all():
                    new = self.at(tried)
                    if new.deviance <= state.deviance:
                        break
                share /= 2
            else:
                return theta
            done = float(np.abs(tried - theta).max()) <= 1e-12 * float(theta.max())
            theta, state = tried, new
            if done:
                return theta
        return theta
