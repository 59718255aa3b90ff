"""Tying a child process to its parent's life. Plain Python: `make run` uses it before Django is there."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child does before it becomes the program (`preexec_fn`): ask Linux for a signal on its parent's death.

    None where the system knows no such thing. Linux ties the child to the thread that started it.
    """
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:
            os._exit(1)

    return ask
