"""A worker's sign of life in the row that it works on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection

from spines.services.claims import HEARTBEAT_EVERY_S


@contextmanager
def beating(beat: Callable[[], bool], *, name: str, every_s: float = HEARTBEAT_EVERY_S) -> Iterator[None]:
    """Call `beat` every few seconds from a thread of this name, until the block ends or `beat` says False."""
    done = threading.Event()

    def repeat() -> None:
        try:
            while not done.wait(every_s):
                try:
                    if not beat():
                        return
                except (OperationalError, InterfaceError):
                    connection.close()  # the database may be back at the next beat
        finally:
            connection.close()

    thread = threading.Thread(target=repeat, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
