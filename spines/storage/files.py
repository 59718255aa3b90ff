"""Stored files as paths on this machine, whatever the storage is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.models.fields.files import FieldFile

from spines.storage.temporary import temporary_file


def discard(stored: FieldFile, name: str | None = None) -> None:
    """Delete a stored file, or the one of that name in its storage. The row is not touched."""
    if name := name or stored.name:
        stored.storage.delete(name)


@contextmanager
def local_copy(stored: FieldFile) -> Iterator[Path]:
    """The stored file as a local path: itself on a local storage, else a copy that goes away afterwards."""
    try:
        path = Path(stored.path)
    except NotImplementedError:
        with temporary_file() as copy:
            with stored.open("rb") as source:
                shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
