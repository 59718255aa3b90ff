"""Shares of the Review page in words."""

from __future__ import annotations

from django import template

from spines.statistics.stratified import Share
from spines.vocabulary.numbers import NONE, SHARE

register = template.Library()


@register.filter
def interval_percent(share: Share) -> str:
    """The interval of a share, in per cent."""
    if share.low is None or share.high is None:
        return NONE
    return f"{SHARE.value(share.low)} to {SHARE.value(share.high)}"
