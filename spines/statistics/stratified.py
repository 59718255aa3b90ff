"""A share in a population that was sampled apart in each of its groups, with an interval that stays within 0 and 1."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Z_95 = 1.959964


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """A group: how many there are, how many of them were looked at, and of how many it was so."""

    there: float
    seen: int
    hits: int


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share with its 95 % interval; None where nothing was looked at. `seen` of `there` were looked at, `hits` so."""

    seen: int
    hits: int
    there: float = 0.0
    share: float | None = None
    low: float | None = None
    high: float | None = None
    worth: float = 0.0
    """Answers of a simple random sample that would say as much, were there no end of them (Kish 1965)."""

    @property
    def half_width(self) -> float | None:
        """Half of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    def still_needed(self, half_width: float) -> int:
        """About how many more answers make the interval so narrow, at most all that are left; 0 where it is.

        >>> share_of([Stratum(there=100, seen=10, hits=9)]).still_needed(0.05)
        49
        >>> share_of([Stratum(there=100_000, seen=10, hits=9)]).still_needed(0.05)
        129
        """
        if self.share is None or self.half_width is None or self.half_width <= half_width:
            return 0
        spread = max(self.share * (1 - self.share), half_width * (1 - half_width))
        endless = Z_95**2 * spread / half_width**2 * self.seen / self.worth
        needed = endless / (1 + endless / self.there)
        return max(1, math.ceil(needed - self.seen))


def share_of(strata: Iterable[Stratum]) -> Share:
    """The share in all groups together, each weighed by how many there are; groups nobody looked at are left out.

    Wilson's interval (1927) of the effective number of answers, with the correction for a finite population: where all
    was looked at, the interval is the share itself.

    >>> half = share_of([Stratum(there=1000, seen=50, hits=40), Stratum(there=1000, seen=50, hits=50)])
    >>> half.share, round(half.low, 3), round(half.high, 3)
    (0.9, 0.828, 0.944)
    >>> share_of([Stratum(there=3000, seen=10, hits=10), Stratum(there=1000, seen=10, hits=0)]).share
    0.75
    >>> whole = share_of([Stratum(there=20, seen=20, hits=5)])
    >>> whole.low, whole.share, whole.high
    (0.25, 0.25, 0.25)
    """
    looked_at = [stratum for stratum in strata if stratum.seen]
    seen, hits = sum(s.seen for s in looked_at), sum(s.hits for s in looked_at)
    there = sum(s.there for s in looked_at)
    if not seen or not there:
        return Share(seen=seen, hits=hits)
    weights = [s.there / there for s in looked_at]
    share = sum(w * s.hits / s.seen for w, s in zip(weights, looked_at, strict=True))
    left = 1 - seen / there
    worth = 1 / sum(w * w / s.seen for w, s in zip(weights, looked_at, strict=True))
    low, high = (share, share) if left <= 0 else wilson(share, worth / left)
    return Share(seen=seen, hits=hits, there=there, share=share, low=low, high=high, worth=worth)


def wilson(share: float, n: float) -> tuple[float, float]:
    """Of a share among n, which may be a fraction (Wilson 1927)."""
    middle = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
