"""Children of a worker that somebody stopped (SIGSTOP, a debugger): a single one would hold its worker up for its whole
time limit. The parent ends what stays stopped; its image comes again."""

from __future__ import annotations

import time
from contextlib import suppress

import psutil
import structlog

log = structlog.get_logger(__name__)

FROZEN_AFTER_S = 60.0


class FrozenChildren:
    """Looked at every few seconds."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def end(self) -> None:
        """End the children that were found stopped each time for FROZEN_AFTER_S."""
        now, stopped = time.monotonic(), {}
        for child in psutil.Process().children():
            with suppress(psutil.Error):
                if child.status() == psutil.STATUS_STOPPED:
                    stopped[child.pid] = self._since.get(child.pid, now)
                    if now - stopped[child.pid] >= FROZEN_AFTER_S:
                        log.warning("frozen_child_ended", pid=child.pid)
                        child.kill()
        self._since = stopped
