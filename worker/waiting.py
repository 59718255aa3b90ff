"""Work goes back in line when the surroundings fail: no attempt of it is charged, and it is taken up by itself."""

from __future__ import annotations

import secrets
import time
from itertools import count
from typing import Protocol

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, connection, transaction

from spines.storage.files import PROBES, storage_is_gone
from spines.storage.temporary import temporary_file
from spines.surroundings import Surrounding, surrounding_of

log = structlog.get_logger(__name__)

PAUSE_S = 5.0
"""After a failure of the surroundings, before the next row is taken: there it would fail as well."""
LONGEST_PAUSE_S = 300.0
"""Pauses double from failure to failure, up to this, until something succeeds."""
TRY_EVERY_S = 2.0
TRY_FOR_S = 1200.0
"""So long a worker waits for its surroundings before it takes a row all the same."""
PROBE_BYTES = 1 << 20

_failures = count()


class PutBack(Protocol):
    """Puts a row back in line, of the kind that a job is of."""

    def __call__(self, *, why: str, counted: bool) -> object:
        """With the sentence why it waits."""


def wait_in_line(put_back: PutBack, what: Surrounding) -> None:
    """Put a row back with the sentence why it waits, as soon as the database takes it, and pause.

    Raises
    ------
    OperationalError, InterfaceError
        The database stayed away; the silent row is then put back by who finds it.
    """
    log.warning("surroundings_failed", what=what.name, exc_info=True)
    end = time.monotonic() + TRY_FOR_S
    connection.close()  # it may be the one that broke
    while True:
        try:
            put_back(why=what, counted=what is not Surrounding.BUSY)
            break
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(TRY_EVERY_S)
    if what is Surrounding.BUSY:
        time.sleep(PAUSE_S)
    else:
        _pause()


def all_went_well() -> None:
    """The next failure begins with a short pause again."""
    global _failures
    _failures = count()


def _pause() -> None:
    """Take nothing until the surroundings work, nor for a while that grows where they only seem to."""
    end = time.monotonic() + TRY_FOR_S
    time.sleep(min(PAUSE_S * 2 ** next(_failures), LONGEST_PAUSE_S))
    while (what := not_working()) and time.monotonic() < end:
        log.warning("queue_paused", what=what.name)
        time.sleep(TRY_EVERY_S)


def not_working() -> Surrounding | None:
    """What of storage, disk and database does not take a megabyte, or None."""
    if storage_is_gone():
        return Surrounding.STORAGE_AWAY
    probe = secrets.token_bytes(PROBE_BYTES)
    try:
        with temporary_file() as file:
            file.write(probe)
            file.flush()
        name = default_storage.save(f"{PROBES}/pause", ContentFile(probe))
        default_storage.delete(name)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE probe AS SELECT %s::bytea AS bytes", [probe])
            cursor.execute("DROP TABLE probe")
    except Exception as error:
        connection.close()
        what = surrounding_of(error)
        if what is None:
            raise
        return what
    return None
