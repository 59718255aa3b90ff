"""How figures of networks are printed."""

from __future__ import annotations


def figure(value: float | None) -> str:
    """Three decimals; a dash for none.

    >>> figure(0.91249), figure(None)
    ('0.912', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def signed(value: float | None) -> str:
    """Three decimals with the sign.

    >>> signed(0.0284), signed(-0.01), signed(None)
    ('+0.028', '−0.010', '–')
    """
    return "–" if value is None else f"{value:+.3f}".replace("-", "−")


def percent(value: float | None) -> str:
    """A share in percent with one decimal; a dash for none."""
    return "–" if value is None else f"{100 * value:.1f} %"
