"""Time a page, and count what it asks of the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client

WARM_UP = 3


@dataclass(kw_only=True)
class Asked:
    """The queries of one request."""

    queries: int = 0
    rows: int = 0
    most_rows: int = 0
    """Of one query."""
    slowest_s: float = 0.0
    slowest_sql: str = ""

    def note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Django's wrapper around each query. A cursor of psycopg fetches all rows of its answer at once."""
        began = time.perf_counter()
        answer = execute(sql, params, many, context)
        took_s = time.perf_counter() - began
        self.queries += 1
        rows = max(context["cursor"].rowcount, 0)
        self.rows += rows
        self.most_rows = max(self.most_rows, rows)
        if took_s > self.slowest_s:
            self.slowest_s, self.slowest_sql = took_s, sql
        return answer


@dataclass(kw_only=True)
class Timed:
    """A page's answers. Times are in ms, sorted."""

    name: str
    times_ms: list[float] = field(default_factory=list)
    asked: Asked
    size_bytes: int

    def at(self, percent: float) -> float:
        """The nearest-rank percentile, in ms."""
        return self.times_ms[max(math.ceil(len(self.times_ms) * percent / 100) - 1, 0)]


def time_page(client: Client, name: str, address: str, *, requests: int) -> Timed:
    """Ask once while counting, then `requests` times with a clock. Raises RuntimeError for an answer other than 200."""
    asked = Asked()
    with connection.execute_wrapper(asked.note):
        size_bytes = _body_bytes(_answer(client, address))
    for _ in range(min(WARM_UP, requests - 1)):
        _body_bytes(_answer(client, address))
    times_ms = []
    for _ in range(requests):
        began = time.perf_counter()
        _body_bytes(_answer(client, address))
        times_ms.append(1000 * (time.perf_counter() - began))
    return Timed(name=name, times_ms=sorted(times_ms), asked=asked, size_bytes=size_bytes)


def _answer(client: Client, address: str) -> HttpResponseBase:
    answer = client.get(address, secure=True)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}.")
    return answer


def _body_bytes(answer: HttpResponseBase) -> int:
    return sum(len(part) for part in answer)
