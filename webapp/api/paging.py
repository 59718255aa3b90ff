"""Lists come in pages: `limit` rows from `offset` on, and how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

from webapp.api.fields import Asked

MOST_ROWS = 500
GREATEST_OFFSET = 2**31 - 1

Shown = TypeVar("Shown")
Row = TypeVar("Row")


class Paging(Asked):
    """Which part of a list."""

    limit: int = Field(100, ge=1, le=MOST_ROWS, description="At most so many rows.")
    offset: int = Field(0, ge=0, le=GREATEST_OFFSET, description="So many rows are left out before them.")


class Page(Schema, Generic[Shown]):
    """A part of a list."""

    count: int = Field(ge=0, description="Rows of the whole list.")
    limit: int = Field(description="As asked for, or 100.")
    offset: int = Field(description="As asked for, or 0.")
    rows: list[Shown]


def page_of(rows: QuerySet[Any], paging: Paging, show: Callable[[Any], Shown]) -> Page[Shown]:
    """One page of ordered rows, each as `show` turns it."""
    part = rows[paging.offset : paging.offset + paging.limit]
    return Page(count=rows.count(), limit=paging.limit, offset=paging.offset, rows=[show(row) for row in part])
