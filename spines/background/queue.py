"""The tasks and the one way to send them. The broker carries ids only; the database is the truth."""

from __future__ import annotations

import os
import threading
import time
from enum import StrEnum
from typing import Any

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

SENDING_S = 3.0
"""So long a broker may take for one message."""
LEFT_ALONE_S = 10.0
"""So long nothing more is sent after one that it did not take: one slow broker is one wait, not eighty."""


class TaskName(StrEnum):
    """Every task by its registered name."""

    ANALYSE_IMAGE = "spinula.analyse_image"
    SEND_IMAGES = "spinula.send_images"
    APPLY_THRESHOLD = "spinula.apply_threshold"
    TRAIN = "spinula.train"
    DO_WORK = "spinula.do_work"
    REQUEUE_STALLED = "spinula.requeue_stalled"
    BACK_UP = "spinula.back_up"
    EMPTY_TRASH = "spinula.empty_trash"


class QueueName(StrEnum):
    """Who takes what: analysis workers, training workers; long work of the pages, and chores of beat."""

    ANALYSIS = "analysis"
    TRAINING = "training"
    DEFAULT = "default"


QUEUE_OF_TASK = {
    TaskName.ANALYSE_IMAGE: QueueName.ANALYSIS,
    TaskName.SEND_IMAGES: QueueName.ANALYSIS,
    TaskName.APPLY_THRESHOLD: QueueName.ANALYSIS,
    TaskName.TRAIN: QueueName.TRAINING,
    TaskName.DO_WORK: QueueName.DEFAULT,
    TaskName.REQUEUE_STALLED: QueueName.DEFAULT,
    TaskName.BACK_UP: QueueName.DEFAULT,
    TaskName.EMPTY_TRASH: QueueName.DEFAULT,
}


def enqueue(task: TaskName, *ids: int) -> None:
    """Send a task once the present transaction has committed.

    A broker that cannot be reached is logged and does not undo what was committed: the row says
    "queued", and the beat task `REQUEUE_STALLED` sends it again. What follows within LEFT_ALONE_S is not tried.
    """

    def send() -> None:  # a named function: Django's log line of a failed one reads its name
        _sender.send(task.value, ids, QUEUE_OF_TASK[task].value)

    transaction.on_commit(send, robust=True)


class _Sender(threading.local):
    """A connection a thread, which gives up soon: a person may wait for it."""

    def __init__(self) -> None:
        self._process, self._connection = 0, None
        self._silent_until = 0.0

    _connection: Any

    def send(self, name: str, ids: tuple[int, ...], queue: str) -> None:
        """Send a message, unless the broker took none a moment ago. Raises what sending raises."""
        if time.monotonic() < self._silent_until:
            return
        try:
            current_app.send_task(name, args=ids, queue=queue, retry=False, connection=self._connected())
        except (OperationalError, OSError):
            self._silent_until = time.monotonic() + LEFT_ALONE_S
            self._process = 0
            log.warning("broker_takes_nothing", seconds=LEFT_ALONE_S)
            raise

    def _connected(self) -> Any:
        if self._process != os.getpid():  # a fork shares no connection
            options = current_app.conf.broker_transport_options | {
                "socket_timeout": SENDING_S,
                "socket_connect_timeout": SENDING_S,
                "max_retries": 1,
                "interval_start": 0,
                "interval_step": 0,
                "interval_max": 0,
            }
            self._connection = current_app.connection_for_write(transport_options=options)
            self._process = os.getpid()
        return self._connection


_sender = _Sender()
