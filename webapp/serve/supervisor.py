"""Starts children, starts one again that died, and stops all of them in order when asked or orphaned."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from webapp.serve.errors import ServeError
from webapp.serve.processes import Child, Program

_TICK_SECONDS = 0.2
_QUICK_DEATH_SECONDS = 20
_QUICK_DEATHS_ALLOWED = 6
_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 30


class Stopped(Exception):
    """Ctrl-C, SIGTERM, or the death of whoever started us."""


class Watched:
    """A program that is to run as long as the supervisor does."""

    def __init__(self, program: Program, child: Child) -> None:
        self.program = program
        self.child = child
        self.quick_deaths = 0
        self.start_again_at: float | None = None
        self.begin()

    def begin(self) -> None:
        """It was started just now."""
        self.started_at = time.monotonic()
        if self.program.pulse is not None:
            self.program.pulse.begin()

    @property
    def hangs_s(self) -> float:
        """For how long it has shown no life, where that is too long; else 0."""
        pulse = self.program.pulse
        silent_s = pulse.silent_s() if pulse is not None and self.child.exit_code is None else 0.0
        return silent_s if pulse is not None and silent_s > pulse.most_s else 0.0


class Supervisor:
    """The parent of everything. Use it from the main thread, inside `signals()`."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._parent = os.getppid()
        self._watched: list[Watched] = []
        self._print_lock = threading.Lock()

    def say(self, sentence: str) -> None:
        """A line of our own on the terminal."""
        self._print(sentence)

    def show(self, name: str, line: str) -> None:
        """A child's line, behind its name."""
        self._print(f"{name:>10} | {line}")

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Ctrl-C, SIGTERM and a closed terminal ask to stop, for as long as the block runs."""
        asked = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._ask_to_stop) for number in asked}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def run(self, program: Program) -> None:
        """Run a program to its end. Raises ServeError if it fails, Stopped if asked to stop meanwhile."""
        child = Child(program, self.show)
        try:
            while child.exit_code is None:
                self._look_after()
        finally:
            child.stop()
        if child.exit_code:
            raise ServeError(f"`{program.name}` failed with code {child.exit_code}. What it printed above says why.")

    def start(self, program: Program, wait: Callable[[Callable[[], bool]], None] | None = None) -> None:
        """Start a program to watch. `wait` is given a function that tells whether the program still runs."""
        watched = Watched(program, Child(program, self.show))
        self._watched.append(watched)
        if wait is not None:
            wait(lambda: self._alive(watched))

    def watch(self, seconds: float | None = None) -> None:
        """Look after the children, for ever or for some seconds. Raises Stopped, or ServeError for a hopeless one."""
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            self._look_after()

    def stop(self) -> None:
        """Stop the children, those started last first; the servers once nobody needs them any more."""
        for watched in self._watched:
            if not watched.program.needed_to_stop:
                watched.child.ask_to_stop()
        latest_first = reversed(self._watched)
        for watched in sorted(latest_first, key=lambda watched: watched.program.needed_to_stop):
            watched.child.stop()
        self._watched.clear()

    def _alive(self, watched: Watched) -> bool:
        if self._asked():
            raise Stopped
        return watched.child.exit_code is None

    def _revive(self, watched: Watched) -> None:
        if watched.start_again_at is not None:
            if time.monotonic() >= watched.start_again_at:
                watched.program.clear()
                watched.child = Child(watched.program, self.show)
                watched.start_again_at = None
                watched.begin()
            return
        code = watched.child.exit_code
        if code is None:
            return
        watched.child.clear_up()
        name, how = watched.program.name, f"signal {-code}" if code < 0 else f"code {code}"
        quick = time.monotonic() - watched.started_at < _QUICK_DEATH_SECONDS
        watched.quick_deaths = watched.quick_deaths + 1 if quick else 0
        if watched.quick_deaths > _QUICK_DEATHS_ALLOWED:
            raise ServeError(f"{name} ended with {how}, again and again. Its output above or its log says why.")
        wait_s = min(_FIRST_WAIT_SECONDS * 2**watched.quick_deaths, _LONGEST_WAIT_SECONDS) if quick else 0.0
        self.say(f"{name} ended with {how}; starting it again{f' in {wait_s:.0f} s' if wait_s >= 1 else ''}.")
        watched.start_again_at = time.monotonic() + wait_s

    def _look_after(self) -> None:
        if self._asked():
            raise Stopped
        for watched in self._watched:
            if hangs_s := watched.hangs_s:
                self.say(f"{watched.program.name} has shown no life for {hangs_s:.0f} s; ending it.")
                watched.child.process.kill()
                watched.child.process.wait()
            self._revive(watched)
        self._stop.wait(_TICK_SECONDS)

    def _asked(self) -> bool:
        return self._stop.is_set() or os.getppid() != self._parent

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _print(self, line: str) -> None:
        with self._print_lock:
            try:
                print(line, flush=True)
            except BrokenPipeError:  # nobody reads any more, as in `make run | head`
                self._stop.set()
                sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - lives as long as the process
