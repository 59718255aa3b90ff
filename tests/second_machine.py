"""Another installation beside that of the tests: a database of its own on the same server, a storage, a state."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from webapp.serve.programs import PROJECT

NOWHERE = "redis://127.0.0.1:1/0"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where it keeps what."""

    database: str
    storage: Path
    state: Path

    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return {
            "DATABASE_URL": self.database,
            "SPINULA_STORAGE": str(self.storage),
            "SPINULA_STATE": str(self.state),
            "SPINULA_UPLOAD_TEMP_DIR": str(self.state / "incoming"),
        }

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of manage.py on it. Its broker is down unless `environment` says otherwise."""
        said = {**os.environ, "REDIS_URL": NOWHERE, "DJANGO_SETTINGS_MODULE": "webapp.settings"}
        return subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            cwd=PROJECT,
            env=said | self.environment() | environment,
            capture_output=True,
            text=True,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What its database says."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(sql).fetchall()

    def files(self) -> dict[str, bytes]:
        """What its storage holds, by name."""
        there = (path for path in self.storage.rglob("*") if path.is_file())
        return {str(path.relative_to(self.storage)): path.read_bytes() for path in there}


@contextmanager
def second_machine(folder: Path, name: str = "spinula_second") -> Iterator[Machine]:
    """An empty one, whose database goes afterwards."""
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
    address = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    try:
        yield Machine(database=address, storage=folder / "images", state=folder / "state")
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
