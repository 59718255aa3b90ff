"""Shares as the results pages write them."""

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
    return share_of(group.by_class[spine_class], group.spines)


@register.filter
def share_of(part: int, whole: int) -> str:
    """A share in whole percent, rounded.

    >>> share_of(2, 3), share_of(0, 0)
    ('67 %', '–')
    """
    return f"{100 * part / whole:.0f} %" if whole else "–"
