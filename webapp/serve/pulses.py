"""Signs of life of programs that can hang without ending: one that shows none for long is ended, and starts again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

ASK_EVERY_S = 5.0


class Pulse(Protocol):
    """How long a program has shown no life."""

    most_s: float
    """From so many seconds on it hangs."""

    def begin(self) -> None:
        """The program was started just now."""

    def silent_s(self) -> float:
        """Seconds since its last sign."""


class FilePulse:
    """A file that the program touches every few seconds; its address is told it as SPINULA_PULSE."""

    def __init__(self, path: Path, *, most_s: float) -> None:
        self.path, self.most_s = path, most_s

    def begin(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()

    def silent_s(self) -> float:
        try:
            return time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return 0.0


class AnswerPulse:
    """A server that is asked every few seconds, from a thread of its own, as a hung one takes its time."""

    def __init__(self, ask: Callable[[], bool], *, most_s: float) -> None:
        self._ask, self.most_s = ask, most_s
        self._answered = time.monotonic()
        self._asks = False

    def begin(self) -> None:
        self._answered = time.monotonic()
        if not self._asks:
            self._asks = True
            threading.Thread(target=self._keep_asking, name="pulse", daemon=True).start()

    def silent_s(self) -> float:
        return time.monotonic() - self._answered

    def _keep_asking(self) -> None:
        while True:
            if self._ask():
                self._answered = time.monotonic()
            time.sleep(ASK_EVERY_S)
