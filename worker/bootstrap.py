"""Intervals by drawing independent groups with replacement. Plain numpy, for training and for serving alike.

Images of one animal, dendrite or acquisition resemble each other, so a group is drawn as a whole. Percentiles of a few
groups lie too close together; they are moved out as Student's t and the divisor n − 1 ask for (Hesterberg, The American
Statistician 69:371, 2015, section 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

DRAWS = 2000
CONFIDENCE = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One figure of a network less that of another on the same images, with the 95 % interval of paired draws."""

    value: float
    low: float
    high: float


def by_group(counts: Floats, groups: Sequence[str]) -> Floats:
    """Sum (images, …) over the images of a group: (groups, …). An image with the group "" is one of its own."""
    names = [name or f"\0{number}" for number, name in enumerate(groups)]
    _, where = np.unique(names, return_inverse=True)
    summed = np.zeros((len(set(names)), *counts.shape[1:]))
    np.add.at(summed, where, counts)
    return summed


def drawn_sums(counts: Floats) -> Floats:
    """(DRAWS, …) sums over groups drawn with replacement from (groups, …); the same draws at every call."""
    return np.asarray(np.tensordot(_times_drawn(len(counts)), counts, axes=1), np.float64)


@lru_cache(maxsize=64)
def _times_drawn(groups: int) -> Floats:
    """(DRAWS, groups): how often each group is drawn."""
    if not groups:
        return np.zeros((DRAWS, 0))
    random = np.random.default_rng(0)
    return random.multinomial(groups, np.full(groups, 1 / groups), DRAWS).astype(np.float64)


def interval(drawn: Floats, groups: int, *, bounds: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """The 95 % interval of drawn figures; `bounds`, within which the figure must lie, where one group says nothing."""
    if groups < 2:
        return bounds
    tail = (1 - CONFIDENCE) / 2
    moved = ndtr(-math.sqrt(groups / (groups - 1)) * stdtrit(groups - 1, 1 - tail))
    low, high = np.quantile(drawn, [moved, 1 - moved])
    return float(low), float(high)


def paired_difference(counts: Floats, other_counts: Floats, figure: Callable[[Floats], Floats]) -> Difference:
    """A figure of (groups, …) counts less that of another network's over the same groups in the same order."""
    drawn = figure(drawn_sums(counts)) - figure(drawn_sums(other_counts))
    low, high = interval(drawn, len(counts), bounds=(-1.0, 1.0))
    value = figure(counts.sum(axis=0)) - figure(other_counts.sum(axis=0))
    return Difference(value=float(value), low=low, high=high)
