"""Stored files in a backup: each content once, under its sha256, whatever number of backups name it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import default_storage

from spines.backups.described import StoredFile
from spines.errors import InvalidInput
from spines.storage.files import PROBES
from spines.storage.whole import DRAFT

CONTENT = "files"
_CHUNK = 1 << 20


def stored_names(folder: str = "") -> Iterator[str]:
    """The name of every file in the storage but drafts and probes."""
    folders, files = default_storage.listdir(folder)
    for file in files:
        if not file.startswith(DRAFT):
            yield f"{folder}/{file}" if folder else file
    for inner in folders:
        if folder or inner != PROBES:
            yield from stored_names(f"{folder}/{inner}" if folder else inner)


def place_of(place: Path, sha256: str) -> Path:
    """Where a content lies in the folder of the backups."""
    return place / CONTENT / sha256[:2] / sha256


def copy_new(place: Path, known: dict[str, StoredFile]) -> dict[str, StoredFile]:
    """Copy what the storage has and the backups do not. Returns all its files; `known` are those of an earlier look.

    A file that is gone again when its turn comes is passed over.
    """
    found = {}
    for name in stored_names():
        with suppress(FileNotFoundError):
            found[name] = _copied(place, name, known.get(name))
    return found


def _copied(place: Path, name: str, known: StoredFile | None) -> StoredFile:
    size, modified = default_storage.size(name), default_storage.get_modified_time(name).timestamp()
    if known and (known.size, known.modified) == (size, modified) and _is_kept(place, known):
        return known
    folder = place / CONTENT
    folder.mkdir(exist_ok=True)
    draft, digest, length = folder / f"{DRAFT}{os.getpid()}", hashlib.sha256(), 0
    try:
        with default_storage.open(name, "rb") as source, draft.open("wb") as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                length += len(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        file = StoredFile(name=name, size=length, modified=modified, sha256=digest.hexdigest())
        target = place_of(place, file.sha256)
        if not _is_kept(place, file):
            target.parent.mkdir(exist_ok=True)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return file


def _is_kept(place: Path, file: StoredFile) -> bool:
    try:
        return place_of(place, file.sha256).stat().st_size == file.size
    except FileNotFoundError:
        return False


def refuse_missing(place: Path, files: Iterable[StoredFile]) -> None:
    """Raise InvalidInput where a content that the backup names is not there."""
    missing = [file.name for file in files if not _is_kept(place, file)]
    if missing:
        raise InvalidInput(
            f"{place / CONTENT} lacks {len(missing)} of the backup's files, {missing[0]} among them. A backup is its "
            "folder and the folder “files” beside it: copy both."
        )


def put_back(place: Path, files: Iterable[StoredFile]) -> int:
    """Put files into the storage under their names; those that are there whole stay. Returns how many were put."""
    put = 0
    for file in files:
        source = place_of(place, file.sha256)
        if default_storage.exists(file.name):
            if default_storage.size(file.name) == file.size and _same(file):
                continue
            default_storage.delete(file.name)
        if _digest(source) != file.sha256:
            raise InvalidInput(f"{source} is damaged: it was {file.name}. Put it right, or choose another backup.")
        with source.open("rb") as content:
            default_storage.save(file.name, File(content))
        put += 1
    return put


def _same(file: StoredFile) -> bool:
    with default_storage.open(file.name, "rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest() == file.sha256


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def forget_unnamed(place: Path, named: set[str]) -> int:
    """Remove contents that no backup names. Returns how many went."""
    unnamed = [path for path in (place / CONTENT).glob("*/*") if path.name not in named]
    for path in unnamed:
        path.unlink()
    return len(unnamed)
