"""What the tests of an experiment compare is called, where it is neither a measure nor a class."""

from __future__ import annotations

from spines.vocabulary.classes import LEFT_OUT

DENSITY = "density"
DENSITY_WITHOUT = f"density without {LEFT_OUT}"
MATURITY = "maturity index"
UNCERTAIN = "share of uncertain spines"


def share_name(spine_class: str) -> str:
    """What the test of a class's share is called."""
    return f"share of {spine_class}"
