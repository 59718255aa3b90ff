"""Mean, standard deviation and interval of a few numbers, one an animal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit

LEAST_FOR_INTERVAL = 3
"""Numbers: of two the interval is twelve standard errors wide and says nothing."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Of `n` numbers: their mean, their standard deviation, and the mean's 95 % interval; None where n is too small."""

    n: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None

    def times(self, factor: float) -> Spread:
        """The same in another unit."""
        mean, sd, low, high = (None if v is None else factor * v for v in (self.mean, self.sd, self.low, self.high))
        return Spread(n=self.n, mean=mean, sd=sd, low=low, high=high)

    @property
    def below(self) -> float:
        """From the interval's low end to the mean; 0 without an interval."""
        return 0.0 if self.low is None or self.mean is None else self.mean - self.low

    @property
    def above(self) -> float:
        """From the mean to the interval's high end; 0 without an interval."""
        return 0.0 if self.high is None or self.mean is None else self.high - self.mean


def spread_of(values: Iterable[float | None], *, most: float | None = None) -> Spread:
    """Spread of the values that are there: densities, measures, or shares, which are at `most` 1.

    The interval is of three values or more, Student's with n − 1 degrees of freedom, taken on the scale on which it
    stays among possible values: of logarithms of the mean, or of its log odds where there is a most. None where the
    mean itself is at an end of that scale.

    >>> spread_of([1.0, 2.0, 3.0, None])
    Spread(n=3, mean=2.0, sd=1.0, low=0.5775..., high=6.9255...)
    >>> spread_of([0.1, 0.4]).low is None, spread_of([0.8, 0.9, 1.0], most=1).high < 1
    (True, True)
    """
    there = [value for value in values if value is not None]
    if not there:
        return Spread(n=0, mean=None, sd=None, low=None, high=None)
    mean = fmean(there)
    if len(there) == 1:
        return Spread(n=1, mean=mean, sd=None, low=None, high=None)
    sd = stdev(there)
    half = float(stdtrit(len(there) - 1, 0.975)) * sd / math.sqrt(len(there))
    low, high = _among_possible(mean, half, most) if len(there) >= LEAST_FOR_INTERVAL else (None, None)
    return Spread(n=len(there), mean=mean, sd=sd, low=low, high=high)


def _among_possible(mean: float, half: float, most: float | None) -> tuple[float | None, float | None]:
    if mean <= 0 or (most is not None and mean >= most):
        return None, None
    if most is None:
        times = math.exp(half / mean)
        return mean / times, mean * times
    odds, times = mean / (most - mean), math.exp(half * most / (mean * (most - mean)))
    return most * odds / times / (1 + odds / times), most * odds * times / (1 + odds * times)
