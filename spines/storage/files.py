"""Stored files as paths on this machine, whatever the storage is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile

from spines.errors import Conflict
from spines.storage.temporary import temporary_file
from spines.surroundings import Surrounding, surrounding_of

PROBES = "health"
"""The folder of the storage in which it is tried whether it keeps files."""


def discard(stored: FieldFile, name: str | None = None) -> None:
    """Delete a stored file, or the one of that name in its storage. The row is not touched."""
    if name := name or stored.name:
        stored.storage.delete(name)


def is_local() -> bool:
    """Whether stored files are files of this machine."""
    try:
        default_storage.path("")
    except NotImplementedError:
        return False
    return True


def storage_is_gone() -> bool:
    """Whether the folder of a local storage is not there, or has nothing but probes, as an unmounted one."""
    try:
        return all(each.name == PROBES for each in Path(default_storage.path("")).iterdir())
    except NotImplementedError:
        return False
    except OSError:
        return True


class FileGone(Conflict, FileNotFoundError):
    """A stored file that a row names is not there, while the storage is. `sentence` says whose, and what to do."""


@contextmanager
def told_if_gone(sentence: str) -> Iterator[None]:
    """What is read in it from storage is told by this sentence where it is not there.

    Raises
    ------
    FileGone
        With the sentence.
    FileNotFoundError
        Where the whole storage is not there, which is nothing that a user can mend.
    """
    try:
        yield
    except FileNotFoundError as error:
        if storage_is_gone():
            raise
        raise FileGone(sentence) from error


def failed_around(error: BaseException | None) -> Surrounding | None:
    """What of the surroundings failed. A file that is gone together with all others is a storage that is gone."""
    if isinstance(error, FileNotFoundError) and storage_is_gone():
        return Surrounding.STORAGE_AWAY
    return surrounding_of(error)


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
