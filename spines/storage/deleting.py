"""Deleting from storage waits while a backup is made: what the backup's rows name stays until it is copied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_LOCK = 0x5370696E
"""Of PostgreSQL's advisory locks: "Spin"."""


@contextmanager
def deletions_held() -> Iterator[None]:
    """Nothing is deleted from storage until the block ends, or this connection does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


@contextmanager
def may_delete() -> Iterator[bool]:
    """Whether files may be deleted now; as long as the block lasts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock_shared(%s)", [_LOCK])
        (free,) = cursor.fetchone()
    try:
        yield bool(free)
    finally:
        if free:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [_LOCK])
