"""Shares as the results pages write them."""

from __future__ import annotations

from typing import Any

from django import template

from spines.access import Visitor, has_role
from spines.models import Experiment, Role
from spines.selectors.earlier_networks import can_be_compared, earlier_networks
from spines.selectors.results import GroupCounts

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
