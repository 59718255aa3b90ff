"""What a contrast of conditions is estimated at, from one number an animal, and Student's inference on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from spines.statistics.types import Interval

_ROUNDING = 1e-10


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A contrast: its value, its standard error above zero, and the degrees of freedom of that."""

    value: float
    error: float
    df: float

    @property
    def t(self) -> float:
        """Student's t."""
        return self.value / self.error

    @property
    def p_value(self) -> float:
        """Two-sided."""
        return 2 * float(stdtr(self.df, -abs(self.t))) if math.isfinite(self.df) else math.erfc(abs(self.t) / 2**0.5)

    def quantile(self, level: float = 0.95) -> float:
        """Of Student's t, for an interval of this confidence."""
        # Above some thousand degrees of freedom the distributions are one.
        return float(stdtrit(min(self.df, 1e6), (1 + level) / 2))

    def interval(self, level: float = 0.95) -> Interval:
        """Of the value."""
        half = self.quantile(level) * self.error
        return Interval(self.value - half, self.value + half)


def welch(samples: Iterable[tuple[float, npt.ArrayLike]], *, size: float = 0.0) -> Estimate | None:
    """A weighted sum of the means of independent samples, each with a variance of its own.

    Parameters
    ----------
    samples : weight and values, one an animal, two at least.
    size : of what differences within animals were made from: of values that are alike rounding leaves something, which
        is nothing beside it.

    Returns
    -------
    Estimate with Welch's and Satterthwaite's degrees of freedom (Welch 1947, doi:10.1093/biomet/34.1-2.28;
    Satterthwaite 1946, doi:10.2307/3002019), or None where no sample varies. Of one sample it is Student's.
    """
    value = variance = of_variance = 0.0
    largest = size
    for weight, numbers in samples:
        sample = np.asarray(numbers, float)
        mean = float(sample.mean())
        part = weight**2 * float(sample.var(ddof=1)) / len(sample)
        value += weight * mean
        variance += part
        of_variance += part**2 / (len(sample) - 1)
        largest = max(largest, abs(weight) * float(np.abs(sample).max()))
    if math.sqrt(variance) <= _ROUNDING * largest:
        return None
    return Estimate(value=value, error=math.sqrt(variance), df=variance**2 / of_variance)


def fieller(
    below: float, above: float, *, errors: tuple[float, float], covariance: float = 0.0, quantile: float
) -> Interval | None:
    """Interval of above/below (Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x).

    It holds the ratios r for which above − r below is less than `quantile` of its standard errors away from zero, so it
    leaves out 1 exactly where the difference is significant. `errors` are of below and above. None where the divisor
    cannot be told from zero, when no finite interval exists, or a mean is negative.
    """
    if below <= 0 or above < 0:
        return None
    square = quantile**2
    a = below**2 - square * errors[0] ** 2
    b = below * above - square * covariance
    c = above**2 - square * errors[1] ** 2
    root = b**2 - a * c
    if a <= 0 or root < 0:
        return None
    return Interval((b - math.sqrt(root)) / a, (b + math.sqrt(root)) / a)


def covariance_of_means(first: Sequence[float], second: Sequence[float]) -> float:
    """Of two conditions of the same animals, in the same order."""
    return float(np.cov(first, second)[0, 1]) / len(first)
