"""Numbers in templates, as `spines.vocabulary.numbers` writes them. Every template has these filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from spines.models import Experiment
from spines.vocabulary import numbers
from spines.vocabulary.classes import DEFAULT, NETWORK_CLASSES, ClassSet, SpineClass
from spines.vocabulary.measures import MEASURES, Measure

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


@register.simple_tag
def measures() -> list[Measure]:
    """The measures of a spine, in their order."""
    return list(MEASURES.values())


@register.simple_tag
def listed_measures() -> list[Measure]:
    """Those that stand in the list of an experiment's spines."""
    return [measure for measure in MEASURES.values() if measure.is_listed]


@register.filter
def is_measured(spine: Any) -> bool:
    """Whether a spine has one of them."""
    return any(getattr(spine, measure.key) is not None for measure in listed_measures())


@register.filter
def measure_of(spine: Any, measure: Measure) -> str:
    """A spine's value of a measure, without its unit."""
    return measure.unit.value(getattr(spine, measure.key))


@register.simple_tag
def network_classes() -> tuple[SpineClass, ...]:
    """The classes that a network tells, in the order of its probabilities."""
    return NETWORK_CLASSES


def classes_of_page(context: Context) -> ClassSet:
    """The class set of the experiment that a page is of; that of the networks where it is of none, or of several."""
    if isinstance(classes := context.get("classes_of_page"), ClassSet):
        return classes
    experiment = context.get("experiment")
    return experiment.classes if isinstance(experiment, Experiment) else DEFAULT


@register.simple_tag(takes_context=True)
def spine_classes(context: Context) -> list[SpineClass]:
    """The classes that the page's spines are counted under, uncertain last."""
    return list(classes_of_page(context).styles.values())


@register.simple_tag(takes_context=True)
def class_sheet(context: Context) -> str:
    """Where the style sheet of these classes is."""
    experiment = context.get("experiment")
    if isinstance(experiment, Experiment) and experiment.class_set_id:
        return reverse("classes:own", args=[experiment.class_set_id])
    return reverse("classes:default")


@register.filter
def probabilities(spine: Any) -> list[float | None]:
    """A spine's, in that order; as many times None where a person added it."""
    return spine.probabilities or [None] * len(NETWORK_CLASSES)


@register.filter
def counted(counts: Mapping[str, int], name: str) -> int:
    """How many of a class; 0 where none is told."""
    return counts.get(name) or 0


@register.filter
def percent(value: float | None) -> str:
    """A share in per cent, without its sign."""
    return numbers.SHARE.value(value)


@register.filter
def percent_range(interval: tuple[float, float] | None) -> str:
    """An interval of a share in per cent, without its sign."""
    return numbers.NONE if interval is None else f"{percent(interval[0])} to {percent(interval[1])}"
