"""Work goes back in line when the surroundings fail: no attempt of it is charged, and it is taken up by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError, connection

from spines.storage.files import storage_is_gone
from spines.surroundings import Surrounding, surrounding_of

log = structlog.get_logger(__name__)

PAUSE_S = 5.0
"""After a failure of the surroundings, before the next row is taken: there it would fail as well."""
TRY_EVERY_S = 2.0
TRY_FOR_S = 1200.0
GOES_ON = "It goes on by itself when that is mended."


def failed_around(error: BaseException) -> Surrounding | None:
    """What of the surroundings failed. A file that is gone together with all others is a storage that is gone."""
    if isinstance(error, FileNotFoundError) and storage_is_gone():
        return Surrounding.STORAGE_AWAY
    return surrounding_of(error)


def wait_in_line(put_back: Callable[[str], object], what: Surrounding) -> None:
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
            put_back(f"Waiting. {what} {GOES_ON}")
            break
        except (OperationalError, InterfaceError):
            connection.close()
            if time.monotonic() > end:
                raise
            time.sleep(TRY_EVERY_S)
    time.sleep(PAUSE_S)
