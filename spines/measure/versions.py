"""Numbers that change when a figure would: each result keeps those that made it.

A change of tracing, seating, outlines, midlines or formulas that moves a figure of `tests/domain/golden_measures.json`
needs the next number here; the test of that file fails until it has it.
"""

TRACING_VERSION = 1
"""Of `spines.measure.tracing`: where the dendrites run."""

MEASURES_VERSION = 1
"""Of what is measured of a spine on given dendrites."""
