"""Cells of the results tables and lines of a model card."""

from __future__ import annotations

from django import template

from spines.selectors.results import GroupCounts

register = template.Library()


@register.filter
def class_count(group: GroupCounts, spine_class: str) -> int:
    """Spines of a class in a group."""
    return group.by_class[spine_class]


@register.filter
def class_share(group: GroupCounts, spine_class: str) -> str:
    """Share of a class among a group's spines, in percent; a dash where there is no spine."""
    share = group.share(spine_class)
    return "–" if share is None else f"{100 * share:.0f} %"
