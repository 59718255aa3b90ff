"""Making a backup while everything runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from spines.backups import described, files, tables
from spines.backups.described import Description, StoredFile
from spines.errors import Conflict, DomainError, InvalidInput
from spines.models import Backup, Image
from spines.release import release
from spines.storage.deleting import deletions_held
from spines.storage.whole import DRAFT
from spines.surroundings import surrounding_of

log = structlog.get_logger(__name__)

MAKING = ".making-"
KEPT_STATE = ("secret-key", "demo-password")
"""Files of the state folder that a new machine needs, where `make run` made them."""


def back_up(*, place: Path, keep: int) -> Backup:
    """Write a backup into a folder of `place`, and forget the oldest beyond `keep`.

    Files are copied before the database is read and what came meanwhile after it; nothing is deleted from storage in
    between. So what the rows name is there, whatever runs.

    Raises
    ------
    InvalidInput
        `place` is not there, or lies in the storage.
    Conflict
        Another backup is being made there.
    OSError, OperationalError
        The disk is full, the database went. What the row of the backup says, too.
    """
    place = _checked(place)
    with _alone(place):
        row = Backup.objects.create(place=str(place))
        try:
            _make(row, place)
        except BaseException as error:
            _failed(row, error)
            raise
        _forget_old(place, keep=keep)
        return row


def _checked(place: Path) -> Path:
    place = place.resolve()
    if not place.is_dir():
        raise InvalidInput(f"There is no folder {place}. Make it, or mount the disk that it is on.")
    if settings.MEDIA_ROOT and place.is_relative_to(Path(settings.MEDIA_ROOT).resolve()):
        raise InvalidInput(f"{place} lies in the image storage itself. Choose a folder on another disk.")
    return place


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with (place / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"A backup is being made in {place} already.") from error
        for left in place.glob(f"{MAKING}*"):
            shutil.rmtree(left)
        for draft in (place / files.CONTENT).glob(f"{DRAFT}*"):
            draft.unlink()
        yield


def _make(row: Backup, place: Path) -> None:
    draft = place / f"{MAKING}{os.getpid()}"
    draft.mkdir(mode=0o700)
    earlier = described.backups_in(place)
    with deletions_held():
        stored = files.copy_new(place, described.files_of(earlier[-1]) if earlier else {})
        with transaction.atomic():
            tables.begin_snapshot()
            moment = timezone.now()
            description = Description(
                made_at=moment.isoformat(),
                release=release(),
                postgres=tables.server_version(),
                migrations=tables.applied_migrations(),
                tables=tables.copy_out(draft),
                sequences=tables.sequences(),
            )
            named = _originals()
        stored |= files.copy_new(place, stored)
    description.lost.extend(sorted(named - stored.keys()))
    _keep_settings(draft)
    described.write(draft, description, stored.values())
    _sync(draft)
    while (finished := place / described.name_of(timezone.now())).exists():
        time.sleep(0.2)
    draft.rename(finished)
    row.place, row.finished_at = str(finished), timezone.now()
    row.rows = sum(table.rows for table in description.tables)
    row.files, row.file_bytes = len(stored), sum(file.size for file in stored.values())
    row.lost_files = len(description.lost)
    row.save()
    log.info("backup_made", place=row.place, rows=row.rows, files=row.files, lost=row.lost_files)


def _originals() -> set[str]:
    """The files of images; one by one, as there may be many."""
    return set(Image.objects.order_by().values_list("file", flat=True).iterator())


def _keep_settings(folder: Path) -> None:
    """What the environment says, and the secrets that `make run` made, for whoever sets a machine up anew."""
    said = {name: value for name, value in os.environ.items() if name.startswith("SPINULA_")}
    (folder / described.SETTINGS).write_text(described.settings_text(said), encoding="utf-8")
    (folder / described.STATE).mkdir()
    for name in KEPT_STATE:
        if (secret := settings.STATE_DIR / name).is_file():
            shutil.copy(secret, folder / described.STATE / name)


def _sync(folder: Path) -> None:
    """Onto the disk, before the folder gets the name of a backup."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _failed(row: Backup, error: BaseException) -> None:
    """The row says why; where the database does not answer either, the log does."""
    what = error.sentence if isinstance(error, DomainError) else surrounding_of(error)
    sentence = str(what or f"It was ended ({type(error).__name__}); the log has the cause.")
    log.exception("backup_failed", place=row.place, sentence=sentence)
    Backup.objects.filter(pk=row.pk).update(message=sentence, finished_at=timezone.now())


def _forget_old(place: Path, *, keep: int) -> None:
    """Remove the oldest backups beyond `keep`, and the contents that none of the others names."""
    there = described.backups_in(place)
    for old in there[: max(0, len(there) - max(keep, 1))]:
        shutil.rmtree(old)
    kept: Iterable[StoredFile] = (
        file for folder in described.backups_in(place) for file in described.files_of(folder).values()
    )
    files.forget_unnamed(place, {file.sha256 for file in kept})
