"""Numbers in templates, as `spines.vocabulary.numbers` writes them. Every template has these filters."""

from __future__ import annotations

from django import template

from spines.selectors.measures import MEASURE_NAMES
from spines.vocabulary import numbers
from webapp.results.shown_tests import unit_of

register = template.Library()

register.filter("share_of", numbers.share)
register.filter("change_from", numbers.change)


@register.filter
def probability(value: float | None) -> str:
    """A probability or a detector's score."""
    return numbers.PLAIN.value(value)


@register.filter
def dendrite_um(value: float | None) -> str:
    """A length of dendrite or a place along one, without its unit."""
    return numbers.DENDRITE_UM.value(value)


@register.filter
def per_um(value: float | None) -> str:
    """A density of one dendrite, image or whole, without its unit."""
    return numbers.PER_UM.value(value)


@register.filter
def per_10_um(value: float | None) -> str:
    """A density per 10 µm, without its unit."""
    return numbers.PER_10_UM.value(value)


@register.filter
def measured(value: float | None, measure: str) -> str:
    """One spine's value of a measure, without its unit."""
    return unit_of(MEASURE_NAMES[measure].axis).value(value)
