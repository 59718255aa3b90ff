"""Numbers and lists as a report writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from spines.selectors.spread import Spread

NONE = "–"
MINUS = "−"
_NOTHING = 1e-9  # smaller than anything that is measured here: what is left of rounding


def number(value: float | None, digits: int = 3) -> str:
    """A measured number with so many significant digits, never as a power of ten.

    >>> number(0.123456), number(1234.5), number(None), number(-0.0000212)
    ('0.123', '1,234', '–', '−0.0000212')
    """
    if value is None:
        return NONE
    if abs(value) < _NOTHING:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", MINUS)
    return format(Decimal(f"{value:.{digits}g}"), "f").replace("-", MINUS)


def count(value: int) -> str:
    """A whole number.

    >>> count(12345)
    '12,345'
    """
    return f"{value:,}"


def percent(share: float | None) -> str:
    """A share of 1.

    >>> percent(0.1234)
    '12.3 %'
    """
    return NONE if share is None else f"{100 * share:.1f} %"


def p_value(p: float | None) -> str:
    """As papers write it.

    >>> p_value(0.00001), p_value(0.0342), p_value(None)
    ('< 0.001', '0.034', '–')
    """
    if p is None:
        return NONE
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def mean_sd(spread: Spread) -> str:
    """Mean and standard deviation.

    >>> mean_sd(Spread(n=3, mean=1.5, sd=0.2, low=1.0, high=2.0))
    '1.5 ± 0.2'
    """
    if spread.mean is None:
        return NONE
    return f"{number(spread.mean)} ± {number(spread.sd, 2)}" if spread.sd is not None else number(spread.mean)


def interval(low: float | None, high: float | None) -> str:
    """A 95 % interval.

    >>> interval(-0.21, 1.5), interval(None, None)
    ('−0.21 to 1.5', '–')
    """
    return NONE if low is None or high is None else f"{number(low)} to {number(high)}"


def listed(texts: Iterable[str]) -> str:
    """A, B and C.

    >>> listed(["A", "B", "C"]), listed(["A"]), listed([])
    ('A, B and C', 'A', '')
    """
    every: Sequence[str] = list(texts)
    return " and ".join(filter(None, (", ".join(every[:-1]), every[-1]))) if every else ""
