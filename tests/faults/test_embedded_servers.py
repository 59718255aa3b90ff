"""The database of `make run` after a kill, a power loss, and in folders with awkward names."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from webapp.serve.embedded import EmbeddedPostgres
from webapp.serve.errors import ServeError
from webapp.serve.processes import Child
from webapp.serve.state import State

pytestmark = pytest.mark.timeout(180)


class Run:
    """A state folder with its PostgreSQL, as one run of `make run` has them."""

    def __init__(self, folder: Path) -> None:
        self.state = State(folder)
        self.state.open()
        self.server = EmbeddedPostgres(
            folder=self.state.folder / "postgres",
            socket_folder=self.state.new_socket_folder(),
            log=self.state.folder / "postgresql.log",
        )
        self.child = Child(self.server.prepare())
        self.server.wait(lambda: self.child.exit_code is None)

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Run a query that gives rows."""
        with psycopg.connect(self.server.url(), autocommit=True) as connection:
            cursor = connection.execute(sql)
            while cursor.nextset():
                pass
            return cursor.fetchall()

    def stop(self) -> None:
        """As the supervisor does."""
        self.child.stop()
        self.state.forget_run()
        self.state.close()


@pytest.fixture
def start_run(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """Starts a run on one folder, whose path no socket could have. What still runs is stopped afterwards."""
    folder = tmp_path / f"a folder with 'quotes' and µ {'x' * 120}"
    runs: list[Run] = []

    def start() -> Run:
        runs.append(Run(folder))
        return runs[-1]

    yield start
    for run in runs:
        run.stop()


def test_rows_outlive_a_stop_and_a_kill(start_run: Callable[[], Run]) -> None:
    first = start_run()
    first.query("SELECT 1 AS number INTO kept; SELECT 1")
    first.stop()
    assert first.child.exit_code == 0
    assert not first.server.socket_folder.exists()

    second = start_run()
    second.query("INSERT INTO kept VALUES (2) RETURNING number")
    os.kill(second.child.process.pid, signal.SIGKILL)
    second.child.process.wait(10)
    second.state.close()
    assert (second.server.folder / "postmaster.pid").exists()

    third = start_run()
    assert third.query("SELECT number FROM kept ORDER BY number") == [(1,), (2,)]
    assert not second.server.socket_folder.exists()


def test_a_process_number_that_a_power_loss_left_may_belong_to_anyone(start_run: Callable[[], Run]) -> None:
    first = start_run()
    note = first.server.folder / "postmaster.pid"
    lines = note.read_text().splitlines()
    first.stop()
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert start_run().query("SELECT 1") == [(1,)]


def test_a_server_that_outlived_its_supervisor_is_ended_first(start_run: Callable[[], Run]) -> None:
    first = start_run()
    first.state.close()
    second = start_run()
    assert first.child.process.wait(10) == 0
    assert second.query("SELECT 1") == [(1,)]


def test_a_folder_of_another_postgresql_is_refused_with_what_to_do(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    state.open()
    folder = state.folder / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("12\n")
    server = EmbeddedPostgres(folder=folder, socket_folder=state.new_socket_folder(), log=tmp_path / "log")
    with pytest.raises(ServeError, match=r"was written by PostgreSQL 12.*Move it away"):
        server.prepare()
    state.forget_run()
    state.close()
