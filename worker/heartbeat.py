"""A worker's sign of life: a key in the broker for each queue it consumes, which outlives it by seconds."""

from typing import Any

import structlog
from celery import bootsteps
from django.conf import settings
from redis import Redis, RedisError

from spines.background.queue import QueueName
from spines.background.workers import broker, mark_of, mark_of_worker
from spines.training.packages import missing_packages
from worker.frozen import FrozenChildren
from worker.pulse import show_life

log = structlog.get_logger(__name__)

_MISSED_BEATS = 4


class Heartbeat(bootsteps.StartStopStep):
    """Writes the keys from the worker's own event loop: a loop that hangs falls silent, as it should."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._timer: Any = None
        self._broker: Redis | None = None
        self._children = FrozenChildren()

    def start(self, consumer: Any) -> None:
        """Mark every consumed queue now and every few seconds."""
        self._broker = broker()
        queues = [queue.name for queue in consumer.task_consumer.queues]
        keys = [mark_of_worker(), *(mark_of(queue) for queue in queues)]
        if QueueName.TRAINING in queues and not missing_packages():
            keys.append(mark_of(QueueName.TRAINING, able=True))
        self._mark(keys)
        self._timer = consumer.timer.call_repeatedly(settings.SPINULA_WORKER_HEARTBEAT_S, self._mark, (keys,))

    def stop(self, consumer: Any) -> None:
        """Fall silent. Another worker may consume the same queues, so the keys are left to expire."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._broker is not None:
            self._broker.close()
            self._broker = None

    def _mark(self, keys: list[str]) -> None:
        assert self._broker is not None
        show_life()
        self._children.end()
        try:
            with self._broker.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.set(key, "alive", ex=_MISSED_BEATS * settings.SPINULA_WORKER_HEARTBEAT_S)
                pipeline.execute()
        except RedisError as error:
            log.warning("heartbeat_not_written", error=str(error))
