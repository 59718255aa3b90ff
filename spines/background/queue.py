"""The tasks and the one way to send them. The broker carries ids only; the database is the truth."""

from __future__ import annotations

from enum import StrEnum

from celery import current_app
from django.db import transaction


class TaskName(StrEnum):
    """Every task by its registered name."""

    ANALYSE_IMAGE = "spinula.analyse_image"
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
    "queued", and the beat task `REQUEUE_STALLED` sends it again.
    """

    def send() -> None:  # a named function: Django's log line of a failed one reads its name
        current_app.send_task(task.value, args=ids, queue=QUEUE_OF_TASK[task].value, retry=False)

    transaction.on_commit(send, robust=True)
