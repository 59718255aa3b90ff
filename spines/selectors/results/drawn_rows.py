"""Which of many rows a chart draws: the same each time, and every animal with its share."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, TextField, Window
from django.db.models.functions import MD5, Cast, RowNumber

MOST_POINTS = 1500
"""So many dendrites or spines a chart draws at most."""


def in_turn(rows: QuerySet[Any], *groups: str) -> QuerySet[Any]:
    """Annotate `turn`: 1, 2, … within the groups, in an order that is random but the same each time.

    `filter(turn__lte=n)` then leaves at most n of a group.
    """
    by_chance = MD5(Cast("pk", TextField()))
    turn = Window(RowNumber(), partition_by=[F(group) for group in groups], order_by=by_chance.asc())
    annotated: QuerySet[Any] = rows.order_by().annotate(turn=turn)
    return annotated


def fair_share(counts: list[int], most: int = MOST_POINTS) -> int:
    """How many of each group are drawn, so that they are `most` together at most: small groups are drawn whole.

    >>> fair_share([10, 1000, 1000], most=100)
    45
    """
    left, groups = most, len(counts)
    for count in sorted(counts):
        if count * groups > left:
            return max(left // groups, 1)
        left -= count
        groups -= 1
    return max(counts, default=1)
