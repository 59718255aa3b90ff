"""Two at once, in an order that the test decides: each on its own connection, and no clock in it.

A test of these needs `django_db(transaction=True)`: what one writes, the other sees once it is committed.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

PATIENCE_S = 20


class Beside:
    """Work in a thread with a connection of its own, begun at once.

    `ended_or_waits` returns when the work is done or waits for a lock that another transaction holds; `result` waits
    for its end and gives what it returned, or raises what it raised.
    """

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._connected = threading.Event()
        self._pid = 0
        self._came: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._connected.wait(PATIENCE_S)

    def _run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self._pid = cursor.fetchone()[0]
            self._connected.set()
            self._came = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error
        finally:
            self._connected.set()
            connection.close()

    @property
    def is_over(self) -> bool:
        return not self._thread.is_alive()

    def ended_or_waits(self) -> None:
        for _ in range(int(PATIENCE_S / 0.01)):
            if self.is_over or self._waits():
                return
            self._thread.join(0.01)
        raise AssertionError("It neither ended nor waits for a lock.")

    def _waits(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [self._pid])
            return bool(cursor.fetchone()[0])

    def result(self) -> Any:
        self._thread.join(PATIENCE_S)
        assert self.is_over, "It did not end."
        if self._error is not None:
            raise self._error
        return self._came


@contextmanager
def once_before(statement: str, act: Callable[[], object]) -> Iterator[list[str]]:
    """Inside the block: `act()` before the first SQL of this thread that matches, a regular expression.

    Yields the list of statements that it came before: empty when none matched, and then the test proves nothing.
    """
    came: list[str] = []

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not came and re.search(statement, sql):
            came.append(sql)
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        yield came
