"""Mean, standard deviation and interval of a few numbers, one an animal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit


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


def spread_of(values: Iterable[float | None]) -> Spread:
    """Spread of the values that are there. The interval is Student's, with n − 1 degrees of freedom.

    >>> spread_of([1.0, 2.0, 3.0, None])
    Spread(n=3, mean=2.0, sd=1.0, low=-0.48413..., high=4.48413...)
    """
    there = [value for value in values if value is not None]
    if not there:
        return Spread(n=0, mean=None, sd=None, low=None, high=None)
    mean = fmean(there)
    if len(there) == 1:
        return Spread(n=1, mean=mean, sd=None, low=None, high=None)
    sd = stdev(there)
    half = float(stdtrit(len(there) - 1, 0.975)) * sd / math.sqrt(len(there))
    return Spread(n=len(there), mean=mean, sd=sd, low=mean - half, high=mean + half)
