"""Beat's clock, which says that it ticks: to who started it, and in the broker, where the health page looks."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery.beat import PersistentScheduler
from redis import RedisError

from spines.background.workers import broker, mark_of
from worker.pulse import show_life

log = structlog.get_logger(__name__)

BEAT = "beat"
_MARK_EVERY_S = 10
_MARK_LASTS_S = 120


class MarkedClock(PersistentScheduler):
    """Celery's own clock with a mark every few seconds."""

    _marked_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Do what is due. Returns how many seconds may pass until the next tick."""
        show_life()
        if time.monotonic() - self._marked_at >= _MARK_EVERY_S:
            self._marked_at = time.monotonic()
            self._mark()
        return min(float(super().tick(*args, **kwargs)), _MARK_EVERY_S)

    def _mark(self) -> None:
        try:
            with broker() as server:
                server.set(mark_of(BEAT), "alive", ex=_MARK_LASTS_S)
        except RedisError as error:
            log.warning("beat_not_marked", error=str(error))
