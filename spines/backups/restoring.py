"""From a backup to a database and a storage that go on."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from spines.background.queue import QueueName
from spines.background.workers import listens
from spines.backups import described, files, tables
from spines.errors import Conflict
from spines.models import User

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What came back."""

    made_at: str
    rows: int
    files: int
    put: int
    lost: list[str]
    state: list[str]


def restore(*, folder: Path, replace: bool = False) -> Restored:
    """Put a backup's files into the storage and its rows into the database, then bring these up to date.

    Everything is read and compared with what was written before anything is changed. Files come first; rows in one
    transaction, so that a restore that is interrupted leaves the database as it was and can be done again.

    Raises
    ------
    InvalidInput
        There is no backup, it is damaged, or a newer release made it.
    Conflict
        The database has users already and nobody said `replace`, or a worker runs.
    """
    folder = folder.resolve()
    description = described.read(folder)
    stored = described.files_of(folder)
    tables.refuse_unknown_migrations(description)
    _refuse_in_use(replace=replace)
    tables.refuse_damaged(folder, description)
    files.refuse_missing(folder.parent, stored.values())
    put = files.put_back(folder.parent, stored.values())
    with transaction.atomic():
        tables.copy_in(folder, description)
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    restored = Restored(
        made_at=description.made_at,
        rows=sum(table.rows for table in description.tables),
        files=len(stored),
        put=put,
        lost=description.lost,
        state=_put_state_back(folder / described.STATE),
    )
    log.info("backup_restored", folder=str(folder), rows=restored.rows, files=restored.files)
    return restored


def _refuse_in_use(*, replace: bool) -> None:
    if any(_works(queue) for queue in QueueName):
        raise Conflict("A worker runs on this installation. Stop pages and workers, then restore.")
    has_users = "spines_user" in connection.introspection.table_names() and User.objects.exists()
    if has_users and not replace:
        raise Conflict(
            "This database has users already: restoring would throw away all that is in it. Give an empty database, or "
            "make a backup of it and add --replace."
        )


def _works(queue: QueueName) -> bool:
    try:
        return listens(queue)
    except Exception:  # noqa: BLE001 - without a broker nothing works
        return False


def _put_state_back(folder: Path) -> list[str]:
    """What `make run` had made for itself; what this machine has already stays. Returns the names."""
    put = []
    for kept in sorted(folder.iterdir()) if folder.is_dir() else []:
        place = settings.STATE_DIR / kept.name
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(kept, place)
            place.chmod(0o600)
            put.append(kept.name)
    return put
