"""Deleting from storage: what no row names any more goes, after the row, sooner or later, whatever fails meanwhile.

It waits while a backup is made, so that what the backup's rows name is there until it is copied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Q

from spines.models import DatasetVersion, Image, ImportedSet, UnwantedFile, Work
from spines.storage.kept import PICTURES, kept
from spines.surroundings import surrounding_of

log = structlog.get_logger(__name__)

AT_ONCE = 1000

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


def delete_unwanted() -> int:
    """Delete files that wait for it, as many as the storage takes. Returns how many went; safe to call again.

    What fails stays in line: the next call, or beat's, tries again. A file that a row names again stays.
    """
    with may_delete() as free:
        if not free:
            return 0
        waiting = list(UnwantedFile.objects.all()[:AT_ONCE])
        named = _named({row.name for row in waiting})
        done = []
        for row in waiting:
            try:
                if row.name not in named:
                    default_storage.delete(row.name)
            except Exception as error:
                if surrounding_of(error) is None:
                    raise
                log.warning("file_not_deleted", name=row.name, error=str(error))
                break
            else:
                done.append(row.pk)
        UnwantedFile.objects.filter(pk__in=done).delete()
        return len(done)


def _named(names: set[str]) -> set[str]:
    """Which of these names a row has."""
    images = Image.objects.filter(Q(file__in=names) | Q(thumbnail__in=names)).values_list("file", "thumbnail")
    work = Work.objects.filter(Q(given__in=names) | Q(file__in=names)).values_list("given", "file")
    return {name for pair in (*images, *work) for name in pair} | _in_sets(names)


def _in_sets(names: set[str]) -> set[str]:
    """Which of these names an imported set or a frozen dataset holds: they share pictures, so their lists are read."""
    shared = {name for name in names if name.startswith((f"{PICTURES}/", "imported/"))}
    if not shared:
        return set()
    sets = list(ImportedSet.objects.values_list("path", flat=True))
    lists = [*(f"{path}/truth.json" for path in sets), *DatasetVersion.objects.values_list("path", flat=True)]
    held = {f"{PICTURES}/{picture['file']}" for each in lists for picture in json.loads(kept(each))["pictures"]}
    return shared & (held | {f"{path}/{name}" for path in sets for name in ("truth.json", "fingerprints.npy")})
