"""From one major version of the embedded PostgreSQL to the next. The old folder stays beside, whatever happens."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg.sql import SQL, Identifier

from webapp.serve.errors import ServeError
from webapp.serve.processes import Child, Program

_COUNTS = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_OLD_PORT, _NEW_PORT = 5431, 5433  # names of sockets in a folder of ours
_WAIT_S = 60


def finish_interrupted(folder: Path) -> None:
    """Put the upgraded folder in its place where a power cut came between the two names."""
    if not folder.exists() and (upgraded := _beside(folder, "upgraded")).exists():
        upgraded.rename(folder)


def upgrade(
    folder: Path,
    *,
    old: Path,
    new: Path,
    old_version: str,
    server: Callable[[Path, Path, int], Program],
    initialise: Callable[[Path], None],
    tool: Mapping[str, object],
    socket_folder: Path,
) -> None:
    """Read the database `spinula` of `folder` with its own server, write it with the new one, compare, change places.

    Parameters
    ----------
    old, new : Path
        The programs of both versions.
    server : callable
        (programs, data folder, port) → the server to start.
    initialise : callable
        Makes an empty data folder of the new version at a path.
    tool : mapping
        How a program of PostgreSQL is run: options of subprocess.

    Raises
    ------
    ServeError
        With what to do; `folder` is untouched then.
    """
    draft = _beside(folder, "next")
    initialise(draft)
    try:
        with _running(server(old, folder, _OLD_PORT)), _running(server(new, draft, _NEW_PORT)):
            _copy(new, socket_folder, tool)
            before, after = (_counts(_url(socket_folder, port)) for port in (_OLD_PORT, _NEW_PORT))
    except (psycopg.Error, subprocess.CalledProcessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else error
        raise ServeError(
            f"The database of PostgreSQL {old_version} could not be brought to this version: {said}. It is untouched "
            f"in {folder}: install the former release again, or move the folder away and restore a backup."
        ) from error
    if before != after:
        raise ServeError(f"The upgraded database differs from that in {folder}, which is untouched. Report this.")
    upgraded = _beside(folder, "upgraded")
    draft.rename(upgraded)
    folder.rename(_beside(folder, old_version))
    upgraded.rename(folder)


def _beside(folder: Path, ending: str) -> Path:
    return folder.with_name(f"{folder.name}.{ending}")


def _url(socket_folder: Path, port: int, database: str = "spinula") -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket_folder))}&port={port}"


@contextmanager
def _running(program: Program) -> Iterator[None]:
    child = Child(program)
    try:
        yield
    finally:
        child.stop()


def _copy(programs: Path, socket_folder: Path, tool: Mapping[str, object]) -> None:
    """The whole database through a pipe; the new version's programs read the old server."""
    _wait(socket_folder, _OLD_PORT)
    _wait(socket_folder, _NEW_PORT)
    with psycopg.connect(_url(socket_folder, _NEW_PORT, "postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE spinula")
    options: dict[str, object] = dict(tool) | {"stderr": subprocess.PIPE, "text": True}
    dump = [str(programs / "pg_dump"), "--format=custom", "--compress=0", _url(socket_folder, _OLD_PORT)]
    restore = [
        str(programs / "pg_restore"),
        "--exit-on-error",
        "--no-owner",
        "--dbname",
        _url(socket_folder, _NEW_PORT),
    ]
    with subprocess.Popen(dump, stdout=subprocess.PIPE, **options) as source:  # type: ignore[call-overload]
        subprocess.run(restore, stdin=source.stdout, check=True, **options)  # type: ignore[call-overload]
        _, said = source.communicate()
    if source.returncode:
        raise subprocess.CalledProcessError(source.returncode, dump, stderr=said)
    with psycopg.connect(_url(socket_folder, _NEW_PORT), autocommit=True) as connection:
        connection.execute("ANALYZE")


def _wait(socket_folder: Path, port: int) -> None:
    end = time.monotonic() + _WAIT_S
    while True:
        try:
            psycopg.connect(_url(socket_folder, port, "postgres"), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _counts(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with psycopg.connect(url) as connection:
        names = [name for (name,) in connection.execute(_COUNTS).fetchall()]
        count = SQL("SELECT count(*) FROM {}")
        return {name: _number(connection.execute(count.format(Identifier(name))).fetchone()) for name in names}


def _number(row: tuple[int] | None) -> int:
    return row[0] if row else 0
