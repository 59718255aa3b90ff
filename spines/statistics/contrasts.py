"""One condition against another, from a fitted model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit

from spines.statistics.types import FittedModel, Interval, ModelKind


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Second less first and second over first, with Student's t on the model's degrees of freedom."""

    difference: float
    difference_interval: Interval
    ratio: float | None
    ratio_interval: Interval | None
    t: float
    p_value: float


def contrast(model: FittedModel, first: str, second: str) -> Contrast | None:
    """Compare two conditions of the model, which animals do not share; None where the standard error is zero."""
    low, high = model.means[first], model.means[second]
    low_error, high_error = model.standard_errors[first], model.standard_errors[second]
    error = math.hypot(low_error, high_error)
    if not error > 0:
        return None
    difference = high - low
    quantile = float(stdtrit(model.df, 0.975))
    ratio = high / low if low > 0 and high >= 0 else None
    t = difference / error
    interval = fieller(low, low_error, high, high_error, quantile)
    if model.kind is ModelKind.NEGATIVE_BINOMIAL:
        if not (low > 0 and high > 0):
            return None
        log_error = math.hypot(low_error / low, high_error / high)
        t = math.log(high / low) / log_error
        interval = Interval(*(high / low * math.exp(sign * quantile * log_error) for sign in (-1, 1)))
    return Contrast(
        difference=difference,
        difference_interval=Interval(difference - quantile * error, difference + quantile * error),
        ratio=ratio,
        ratio_interval=interval,
        t=t,
        p_value=2 * float(stdtr(model.df, -abs(t))),
    )


def fieller(below: float, below_error: float, above: float, above_error: float, quantile: float) -> Interval | None:
    """Interval of above/below, two independent estimates (Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x).

    None where the divisor cannot be told from zero, when no finite interval exists, or a mean is negative.
    """
    if below <= 0 or above < 0:
        return None
    g = (quantile * below_error / below) ** 2
    if g >= 1:
        return None
    ratio = above / below
    half = quantile / below * math.sqrt(above_error**2 + ratio**2 * below_error**2 - g * above_error**2)
    return Interval((ratio - half) / (1 - g), (ratio + half) / (1 - g))
