"""What a backup says of itself: `backup.json`, and the list of its files."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from spines.errors import InvalidInput

FORMAT = 1
DESCRIPTION = "backup.json"
FILES = "files.csv.gz"
SETTINGS = "settings.env"
STATE = "state"
TABLES = "tables"
NAME = "%Y-%m-%dT%H.%M.%SZ"
"""Of a backup's folder: when it was finished, in UTC."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of one table, as COPY wrote them, in a gzip file."""

    name: str
    columns: list[str]
    rows: int
    file: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file of the storage: its name there, and its content."""

    name: str
    size: int
    modified: float
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Description:
    """A backup as a whole.

    `migrations` are the (app, name) that the database had, `sequences` the last number of each (None: none was drawn),
    `lost` names files that rows name and the storage did not have.
    """

    made_at: str
    release: str
    postgres: int
    migrations: list[list[str]]
    tables: list[Table]
    sequences: dict[str, int | None]
    lost: list[str] = field(default_factory=list)
    format: int = FORMAT


def write(folder: Path, description: Description, files: Iterable[StoredFile]) -> None:
    """Both into the folder of a backup; the description last, since a folder without one is no backup."""
    with gzip.open(folder / FILES, "wt", encoding="utf-8", newline="") as text:
        rows = csv.writer(text)
        rows.writerows((each.name, each.size, each.modified, each.sha256) for each in files)
    (folder / DESCRIPTION).write_text(json.dumps(asdict(description), indent=1, ensure_ascii=False), encoding="utf-8")


def read(folder: Path) -> Description:
    """What a backup says of itself. Raises InvalidInput with what to do where there is none that can be read."""
    try:
        said: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput(_none_here(folder)) from error
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{folder / DESCRIPTION} cannot be read ({error}). Choose another backup.") from error
    if said.get("format") != FORMAT:
        raise InvalidInput(f"{folder} was written by another release of Spinula. Restore it with that one, or a newer.")
    return Description(**said | {"tables": [Table(**table) for table in said["tables"]]})


def _none_here(folder: Path) -> str:
    if found := backups_in(folder):
        return f"{folder} holds {len(found)} backups. Name one of them; the latest is {found[-1]}"
    return f"There is no backup in {folder}: it has no {DESCRIPTION}."


def files_of(folder: Path) -> dict[str, StoredFile]:
    """The stored files of a backup, by name."""
    with gzip.open(folder / FILES, "rt", encoding="utf-8", newline="") as text:
        return {
            name: StoredFile(name=name, size=int(size), modified=float(modified), sha256=sha256)
            for name, size, modified, sha256 in csv.reader(text)
        }


def backups_in(place: Path) -> list[Path]:
    """The folders of finished backups, oldest first."""
    return sorted(path for path in place.glob("????-??-??T*Z") if (path / DESCRIPTION).is_file())


def name_of(moment: datetime) -> str:
    """The name of a backup's folder."""
    return moment.strftime(NAME)


def settings_text(environment: Mapping[str, str]) -> str:
    """Settings as lines of a file, one a name."""
    return "".join(f"{name}={json.dumps(value)}\n" for name, value in sorted(environment.items()))
