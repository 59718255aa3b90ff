"""How well people agree on where spines are, how many, and how they are outlined.

Two boxes are of one spine by the centre rule (`spines.accuracy.matching`): the centre of one lies within half the
longer side of the other from its centre.

References
----------
Bland & Altman 1986, Lancet 327:307; Dice 1945, Ecology 26:297.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from spines.accuracy.matching import centre_closeness, match_nearest
from spines.measure.polygons import inside_polygon
from spines.statistics.agreement import Interval, with_interval

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""
Outline = NDArray[np.float64]
"""(k, 2) closed polygon in pixels."""
OF_NORMAL = 1.96
_CELLS = 256


def in_common(first: Sequence[Box], second: Sequence[Box]) -> float:
    """Spines that two marked both. Each is the other's reference in turn: where the two counts differ, their mean."""
    return (len(match_nearest(first, second)) + len(match_nearest(second, first))) / 2


def f1(pictures: Sequence[tuple[Sequence[Box], Sequence[Box]]]) -> float | None:
    """Twice what two marked both over all that they marked, over pictures together; None where neither marked any.

    It is the F1 of either, held against the other: which of them is right does not matter to it.
    """
    return shared([(in_common(first, second), len(first), len(second)) for first, second in pictures])


def shared(counts: Sequence[tuple[float, int, int]]) -> float | None:
    """`f1` from (in common, marked by the first, marked by the second) of each picture."""
    marked = sum(first + second for _, first, second in counts)
    return 2 * sum(both for both, _, _ in counts) / marked if marked else None


def spines_marked(layers: Sequence[Sequence[Box]]) -> list[dict[int, int]]:
    """The spines that any of several people marked in one picture.

    Parameters
    ----------
    layers
        The boxes of each.

    Returns
    -------
    list of dict
        For each spine: who marked it → which of their boxes. The nearest boxes of two are joined first, whoever comes
        first; nobody has two boxes of one spine. In the order of their topmost boxes.
    """
    own = [(who, at) for who, layer in enumerate(layers) for at in range(len(layer))]
    pairs = []
    for one, two in combinations(range(len(layers)), 2):
        near = np.maximum(centre_closeness(layers[one], layers[two]), centre_closeness(layers[two], layers[one]).T)
        pairs += [(-float(near[a, b]), (one, int(a)), (two, int(b))) for a, b in np.argwhere(near > -np.inf)]
    of: dict[tuple[int, int], dict[int, int]] = {(who, at): {who: at} for who, at in own}
    for _, first, second in sorted(pairs):
        here, there = of[first], of[second]
        if here is there or here.keys() & there.keys():
            continue
        here |= there
        for key in there.items():
            of[key] = here
    found = {id(spine): spine for spine in of.values()}.values()
    return sorted(found, key=lambda spine: min((layers[who][at][1], layers[who][at][0]) for who, at in spine.items()))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bland and Altman's: the mean difference and where 95 % of differences lie; None below two pairs."""

    n: int
    bias: Interval
    low: float | None
    high: float | None


def bland_altman(first: Sequence[float | None], second: Sequence[float | None], groups: Sequence[Hashable]) -> Limits:
    """First less second, over the pictures or spines that both measured; the bias has an interval over animals."""
    pairs = zip(first, second, groups, strict=True)
    rows = [(a - b, group) for a, b, group in pairs if a is not None and b is not None]
    differences = [difference for difference, _ in rows]
    bias = with_interval(lambda some: float(np.mean(some)) if some else None, differences, [group for _, group in rows])
    if bias.value is None or len(rows) < 2:
        return Limits(n=len(rows), bias=bias, low=None, high=None)
    reach = OF_NORMAL * float(np.std(differences, ddof=1))
    return Limits(n=len(rows), bias=bias, low=bias.value - reach, high=bias.value + reach)


def dice(first: Outline, second: Outline) -> float:
    """Twice the area that two outlines share over the sum of their areas, counted on a grid of 256 × 256 places.

    >>> square = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], float)
    >>> round(dice(square, square + [2, 0]), 1)
    0.5
    """
    both = np.concatenate([first, second])
    low, high = both.min(axis=0), both.max(axis=0)
    steps = (np.arange(_CELLS) + 0.5) / _CELLS
    x, y = np.meshgrid(low[0] + steps * (high[0] - low[0]), low[1] + steps * (high[1] - low[1]))
    places = np.column_stack([x.ravel(), y.ravel()])
    in_first, in_second = inside_polygon(first, places), inside_polygon(second, places)
    total = int(in_first.sum()) + int(in_second.sum())
    return 2 * float((in_first & in_second).sum()) / total if total else 0.0


def extent(outline: Outline) -> float:
    """The greatest distance of two points of an outline, in its unit.

    >>> extent(np.array([[0, 0], [3, 0], [3, 4]], float))
    5.0
    """
    return float(np.hypot(*(outline[:, None] - outline[None]).transpose(2, 0, 1)).max())
