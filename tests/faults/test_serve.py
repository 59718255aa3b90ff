"""`make run` end to end: from an empty folder to an analysed demonstration, through a kill, to the next start."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from webapp.serve.embedded import free_port
from webapp.serve.programs import PROJECT

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]

_LONG_S = 300
_NO_SERVERS = ("DATABASE_URL", "REDIS_URL", "SPINULA_STORAGE", "SPINULA_SECRET_KEY", "DJANGO_SETTINGS_MODULE")


class Serve:
    """`python -m webapp.serve` in a process of its own."""

    def __init__(self, state: Path, port: int) -> None:
        self.state, self.port = state, port
        self.output = state.with_name(f"{state.name}-{time.monotonic_ns()}.txt")
        environment = {name: value for name, value in os.environ.items() if name not in _NO_SERVERS}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp.serve"],
                cwd=PROJECT,
                env=environment | {"PORT": str(port), "SPINULA_STATE": str(state)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        """Everything on its terminal so far."""
        return self.output.read_text()

    def wait_for(self, what: str, true: Callable[[], bool]) -> None:
        """Until it is true; fails with the terminal's content if the program ends or takes too long."""
        end = time.monotonic() + _LONG_S
        while not true():
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"{what} did not happen:\n{self.said()}")
            time.sleep(0.2)

    def health(self) -> int:
        """The status of /healthz/, 0 where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            answer.close()
            return int(answer.code)
        except OSError:
            return 0

    def count(self, sql: str) -> int:
        """A number out of the database of the run."""
        lines = (self.state / "run.env").read_text().splitlines()
        address = next(shlex.split(line)[0] for line in lines if line.startswith("DATABASE_URL="))
        address = address.partition("=")[2]
        with psycopg.connect(address) as connection:
            row = connection.execute(sql).fetchone()
        assert row is not None
        return int(row[0])

    def child(self, word: str) -> psutil.Process:
        """The child with this word on its command line."""
        return next(each for each in psutil.Process(self.process.pid).children() if word in each.cmdline())

    def family(self) -> list[psutil.Process]:
        """It and all that it started."""
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[], Serve]]:
    """Starts Spinula on one state folder and port. What still runs afterwards is killed."""
    state, port = tmp_path / "a state", free_port()
    started: list[Serve] = []

    def start() -> Serve:
        started.append(Serve(state, port))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
            run.process.wait(60)


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of them runs any more."""
    return not psutil.wait_procs(processes, timeout=30)[1]


def test_from_an_empty_folder_to_an_analysed_demo_through_a_kill_and_back(serve: Callable[[], Serve]) -> None:
    first = serve()
    first.wait_for("health", lambda: first.health() == 200)
    first.wait_for("the sign-in on the terminal", lambda: "with the password" in first.said())
    assert f"http://127.0.0.1:{first.port}/" in first.said()

    second = serve()
    assert second.process.wait(60) == 1
    assert "already runs on" in second.said() or "is used by another program" in second.said()

    pages = first.child("webapp.front")
    pages.send_signal(signal.SIGKILL)
    first.wait_for("a word about the pages", lambda: "web ended with signal 9; starting it again." in first.said())
    first.wait_for("health", lambda: first.health() == 200)

    first.wait_for("the training worker", lambda: "Starting training worker" in first.said())
    assert first.child("training").is_running()

    unfinished = "SELECT count(*) FROM spines_analysisimage WHERE status <> 'done'"
    first.wait_for("the demo", lambda: "What you do is kept in" in first.said())
    first.wait_for("its analysis", lambda: first.count(unfinished) == 0)
    images = first.count("SELECT count(*) FROM spines_image")
    assert images == 24
    with_spines = "SELECT count(DISTINCT analysis_image_id) FROM spines_spine"
    assert first.count(with_spines) == images

    family = first.family()
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    assert all_gone(family[1:])

    third = serve()
    third.wait_for("health", lambda: third.health() == 200)
    third.wait_for("the end of the start", lambda: "What you do is kept in" in third.said())
    assert third.count("SELECT count(*) FROM spines_image") == images
    family = third.family()
    third.process.send_signal(signal.SIGINT)
    assert third.process.wait(60) == 0
    assert all_gone(family)
    assert "Stopped." in third.said()
    assert not (third.state / "run.env").exists()


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = Serve(tmp_path / "state", taken.getsockname()[1])
        assert run.process.wait(60) == 1
    assert f"port {run.port} on 127.0.0.1 is used by another program" in run.said()
    assert "make run PORT=" in run.said()
    assert not run.state.exists()
