"""What a child process does first: tie its life to its parent's, let others go first. Plain Python, without Django."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

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


def stand_back(niceness: int) -> None:
    """Let programs of less niceness (0 to 19) go first where all want the processor.

    Linux may share it out by sessions first and by niceness only within one; who leads a session says it of that too.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # there is no such thing here
            Path("/proc/self/autogroup").write_text(str(niceness))
