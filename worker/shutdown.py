"""Whether this worker was asked to stop. Celery tells only the parent process; a training runs in a child."""

from __future__ import annotations

import mmap
from typing import Any

from celery.signals import worker_shutting_down

_asked = mmap.mmap(-1, 1)  # one byte, shared with the children that are forked after the import


@worker_shutting_down.connect
def _remember(**_: Any) -> None:
    _asked[0] = 1


def shutting_down() -> bool:
    """Whether a long task should put its work back and end."""
    return _asked[0] == 1
