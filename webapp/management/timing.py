"""Time a page, and count what it asks of the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil
from django.core.cache import caches
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
    first_ms: float
    """With nothing kept, as after a change of the results."""
    asked: Asked
    """By the first."""
    size_bytes: int
    processor_ms: float
    """Of this process and, on this machine, of the database's, in the mean: what a crowded machine changes least."""

    def at(self, percent: float) -> float:
        """The nearest-rank percentile, in ms."""
        return self.times_ms[max(math.ceil(len(self.times_ms) * percent / 100) - 1, 0)]


def time_page(client: Client, name: str, address: str, *, requests: int) -> Timed:
    """Ask once while counting, with no figure kept, then `requests` times with a clock.

    Raises RuntimeError for an answer other than 200.
    """
    asked = Asked()
    caches["figures"].clear()
    began = time.perf_counter()
    with connection.execute_wrapper(asked.note):
        size_bytes = _body_bytes(_answer(client, address))
    first_ms = 1000 * (time.perf_counter() - began)
    for _ in range(min(WARM_UP, requests - 1)):
        _body_bytes(_answer(client, address))
    times_ms, began_s = [], _processor_s()
    for _ in range(requests):
        began = time.perf_counter()
        _body_bytes(_answer(client, address))
        times_ms.append(1000 * (time.perf_counter() - began))
    processor_ms = 1000 * (_processor_s() - began_s) / requests
    return Timed(
        name=name,
        times_ms=sorted(times_ms),
        first_ms=first_ms,
        asked=asked,
        size_bytes=size_bytes,
        processor_ms=processor_ms,
    )


def _processor_s() -> float:
    total = time.process_time()
    with suppress(psutil.Error), connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        of_backend = psutil.Process(cursor.fetchone()[0])
        if of_backend.name().startswith("postgres"):
            total += of_backend.cpu_times().user + of_backend.cpu_times().system
    return total


def _answer(client: Client, address: str) -> HttpResponseBase:
    answer = client.get(address, secure=True)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}.")
    return answer


def _body_bytes(answer: HttpResponseBase) -> int:
    return sum(len(part) for part in answer)
