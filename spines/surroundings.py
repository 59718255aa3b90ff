"""Errors that come from a machine's surroundings: disk, storage, database, broker. Never the fault of what was asked.

Plain Python: the imaging package asks too, and errors of Django, boto and Redis are told by their names.
"""

from __future__ import annotations

import errno
from enum import StrEnum

_FULL = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_AWAY = {
    *(errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.ECONNREFUSED, errno.ECONNRESET),
    *(errno.ECONNABORTED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENODEV, errno.ENXIO, errno.EREMOTEIO),
    *(errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM, errno.EBUSY),
}


class Surrounding(StrEnum):
    """What failed, as a sentence."""

    DISK_FULL = "The server's disk is full."
    READ_ONLY = "The server's storage cannot be written."
    STORAGE_AWAY = "The server's storage does not answer."
    DATABASE_AWAY = "The database does not answer at the moment."
    BROKER_AWAY = "The queue of the workers does not answer at the moment."
    BUSY = "The server is busy with other images."


def surrounding_of(error: BaseException | None) -> Surrounding | None:
    """What of the surroundings the error, or what it was raised from, tells of; None where it is something else.

    A file that is not there is the answer of a storage that works, whatever the storage raised before it said so.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen and not isinstance(error, FileNotFoundError):
        if (found := _of(error)) is not None:
            return found
        seen.add(id(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def _of(error: BaseException) -> Surrounding | None:
    if isinstance(error, OSError) and error.errno is not None:
        for numbers, found in (
            (_FULL, Surrounding.DISK_FULL),
            (_READ_ONLY, Surrounding.READ_ONLY),
            (_AWAY, Surrounding.STORAGE_AWAY),
        ):
            if error.errno in numbers:
                return found
    for kind in type(error).__mro__:
        if kind.__module__ == "django.db.utils" and kind.__name__ in ("OperationalError", "InterfaceError"):
            return _of_database(error)
        if kind.__module__ == "botocore.exceptions" and kind.__name__ in ("BotoCoreError", "ClientError"):
            return Surrounding.STORAGE_AWAY
        if kind.__module__ == "redis.exceptions" and kind.__name__ == "ConnectionError":
            return Surrounding.BROKER_AWAY
        if kind.__module__ == "spines.errors" and kind.__name__ == "Busy":
            return Surrounding.BUSY
    return None


def _of_database(error: BaseException) -> Surrounding:
    state = getattr(error.__cause__, "sqlstate", "") or ""
    return Surrounding.DISK_FULL if state == "53100" else Surrounding.DATABASE_AWAY
