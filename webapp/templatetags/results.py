"""Shares as the results pages write them."""

from __future__ import annotations

from typing import Any

from django import template

from spines.access import Visitor, has_role
from spines.models import Experiment, Role
from spines.selectors.densities import WITHOUT_FILOPODIA, ConditionDensity
from spines.selectors.earlier_networks import can_be_compared, earlier_networks
from spines.selectors.measures import AnimalMeasures
from spines.selectors.results import GroupCounts
from spines.selectors.spread import Spread
from webapp.results.charts import CHARTS

register = template.Library()


@register.filter
def class_count(group: GroupCounts, spine_class: str) -> int:
    """Spines of a class in a group."""
    return group.by_class[spine_class]


@register.filter
def class_share(group: GroupCounts, spine_class: str) -> str:
    """Share of a class among a group's spines, in percent; a dash where there is no spine."""
    return share_of(group.by_class[spine_class], group.spines)


@register.filter
def share_of(part: int, whole: int) -> str:
    """A share in whole percent, rounded.

    >>> share_of(2, 3), share_of(0, 0)
    ('67 %', '–')
    """
    return f"{100 * part / whole:.0f} %" if whole else "–"


@register.filter
def change_from(after: int, before: int) -> str:
    """A difference with its sign.

    >>> change_from(12, 9), change_from(1, 1204), change_from(3, 3)
    ('+3', '−1,203', '0')
    """
    difference = after - before
    return f"{difference:+,}".replace("-", "−") if difference else "0"


@register.filter
def of_class(counts: dict[str, int], spine_class: str) -> int:
    """Spines of a class among counts by class."""
    return counts[spine_class]


@register.filter
def mean_sd(spread: Spread, digits: int = 2) -> str:
    """Mean ± standard deviation, as far as there are values.

    >>> mean_sd(Spread(n=2, mean=1.234, sd=0.1, low=0.3, high=2.1))
    '1.23 ± 0.10'
    """
    if spread.mean is None:
        return "–"
    return f"{spread.mean:,.{digits}f}" + (f" ± {spread.sd:.{digits}f}" if spread.sd is not None else "")


@register.filter
def mean_of(row: AnimalMeasures, measure: str) -> str:
    """An animal's mean of a measure; a dash where no spine carries it."""
    mean = row.means[measure]
    return "–" if mean is None else f"{mean:.2f}"


def _density_of(row: ConditionDensity, classes: tuple[str, ...], *, times: int, digits: int) -> str:
    spread = row.per_um(*classes)
    if not spread.n:  # nobody placed the images: one number for all of them
        together = row.whole.per_um(*classes)
        return "–" if together is None else f"{times * together:.{digits}f}"
    return mean_sd(spread.times(times), digits)


@register.filter
def density(row: ConditionDensity, of: str = "") -> str:
    """Spines a µm, mean ± standard deviation of the animals: all, of a class, or "without_filopodia"."""
    classes = WITHOUT_FILOPODIA if of == "without_filopodia" else (of,) if of else ()
    return _density_of(row, classes, times=1, digits=2)


@register.filter
def density_per_10(row: ConditionDensity) -> str:
    """The same for all spines and ten µm, as many papers quote it."""
    return _density_of(row, (), times=10, digits=1)


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
