"""The side that asks: a few warm processes, lent to one question at a time."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spines.errors import Busy, UnreadableImage
from spines.imaging.apart import frames
from spines.imaging.polarity import ToldPolarity
from spines.imaging.refusals import broke_down, took_too_long
from spines.imaging.types import ImageInfo

_ROOT = Path(__file__).resolve().parents[3]
_MOST_ANSWERS = 200


@dataclass(frozen=True, kw_only=True)
class Look:
    """What an upload is told of its file. `thumbnail` is a PNG."""

    info: ImageInfo
    told: ToldPolarity
    thumbnail: bytes


class _Ended(Exception):
    """The process ended before it answered."""


class Readers:
    """At most `most` processes, each with `memory_mb` beside what it starts with and `seconds` for a question.

    They start when they are first needed. A question waits `wait_s` for a free one.
    """

    def __init__(self, *, most: int, memory_mb: int, seconds: float, wait_s: float) -> None:
        self._most, self._memory_mb, self._seconds, self._wait_s = most, memory_mb, seconds, wait_s
        self._free: list[_Process] = []
        self._lent = 0
        self._back = threading.Condition()
        os.register_at_fork(after_in_child=_forget(weakref.ref(self)))

    def ask(self, question: str, path: Path, *, patience: float = 1.0, **options: Any) -> Any:
        """The answer of one of `child.QUESTIONS`.

        Parameters
        ----------
        patience : how many times `wait_s` it waits for a free process.

        Raises
        ------
        UnreadableImage
            Of the file, or because its reader ran out of memory or time, or broke down.
        OSError
            As reading the file raised it.
        Busy
            When no reader came free.
        """
        process = self._borrow(self._wait_s * patience)
        try:
            answer = process.ask((question, path, options), seconds=self._seconds)
        except TimeoutError:
            process.end()
            raise UnreadableImage(took_too_long(options["name"], self._seconds)) from None
        except _Ended:
            process.end()
            raise UnreadableImage(broke_down(options["name"])) from None
        except BaseException:  # a time limit of the worker: its answer would be taken for the next one's
            process.end()
            raise
        finally:
            self._give_back(process)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def warm(self) -> None:
        """Start a process where none is there: it loads what it needs while nobody waits for it yet."""
        with self._back:
            if self._lent or any(process.runs for process in self._free):
                return
        self._give_back(self._borrow(self._wait_s))

    def close(self) -> None:
        """End those that are free."""
        with self._back:
            for process in self._free:
                process.end()
            self._free.clear()

    def forget(self) -> None:
        """In a forked process: those of the parent are not ours."""
        for process in self._free:
            process.let_go()
        self._free, self._lent, self._back = [], 0, threading.Condition()

    def _borrow(self, wait_s: float) -> _Process:
        with self._back:
            if not self._back.wait_for(lambda: self._lent < self._most, timeout=wait_s):
                raise Busy("Other images are being read, and this one waited too long. Try it again in a minute.")
            self._lent += 1
            while self._free:
                process = self._free.pop()
                if process.runs:
                    return process
                process.end()
        try:
            return _Process(self._memory_mb, self._seconds)
        except BaseException:
            with self._back:
                self._lent -= 1
            raise

    def _give_back(self, process: _Process) -> None:
        with self._back:
            self._lent -= 1
            if process.runs and process.answers < _MOST_ANSWERS:
                self._free.append(process)
            else:
                process.end()
            self._back.notify()


class _Process:
    def __init__(self, memory_mb: int, seconds: float) -> None:
        self.answers = 0
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "spines.imaging.apart.child", str(memory_mb), str(int(seconds))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._replies = self._process.stdin, self._process.stdout

    @property
    def runs(self) -> bool:
        """Whether it can be asked."""
        return not self._questions.closed and self._process.poll() is None

    def ask(self, question: Any, *, seconds: float) -> Any:
        """Its answer. Raises TimeoutError, or _Ended where it ended instead."""
        end = time.monotonic() + seconds + (0 if self.answers else _start_s(seconds))
        try:
            frames.write(self._questions.write, question)
        except BrokenPipeError as error:
            raise _Ended from error
        answer, is_last = frames.read(lambda view: self._fill(view, end))
        self.answers += 1
        if is_last:  # it ends by itself, and must not be lent meanwhile
            self.end()
        return answer

    def _fill(self, view: memoryview, end: float) -> None:
        pipe = self._replies.fileno()
        while view:
            if not select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError
            count = os.readv(pipe, [view])
            if not count:
                raise _Ended
            view = view[count:]

    def end(self) -> None:
        """End it, whatever it does."""
        if self._questions.closed:
            return
        self._process.kill()
        self.let_go()
        self._process.wait()

    def let_go(self) -> None:
        """Close our ends of its pipes; without work it ends then."""
        self._questions.close()
        self._replies.close()


def _start_s(seconds: float) -> float:
    """A process that was not asked before imports its libraries first."""
    return max(30.0, seconds)


def _forget(readers: weakref.ref[Readers]) -> Any:
    def forget() -> None:
        if (found := readers()) is not None:
            found.forget()

    return forget
