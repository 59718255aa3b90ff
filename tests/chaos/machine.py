"""A machine that runs Spinula as `make run` does, with its images on a disk of its own, and the power switch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.s3_server import LocalS3
from webapp.serve.embedded import free_port
from webapp.serve.programs import PROJECT

DISK_MB = 256
STATE_DISK_MB = 1024
_WITHOUT_DEMO = (
    "import sys, webapp.serve.__main__ as run; run.make_demo = lambda *_: None; sys.argv[0] = 'webapp.serve'; "
    "sys.exit(run.main())"
)


class Failed(RuntimeError):
    """A command did not work; it may later."""


def wait_for(true: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """What `true` gives once it gives something. Raises SystemExit with `what` did not happen."""
    end = time.monotonic() + seconds
    while True:
        with suppress(OSError, psycopg.Error, urllib.error.URLError, psutil.Error, Failed):
            if found := true():
                return found
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come within {seconds:.0f} s.")
        time.sleep(0.5)


class Machine:
    """The supervisor, what it started, and their state."""

    def __init__(self, folder: Path, *, with_s3: bool = False, images_mb: int = DISK_MB) -> None:
        self.folder = folder
        self.port = free_port()
        self.images, self.disk = folder / "images", folder / "disk"
        self.log = folder / "run.log"
        for place, size_mb in ((self.images, images_mb), (self.disk, STATE_DISK_MB)):
            place.mkdir(parents=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "spinula-chaos", place], check=True)
        self.s3 = LocalS3(self.images / "s3", free_port()) if with_s3 else None
        if self.s3:
            self.s3.start()
        self._process: subprocess.Popen[bytes] | None = None
        self.beside: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """Of everything that runs on it."""
        none_of = ("DATABASE_URL", "REDIS_URL", "SPINULA_SECRET_KEY")
        said = {name: value for name, value in os.environ.items() if name not in none_of}
        return said | {
            "PORT": str(self.port),
            "SPINULA_STATE": str(self.disk / "state"),
            **(self.s3.environment if self.s3 else {"SPINULA_STORAGE": str(self.images / "media")}),
            "SPINULA_TRAINING_WORKER": "off",
            "SPINULA_REQUEUE_SECONDS": "10",
            "SPINULA_INFERENCE_THREADS": "1",
        }

    # ---- power

    def start(self) -> None:
        """Switch it on, and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _WITHOUT_DEMO], cwd=PROJECT, env=self.environment, stdout=log, stderr=log
            )
        wait_for(self.is_well, seconds=300, what="/healthz/")

    def cut_power(self) -> None:
        """End the supervisor and everything below it at once."""
        below = self.processes()
        if self._process:
            self._process.kill()
        for process in below:
            with suppress(psutil.Error):
                process.kill()
        if self._process:
            self._process.wait()
        for each in self.beside:
            each.kill()
            each.wait()
        self.beside.clear()

    def stop(self) -> None:
        """Switch it off as an operator does, and give the disk back."""
        for each in self.beside:
            each.kill()
            each.wait()
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(60)
        self.cut_power()
        if self.s3:
            self.s3.kill()
        for place in (self.images, self.disk):
            subprocess.run(["umount", "-l", place], check=False)

    @property
    def runs(self) -> bool:
        """Whether the supervisor has not ended."""
        return self._process is not None and self._process.poll() is None

    # ---- what runs on it

    def processes(self, *words: str) -> list[psutil.Process]:
        """Everything below the supervisor of whose command line some part holds each of these words."""
        if self._process is None:
            return []
        found = []
        with suppress(psutil.Error):
            for process in psutil.Process(self._process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    command = " ".join(process.cmdline()) or process.name()
                    if all(word in command for word in words):
                        found.append(process)
        return found

    def a_second_start(self) -> int:
        """`make run` on the same state and another port, as somebody forgets that it runs already. Its exit code."""
        said = self.environment | {"PORT": str(free_port())}
        command = [sys.executable, "-c", _WITHOUT_DEMO]
        return subprocess.run(command, cwd=PROJECT, env=said, capture_output=True, timeout=120).returncode

    def worker_whose_clock_is_off(self, seconds: int) -> None:
        """One more worker, as on another machine."""
        code = (
            "import datetime, sys; from django.utils import timezone; right = timezone.now; "
            f"timezone.now = lambda: right() + datetime.timedelta(seconds={seconds}); "
            "from celery.__main__ import main; sys.argv = ['celery', '--quiet', '--skip-checks', '-A', 'worker', "
            "'worker', '--queues', 'analysis', '--hostname', 'off@%h', '--concurrency', '1', '--loglevel', 'WARNING', "
            "'--without-gossip', '--without-mingle']; sys.exit(main())"
        )
        said = self.environment | self.run_environment() | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
        with self.log.open("ab") as log:
            self.beside.append(
                subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, env=said, stdout=log, stderr=log)
            )

    # ---- what it says

    def run_environment(self) -> dict[str, str]:
        """Addresses and secrets of the present run."""
        lines = (self.disk / "state" / "run.env").read_text().splitlines()
        pairs = [line.split("=", 1) for line in lines if "=" in line]
        return {name: value.strip("\"'") for name, value in pairs}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What its database says."""
        with psycopg.connect(self.run_environment()["DATABASE_URL"], connect_timeout=5) as connection:
            return connection.execute(sql).fetchall()

    def is_well(self) -> bool:
        """Whether /healthz/ says so."""
        if not self.runs:
            raise SystemExit(f"The supervisor has ended. Its output: {self.log}")
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz/", timeout=10) as answer:
            return bool(json.load(answer)["status"] == "ok")

    def manage(self, *arguments: str) -> str:
        """A management command's output. Raises where it fails."""
        done = subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Failed(f"manage.py {' '.join(arguments)[:80]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout
