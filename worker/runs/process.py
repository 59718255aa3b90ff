"""A process beside the worker: in a group of its own, nicer than the pages, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil
import structlog

from spines.background.processes import die_with_parent, stand_back

log = structlog.get_logger(__name__)

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
NICENESS = 15
STOP_SECONDS = 10


class Process:
    """A Python module that runs until it ends or the block does. Start it from the main thread.

    Parameters
    ----------
    arguments : the module's name and its options.
    log : its output and errors are added to this file.
    """

    def __init__(self, arguments: Sequence[str], *, log: Path) -> None:
        with log.open("ab") as output:
            self.log_start = output.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=PROJECT_FOLDER,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": _python_path()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_as_child(),
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -N when signal N ended it."""
        return self._process.poll()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)  # what is left of its group
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of it
            os.killpg(self._process.pid, number)


def end_leftovers(folder: Path) -> None:
    """End the processes that an earlier worker left at work on this run folder, named on their command lines."""
    left = []
    for process in psutil.process_iter(["cmdline"]):
        if str(folder) in (process.info["cmdline"] or ()):
            log.warning("leftover_training_ended", process=process.pid, folder=str(folder))
            with suppress(psutil.Error):
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=STOP_SECONDS)


def _as_child() -> Callable[[], None]:
    """What the child does before it becomes the program; made in the parent, whose death it is to share."""
    tie = die_with_parent(signal.SIGKILL)

    def prepare() -> None:
        stand_back(NICENESS)
        if tie is not None:
            tie()

    return prepare


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(PROJECT_FOLDER), os.environ.get("PYTHONPATH"))))
