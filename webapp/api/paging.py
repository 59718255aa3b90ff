"""Lists come in pages: `limit` rows behind the `next` of the page before, or from `offset` on."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from ninja import Schema
from pydantic import Field

from spines.errors import InvalidInput
from webapp.api.fields import Asked

MOST_ROWS = 500
GREATEST_OFFSET = 10_000
LONGEST_CURSOR = 8_000

Shown = TypeVar("Shown")
Row = TypeVar("Row")


class Paging(Asked):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=MOST_ROWS, description="At most so many rows.")
    after: str = Field(
        "",
        max_length=LONGEST_CURSOR,
        pattern=r"^[A-Za-z0-9_=-]*$",
        description="The `next` of the page before: takes as long for the last page as for the first, and leaves no "
        "row out and tells none twice when others come and go meanwhile.",
    )
    offset: int = Field(
        0, ge=0, le=GREATEST_OFFSET, description="So many rows are left out before them; further on take `after`."
    )


class Page(Schema, Generic[Shown]):
    """A part of a list."""

    count: int | None = Field(ge=0, description="Rows of the whole list; null behind `after`, where it is not counted.")
    limit: int = Field(description="As asked for, or 100.")
    offset: int = Field(description="As asked for, or 0.")
    next: str | None = Field(description="Give it as `after` for the rows behind these; null: there are none.")
    rows: list[Shown]


def page_of(
    rows: QuerySet[Any],
    paging: Paging,
    show: Callable[[Any], Shown],
    *,
    several: Callable[[list[Any]], list[Any]] = list,
) -> Page[Shown]:
    """One page of rows in an order that tells each from every other, each as `show` turns it.

    `several` gives those of the page what is read for all of them together.

    Raises InvalidInput for an `after` that is none of this list, or that comes with an `offset`.
    """
    order = [str(field) for field in rows.query.order_by or rows.model._meta.ordering]
    count = None if paging.after else rows.count()
    if paging.after and paging.offset:
        raise InvalidInput("Give after or offset, not both: after names the place already.")
    if paging.after:
        rows = rows.filter(_behind(rows, order, paging.after))
    part = list(rows[paging.offset : paging.offset + paging.limit + 1])
    shown = part[: paging.limit]
    following = _cursor(shown[-1], order) if len(part) > len(shown) and shown else None
    answered = [show(row) for row in several(shown)]
    return Page(count=count, limit=paging.limit, offset=paging.offset, next=following, rows=answered)


def _cursor(row: Any, order: Sequence[str]) -> str:
    """The place of a row in its list: what it is ordered by."""
    return cursor_of([getattr(row, field.lstrip("-")) for field in order])


def cursor_of(values: Sequence[Any]) -> str:
    """The place of a row that is ordered by these values."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode()


def _behind(rows: QuerySet[Any], order: Sequence[str], cursor: str) -> Q:
    """The rows behind a place, in the order of the list."""
    names = [field.lstrip("-") for field in order]
    values = _values_of(rows, names, cursor)
    behind = Q()
    for i, (field, name) in enumerate(zip(order, names, strict=True)):
        beyond = {f"{name}__{'lt' if field.startswith('-') else 'gt'}": values[i]}
        behind |= Q(**dict(zip(names[:i], values[:i], strict=True)), **beyond)
    return behind


def _values_of(rows: QuerySet[Any], names: Sequence[str], cursor: str) -> list[Any]:
    """What a cursor says of each field. Raises InvalidInput where it says nothing that they can be."""
    fields = {field.name: field for field in rows.model._meta.fields} | {"pk": rows.model._meta.pk}
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor))
        if not isinstance(values, list):
            raise TypeError("no list")
        values = [
            fields[name].to_python(value) if name in fields else str(value)
            for name, value in zip(names, values, strict=True)
        ]
        for value in values:
            if value is None or (isinstance(value, str) and "\0" in value.encode().decode()):
                raise ValueError("no value of the database")
    except (ValueError, TypeError, ValidationError, OverflowError, RecursionError) as error:
        raise InvalidInput("This after is none of this list. Take next from the page before.") from error
    return values
