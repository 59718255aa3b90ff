"""How numbers are written: on pages, in the result in words, in reports, in notes of tables, at the pointer of a chart.

A unit says with how many decimals one thing is written. Means of many, their spreads, differences and intervals have
one decimal more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor

NONE = "–"
MINUS = "−"
LEVEL = 0.05
"""A p-value below it is marked."""
_NOTHING = 1e-9  # smaller than anything that is measured here: what is left of rounding


def _signed(text: str) -> str:
    text = text.replace("-", MINUS)
    return text.removeprefix(MINUS) if not any(digit in text for digit in "123456789") else text


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit: its symbol, the decimals of one thing, what a number is multiplied with to be in it."""

    symbol: str = ""
    decimals: int = 2
    times: float = 1.0
    of_difference: str = ""
    """The symbol of a difference, where it is another."""

    def value(self, number: float | None) -> str:
        """Of one spine, dendrite, image or animal; a dash where there is none."""
        return self._text(number, self.decimals)

    def mean(self, number: float | None) -> str:
        """A mean, a standard deviation, or a difference of means."""
        return self._text(number, self.decimals + 1)

    def mean_sd(self, mean: float | None, sd: float | None) -> str:
        """A mean ± standard deviation, as far as there are both."""
        return self.mean(mean) + (f" ± {self.mean(sd)}" if mean is not None and sd is not None else "")

    def between(self, low: float | None, high: float | None) -> str:
        """An interval of a mean or a difference; a dash where there is none."""
        return NONE if low is None or high is None else f"{self.mean(low)} to {self.mean(high)}"

    def said(self, number: float | None) -> str:
        """A mean with its unit, in a sentence."""
        return f"{self.mean(number)} {self.symbol}".rstrip()

    @property
    def difference_symbol(self) -> str:
        """What stands after a difference."""
        return self.of_difference or self.symbol

    def at_pointer(self, axis: str) -> str:
        """The part of a Plotly template that writes the value on an axis ("x" or "y") of one thing."""
        return f"%{{{axis}:,.{self.decimals}f}} {self.symbol}".rstrip()

    def mean_at_pointer(self, axis: str) -> str:
        """The same of a mean."""
        return f"%{{{axis}:,.{self.decimals + 1}f}} {self.symbol}".rstrip()

    def _text(self, number: float | None, decimals: int) -> str:
        return NONE if number is None else _signed(f"{self.times * number:,.{decimals}f}")


UM = Unit(symbol="µm")
UM2 = Unit(symbol="µm²")
DENDRITE_UM = Unit(symbol="µm", decimals=1)
"""Of dendrites, together or each."""
PER_UM = Unit(symbol="per µm")
PER_10_UM = Unit(symbol="per 10 µm", decimals=1, times=10)
SHARE = Unit(symbol="%", decimals=0, times=100, of_difference="points")
INDEX = Unit(decimals=1)
"""A ratio of counts or of means, an effect size: of many, so with two decimals."""
PLAIN = Unit()
"""A probability or a score."""


def number(value: float | None, digits: int = 3) -> str:
    """A number of any size with so many significant digits, never as a power of ten.

    >>> number(0.123456), number(1234.5), number(None), number(-0.0000212)
    ('0.123', '1,234', '–', '−0.0000212')
    """
    if value is None:
        return NONE
    if abs(value) < _NOTHING:
        return "0"
    if abs(value) >= 1000:
        return _signed(f"{value:,.0f}")
    return _signed(format(Decimal(f"{value:.{digits}g}"), "f"))


def count(value: int | None) -> str:
    """A whole number; a dash where nobody counted.

    >>> count(12345), count(None)
    ('12,345', '–')
    """
    return NONE if value is None else f"{value:,}"


def in_words(value: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> in_words(1, "spine"), in_words(1204, "spine"), in_words(2, "body", "bodies")
    ('1 spine', '1,204 spines', '2 bodies')
    """
    return f"{count(value)} {one if value == 1 else many or one + 's'}"


def share(part: int, whole: int) -> str:
    """A share of counts in whole percent, rounded.

    >>> share(2, 3), share(0, 0)
    ('67 %', '–')
    """
    return f"{SHARE.value(part / whole)} {SHARE.symbol}" if whole else NONE


def change(after: int, before: int) -> str:
    """A difference of counts with its sign.

    >>> change(12, 9), change(1, 1204), change(3, 3)
    ('+3', '−1,203', '0')
    """
    return _signed(f"{after - before:+,}") if after != before else "0"


def p_value(p: float | None) -> str:
    """A p-value: three decimals below 0.1, else two. What is below 0.05 is never rounded up to it.

    >>> p_value(0.00001), p_value(0.0342), p_value(0.4), p_value(0.04996), p_value(None)
    ('< 0.001', '0.034', '0.40', '0.0499', '–')
    """
    if p is None:
        return NONE
    if p < 0.001:
        return "< 0.001"
    if p < LEVEL and round(p, 3) >= LEVEL:
        return f"{floor(p * 10_000) / 10_000:.4f}"
    return f"{p:.3f}" if round(p, 3) < 0.1 else f"{p:.2f}"


def p_in_words(p: float | None) -> str:
    """The same in a sentence.

    >>> p_in_words(0.01234), p_in_words(0.00001)
    ('p = 0.012', 'p < 0.001')
    """
    text = p_value(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def confidence(level: float) -> str:
    """Of an interval, in percent: as many decimals as tell it from 100.

    >>> confidence(0.95), confidence(0.975), confidence(0.99875)
    ('95 %', '97.5 %', '99.87 %')
    """
    percent = floor(10_000 * level + 1e-6) / 100
    return f"{percent:g} %"


def listed(texts: Iterable[str]) -> str:
    """A, B and C.

    >>> listed(["A", "B", "C"]), listed(["A"]), listed([])
    ('A, B and C', 'A', '')
    """
    every: Sequence[str] = list(texts)
    return " and ".join(filter(None, (", ".join(every[:-1]), every[-1]))) if every else ""
