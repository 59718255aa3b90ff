"""Shares as the results pages write them."""

from __future__ import annotations

from typing import Any

from django import template

from spines.access import Visitor, has_role
from spines.models import Experiment, Role
from spines.selectors.analyses.earlier_networks import can_be_compared, earlier_networks
from spines.selectors.results.counts import GroupCounts
from spines.selectors.results.densities import ConditionDensity
from spines.selectors.results.mean_interval import Spread
from spines.selectors.results.measures import AnimalMeasures
from spines.vocabulary.classes import share_is_of
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.numbers import PER_10_UM, PER_UM, Unit, share
from webapp.results.charts import CHARTS

register = template.Library()


@register.filter
def class_count(group: GroupCounts, spine_class: str) -> int:
    """Spines of a class in a group."""
    return group.by_class[spine_class]


@register.filter
def class_share(group: GroupCounts, spine_class: str) -> str:
    """Share of a class in percent, of the group's spines of certain class; a dash where there is none."""
    return share(group.by_class[spine_class], share_is_of(group.by_class, spine_class))


@register.filter
def of_class(counts: dict[str, int], spine_class: str) -> int:
    """Spines of a class among counts by class."""
    return counts[spine_class]


@register.filter
def mean_of(row: AnimalMeasures, measure: str) -> str:
    """An animal's mean of a measure; a dash where no spine carries it."""
    return MEASURES[measure].unit.mean(row.means[measure])


@register.filter
def mean_density(spread: Spread) -> str:
    """Spines a µm, mean ± standard deviation of animals."""
    return PER_UM.mean_sd(spread.mean, spread.sd)


def _density_of(row: ConditionDensity, classes: tuple[str, ...], unit: Unit) -> str:
    spread = row.per_um(*classes)
    if not spread.n:  # nobody placed the images: one number for all of them
        return unit.value(row.whole.per_um(*classes))
    return unit.mean_sd(spread.mean, spread.sd)


@register.filter
def density(row: ConditionDensity, of: str = "") -> str:
    """Spines a µm, mean ± standard deviation of the animals: all, of a class, or "without" `LEFT_OUT`."""
    return _density_of(row, row.whole.without_left_out if of == "without" else (of,) if of else (), PER_UM)


@register.filter
def density_per_10(row: ConditionDensity) -> str:
    """The same for all spines and ten µm, as many papers quote it."""
    return _density_of(row, (), PER_10_UM)


@register.inclusion_tag("results/chart.html", takes_context=True)
def chart(context: dict[str, Any], name: str) -> dict[str, Any]:
    """A chart of `webapp.results.charts` under the page's filters and choices."""
    query = context["chart_query"]
    return {
        "name": name,
        "chart": CHARTS[name],
        "experiment": context["experiment"],
        "query": f"?{query}" if query else "",
    }


@register.inclusion_tag("results/earlier_networks.html", takes_context=True)
def earlier_networks_note(context: dict[str, Any], experiment: Experiment, user: Visitor) -> dict[str, Any]:
    """The note on results that earlier networks made, and the way to what a new analysis changed."""
    return {
        "experiment": experiment,
        "earlier": earlier_networks(experiment),
        "comparable": can_be_compared(experiment),
        "may_edit": has_role(user, experiment.lab, Role.ANNOTATOR),
        "csrf_token": context.get("csrf_token"),
    }
