"""What the user reads when a run fails."""

from __future__ import annotations

import errno
import signal
from collections.abc import Sequence
from dataclasses import dataclass

SMALLER = (
    "Start a new one with a smaller batch or, for a detector, a smaller crop_px, or stop other work on that machine; "
    "a resumed run keeps its present batch."
)
MEMORY = f"The training ran out of memory. {SMALLER}"
DISK = "The disk of the training machine or of the storage is full. Make room, then resume."
TOO_LONG = (
    "This training took longer than the worker's time limit. Resume it, or start one with a smaller budget, or have "
    "SPINULA_TRAINING_TIME_LIMIT_S raised."
)
UNEXPECTED = (
    "Something unexpected went wrong with this training. Resume it; if it fails again, the cause stands in the "
    "worker's log under {reference}."
)
MEND = "Its last lines say why: mend that, then resume."

_MEMORY_WORDS = ("MemoryError", "out of memory", "OutOfMemory", "RESOURCE_EXHAUSTED", "ResourceExhausted", "bad_alloc")
_DISK_WORDS = ("No space left on device", "Disk quota exceeded")
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT)
_TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a process ended too soon, and whether trying again from the last checkpoint may help."""

    sentence: str
    may_pass: bool


def failure_of(exit_code: int, lines: Sequence[str], *, attempts: int) -> Failure:
    """Read an exit code other than 0 together with the last lines that the process said."""
    text = "\n".join(lines)
    times = f" {attempts} times" if attempts > 1 else ""
    if any(word in text for word in _DISK_WORDS):
        return Failure(sentence=DISK, may_pass=False)
    if any(word in text for word in _MEMORY_WORDS):
        return Failure(sentence=MEMORY, may_pass=False)
    if exit_code == -signal.SIGKILL:
        killed = f"The training process was killed{times}: the machine probably ran out of memory."
        return Failure(sentence=f"{killed} {SMALLER}", may_pass=True)
    if exit_code < 0:
        crashed = f"The training process crashed{times} ({signal.strsignal(-exit_code)})."
        return Failure(sentence=f"{crashed} {MEND}", may_pass=True)
    if exit_code == 1 and lines and _TRACEBACK not in text:
        return Failure(sentence=lines[-1], may_pass=False)
    what = lines[-1] if lines else f"exit code {exit_code}"
    return Failure(sentence=f"The training stopped with an error ({what}). {MEND}", may_pass=False)


def is_full_disk(error: OSError) -> bool:
    """Whether the error says that there is no room."""
    return error.errno in _DISK_ERRORS
