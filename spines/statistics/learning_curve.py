"""How a network's figure grows with the independent groups that it learnt from, and what more of them would bring.

The error, 1 less the figure, is taken to fall as a power of the number of groups: log error = a − b log groups, fitted
by least squares, a point a training. That holds for many learners over a wide range (Hestness and others 2017,
arXiv:1712.00409), and ends where labels disagree. The interval of the gain follows from the uncertainty of b and a by
Student's t with the points less two degrees of freedom. The scatter of the points has test sampling and training in it;
where it is less than the figures' own intervals say, as few points may lie on a line by chance, those are taken for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.stats import t as student

LEAST_SIZES = 3
"""Different numbers of groups: with two there is a line through any figures, and no interval."""
SMALLEST_ERROR = 1e-3
"""A figure of 1 on few spines is no error of 0."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """A training: the independent groups that it learnt from, and its figure, 0 to 1."""

    groups: int
    figure: float
    error: float = 0.0
    """Standard error of the figure by its test part."""


@dataclass(frozen=True, kw_only=True)
class Gain:
    """What so many more groups are expected to bring, with the 95 % interval."""

    more: int
    figure: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """A fitted curve."""

    intercept: float
    slope: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    degrees: int
    largest: int
    """Groups of the largest training: gains count from there."""

    def figure(self, groups: float) -> float:
        """The expected figure."""
        return 1 - float(np.exp(self.intercept + self.slope * log(groups)))

    def gain(self, more: int) -> Gain:
        """Of so many groups more than the largest training had; the interval by first-order propagation.

        Standard error of error(n) − error(m) from the gradient by intercept and slope, m being the larger number.
        """
        now, then = self.largest, self.largest + more
        errors = 1 - self.figure(now), 1 - self.figure(then)
        gradient = np.array([errors[0] - errors[1], errors[0] * log(now) - errors[1] * log(then)])
        error = float(np.sqrt(max(gradient @ np.array(self.covariance) @ gradient, 0)))
        reach = float(student.ppf(0.975, self.degrees)) * error
        gain = errors[0] - errors[1]
        return Gain(more=more, figure=self.figure(then), gain=gain, low=gain - reach, high=gain + reach)


def fit_learning_curve(points: Sequence[Point]) -> LearningCurve | None:
    """The curve through these trainings; None with fewer than `LEAST_SIZES` different numbers of groups."""
    known = [point for point in points if point.groups > 0]
    if len({point.groups for point in known}) < LEAST_SIZES:
        return None
    x = np.log([point.groups for point in known])
    y = np.log([max(1 - point.figure, SMALLEST_ERROR) for point in known])
    design = np.column_stack([np.ones_like(x), x])
    (intercept, slope), *_ = np.linalg.lstsq(design, y, rcond=None)
    degrees = len(known) - 2
    seen = float(((y - design @ [intercept, slope]) ** 2).sum()) / degrees
    stated = float(np.mean([(point.error / max(1 - point.figure, SMALLEST_ERROR)) ** 2 for point in known]))
    scatter = max(seen, stated)
    covariance = scatter * np.linalg.inv(design.T @ design)
    return LearningCurve(
        intercept=float(intercept),
        slope=float(slope),
        covariance=((covariance[0, 0], covariance[0, 1]), (covariance[1, 0], covariance[1, 1])),
        degrees=degrees,
        largest=max(point.groups for point in known),
    )
