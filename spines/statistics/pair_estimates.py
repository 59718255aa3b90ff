"""What two conditions' animals say of their difference and their ratio, with what is not known of both."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spines.statistics.contrasts import Estimate, covariance_of_means, fieller, welch
from spines.statistics.litters import are_shared, fit_groups
from spines.statistics.rows import linearised
from spines.statistics.types import Group, Interval, Scale

Values = list[float]


@dataclass(frozen=True, kw_only=True)
class PairEstimate:
    """Two means on their scale, the errors of both, what these share, and the difference of the means."""

    scale: Scale
    low: float
    high: float
    errors: tuple[float, float]
    covariance: float
    difference: Estimate

    @property
    def points(self) -> tuple[float, float | None]:
        """Difference and ratio."""
        if self.scale is Scale.PLAIN:
            return self.high - self.low, self.high / self.low if self.low > 0 and self.high >= 0 else None
        return math.exp(self.high) - math.exp(self.low), math.exp(self.high - self.low)

    def intervals(self, level: float) -> tuple[Interval | None, Interval | None]:
        """Of the difference and of the ratio."""
        interval = self.difference.interval(level)
        if self.scale is not Scale.PLAIN:
            middle = math.exp((self.low + self.high) / 2)
            at = [2 * middle * math.sinh(end / 2) for end in interval]
            return Interval(*at), Interval(math.exp(interval.low), math.exp(interval.high))
        quantile = self.difference.quantile(level)
        ratio = fieller(self.low, self.high, errors=self.errors, covariance=self.covariance, quantile=quantile)
        return interval, ratio


@dataclass(frozen=True, kw_only=True)
class ComparedAnimals:
    """The values of two conditions' animals, in one order where `is_paired`.

    `litters` of the same animals, of those that are compared within animals once; empty where none is shared or taken
    in.
    """

    values: tuple[Values, Values]
    is_paired: bool
    litters: tuple[list[str], ...] = ()

    @property
    def vary(self) -> bool:
        """Whether anything does, beyond rounding."""
        return _difference(self.values, is_paired=self.is_paired) is not None

    def scaled(self, scale: Scale) -> tuple[Values, Values]:
        """The values as they are compared."""
        if scale is Scale.RATES:
            return linearised(self.values[0]), linearised(self.values[1])
        if scale is Scale.LOGS:
            return [math.log(value) for value in self.values[0]], [math.log(value) for value in self.values[1]]
        return self.values

    def raw(self, scale: Scale) -> tuple[float, float | None]:
        """Difference and ratio of the means."""
        of = self.scaled(scale) if scale is Scale.LOGS else self.values
        low, high = map(_mean, of)
        if scale is Scale.LOGS:
            low, high = math.exp(low), math.exp(high)
        return high - low, high / low if low > 0 and high >= 0 else None

    def told(self, scale: Scale) -> PairEstimate | None:
        """The estimate; None where nothing varies."""
        values = self.scaled(scale)
        if self.litters:
            return self._told_by_litters(values, scale)
        difference = _difference(values, is_paired=self.is_paired, is_plain=scale is Scale.PLAIN)
        if difference is None:
            return None
        errors = [found.error if (found := welch([(1.0, of)])) else 0.0 for of in values]
        return PairEstimate(
            scale=scale,
            low=_mean(values[0]),
            high=_mean(values[1]),
            errors=(errors[0], errors[1]),
            covariance=covariance_of_means(*values) if self.is_paired else 0.0,
            difference=difference,
        )

    def _told_by_litters(self, values: tuple[Values, Values], scale: Scale) -> PairEstimate | None:
        if self.is_paired:
            alone = [fit.estimate([1.0]) if (fit := fit_groups([of], self.litters)) else None for of in values]
            of_differences = fit_groups([differences(values)], self.litters)
            difference = of_differences.estimate([1.0]) if of_differences else None
        else:
            both = fit_groups(values, self.litters)
            alone = [both.estimate(weights) if both else None for weights in ([1.0, 0.0], [0.0, 1.0])]
            difference = both.estimate([-1.0, 1.0]) if both else None
        if difference is None:
            return None
        errors = [each.error if each else 0.0 for each in alone]
        low = alone[0].value if alone[0] else _mean(values[0])
        return PairEstimate(
            scale=scale,
            low=low,
            high=low + difference.value,
            errors=(errors[0], errors[1]),
            covariance=(errors[0] ** 2 + errors[1] ** 2 - difference.error**2) / 2,
            difference=difference,
        )


def compared_animals(first: Group, second: Group, *, is_paired: bool) -> ComparedAnimals:
    """The animals that a comparison rests on: where paired those in both, those of known litter where that counts."""
    names = [list(first.animal_means), list(second.animal_means)]
    if is_paired:
        names = [[name for name in names[0] if name in second.animal_means]] * 2
    if first.litters is not None and second.litters is not None:
        known = first.litters | second.litters
        names = [[name for name in of if name in known] for of in names]
        litters = [[known[name] for name in of] for of in names[: 1 if is_paired else 2]]
    else:
        litters = []
    return ComparedAnimals(
        values=([first.animal_means[name] for name in names[0]], [second.animal_means[name] for name in names[1]]),
        is_paired=is_paired,
        litters=tuple(litters) if are_shared(litters) else (),
    )


def differences(values: tuple[Values, Values]) -> Values:
    """Second less first, an animal each."""
    return [b - a for a, b in zip(*values, strict=True)]


def _difference(values: tuple[Values, Values], *, is_paired: bool, is_plain: bool = True) -> Estimate | None:
    """None where nothing varies beyond rounding, which of logarithms is that of 1."""
    if is_paired:
        size = max((abs(value) for of in values for value in of), default=0.0)
        return welch([(1.0, differences(values))], size=size if is_plain else max(size, 1.0))
    return welch([(-1.0, values[0]), (1.0, values[1])])


def _mean(values: Values) -> float:
    return math.fsum(values) / len(values)
