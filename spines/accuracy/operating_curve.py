"""Precision and recall against the detector's threshold, from images where people said what is a spine. Plain numpy.

Intervals are of drawing whole groups of spines with replacement, animals where there are enough and images otherwise,
as spines of one image are found or missed together. Percentiles are expanded for few groups after Hesterberg (2015),
The American Statistician 69:371–386, section 5.3: without that, an interval of five groups holds the true value in
some 85 % instead of 95 %.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from spines.vocabulary.operating_points import DIGITS, HIGHEST_THRESHOLD, LOWEST_THRESHOLD

LEAST_GROUPS = 5
"""Of images, or of animals, that intervals are drawn from."""

LEAST_SPINES = 50
"""Reviewed ones: of fewer, one spine moves a share by more than two points."""

DRAWS = 2000

Floats = NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class ReviewedImage:
    """What people said of an image, beside what the detector said of it.

    `right` are the scores of boxes on spines, `wrong` those of boxes on none, however low they are; `spines` counts all
    spines that people see, those without any box, too. `animal` is None where nobody named it.
    """

    right: Sequence[float]
    wrong: Sequence[float]
    spines: int
    animal: Hashable | None = None
    complete_from: float = LOWEST_THRESHOLD


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """What a threshold gives: shares with their 95 % intervals, None where nothing is to be shared.

    `boxes` are those at or above it, `right` those of them that are on a spine. `count_ratio` is boxes over spines: 1
    where as many are counted as there are.
    """

    threshold: float
    boxes: int
    right: int
    precision: float | None
    precision_95: Interval | None
    recall: float
    recall_95: Interval
    f1: float
    count_ratio: float


@dataclass(frozen=True, kw_only=True)
class OperatingCurve:
    """Points from the lowest threshold up to which all boxes are known, and what they rest on."""

    points: list[CurvePoint]
    images: int
    spines: int
    animals: int
    drawn: str
    """What was drawn for the intervals: "animals" or "images"."""

    def at(self, threshold: float) -> CurvePoint | None:
        """The point of a threshold; None outside the curve."""
        return next((point for point in self.points if abs(point.threshold - threshold) < 1e-9), None)

    @property
    def best(self) -> CurvePoint:
        """Where F1 is highest; of several the lowest threshold."""
        return max(self.points, key=lambda point: (round(point.f1, 9), -point.threshold))


def is_enough(images: Sequence[ReviewedImage]) -> bool:
    """Whether a curve may be drawn."""
    return len(images) >= LEAST_GROUPS and sum(image.spines for image in images) >= LEAST_SPINES


def operating_curve(images: Sequence[ReviewedImage], *, seed: int = 0) -> OperatingCurve:
    """Precision and recall at every hundredth, of images that are enough (`is_enough`)."""
    lowest = max(image.complete_from for image in images)
    thresholds: Floats = np.arange(LOWEST_THRESHOLD, HIGHEST_THRESHOLD + 1e-9, 10**-DIGITS).round(DIGITS)
    thresholds = thresholds[thresholds >= lowest - 1e-9]
    animals = {image.animal for image in images}
    by_animal = None not in animals and len(animals) >= LEAST_GROUPS
    group_of = {animal: n for n, animal in enumerate(animals)}
    groups = len(animals) if by_animal else len(images)
    right, wrong = np.zeros((2, groups, len(thresholds)))
    spines = np.zeros(groups)
    for n, image in enumerate(images):
        at = group_of[image.animal] if by_animal else n
        right[at] += _at_least(image.right, thresholds)
        wrong[at] += _at_least(image.wrong, thresholds)
        spines[at] += image.spines
    whole = np.ones((1, groups))
    precision, recall = _shares(whole, right, wrong, spines)
    drawn = np.random.default_rng(seed).multinomial(groups, [1 / groups] * groups, size=DRAWS)
    of_draws = [_interval(shares, groups) for shares in _shares(drawn.astype(float), right, wrong, spines)]
    totals = right.sum(axis=0), wrong.sum(axis=0), float(spines.sum())
    return OperatingCurve(
        points=[_point(n, thresholds, totals, precision[0], recall[0], *of_draws) for n in range(len(thresholds))],
        images=len(images),
        spines=int(spines.sum()),
        animals=len(animals - {None}),
        drawn="animals" if by_animal else "images",
    )


def _at_least(scores: Sequence[float], thresholds: Floats) -> Floats:
    ordered = np.sort(np.asarray(scores, float))
    return (len(ordered) - np.searchsorted(ordered, thresholds - 1e-9)).astype(float)


def _shares(drawn: Floats, right: Floats, wrong: Floats, spines: Floats) -> tuple[Floats, Floats]:
    """Precision and recall, (draws, thresholds) each, of groups taken so many times; NaN of nothing."""
    hits = drawn @ right
    boxes = hits + drawn @ wrong
    of_all = np.broadcast_to((drawn @ spines)[:, None], hits.shape)
    nothing = np.full(hits.shape, np.nan)
    return (
        np.divide(hits, boxes, out=nothing.copy(), where=boxes > 0),
        np.divide(hits, of_all, out=nothing, where=of_all > 0),
    )


def _interval(shares: Floats, groups: int) -> Floats:
    """(2, thresholds): the expanded percentiles of the draws that gave a share."""
    tail = float(stats.norm.cdf(-np.sqrt(groups / (groups - 1)) * stats.t.ppf(0.975, groups - 1)))
    known = np.where(np.isnan(shares).all(axis=0), 0.0, shares)
    return np.asarray(np.nanquantile(known, [tail, 1 - tail], axis=0))


def _point(
    n: int, thresholds: Floats, totals: tuple[Floats, Floats, float], precision: Floats, recall: Floats, *of: Floats
) -> CurvePoint:
    hits, misses, spines = float(totals[0][n]), float(totals[1][n]), totals[2]
    of_precision, of_recall = ((float(low), float(high)) for low, high in (of[0][:, n], of[1][:, n]))
    known = hits + misses > 0
    return CurvePoint(
        threshold=float(thresholds[n]),
        boxes=int(hits + misses),
        right=int(hits),
        precision=float(precision[n]) if known else None,
        precision_95=of_precision if known else None,
        recall=float(recall[n]),
        recall_95=of_recall,
        f1=2 * hits / (hits + misses + spines),
        count_ratio=(hits + misses) / spines,
    )
