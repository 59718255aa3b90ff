"""From which score on a box is a spine: what such a threshold may be. Plain numbers, for pages, rules and networks."""

from __future__ import annotations

LOWEST_THRESHOLD = 0.1
"""Boxes are kept down to this score: below it the networks of today tell nothing from something no more."""

HIGHEST_THRESHOLD = 0.95

DIGITS = 2
"""A threshold is stated and kept to a hundredth: no set of reviewed images tells finer ones apart."""
