"""The tasks: an id comes in, a row is loaded, a service is called. Each is safe to run twice.

Nothing here imports an ML framework or a network: the parent process of a worker imports this module,
and only its children analyse.
"""

from __future__ import annotations

from functools import partial

from celery import current_app, shared_task
from django.conf import settings
from redis import Redis

from spines.background.queue import QueueName, TaskName
from spines.background.workers import made_by_living
from spines.selectors.operation.backups import backup_is_due
from spines.services.analyses import jobs, threshold_jobs
from spines.services.labs import trash
from spines.services.training import jobs as training_jobs
from spines.services.work import jobs as work_jobs
from spines.storage.deleting import delete_unwanted


@shared_task(name=TaskName.ANALYSE_IMAGE)
def analyse_image(analysis_image_id: int) -> None:
    """Analyse one image, unless another worker has it or it was cancelled."""
    from worker.analysis import analyse

    if job := jobs.claim(analysis_image_id):
        analyse(job)


@shared_task(name=TaskName.SEND_IMAGES)
def send_images(analysis_id: int) -> None:
    """Send the images of a large analysis one by one, which its starter did not wait for."""
    jobs.send_queued(analysis_id)


@shared_task(name=TaskName.APPLY_THRESHOLD)
def apply_threshold(change_id: int) -> None:
    """Let an experiment's results follow its threshold, unless another worker does or a later one took its place."""
    from worker.thresholds import apply

    if job := threshold_jobs.claim(change_id):
        apply(job)


@shared_task(
    name=TaskName.TRAIN,
    soft_time_limit=settings.SPINULA_TRAINING_TIME_LIMIT_S,
    time_limit=settings.SPINULA_TRAINING_TIME_LIMIT_S + 60,
)
def train(run_id: int) -> None:
    """Train a network, unless this machine trains already or nobody wants the run any more."""
    from worker.runs.run import train_here

    train_here(run_id)


@shared_task(name=TaskName.DO_WORK)
def do_work(work_id: int) -> None:
    """Do long work that somebody asked for, unless another worker has it or it was cancelled."""
    from worker.work import do

    if job := work_jobs.claim(work_id):
        do(job)


@shared_task(name=TaskName.REQUEUE_STALLED)
def requeue_stalled() -> None:
    """Send again what silent workers held and what the broker lost; forget work whose time is over; delete files."""
    with current_app.connection_for_read() as connection:
        broker: Redis = connection.default_channel.client  # type: ignore[attr-defined]  # of kombu's Redis transport
        # No key, where none waits: 0.
        waiting = [broker.llen(queue.value) for queue in (QueueName.ANALYSIS, QueueName.TRAINING, QueueName.DEFAULT)]
        lives = partial(made_by_living, broker)
        jobs.requeue_stalled(queue_is_empty=waiting[0] == 0, lives=lives)
        threshold_jobs.requeue_stalled(queue_is_empty=waiting[0] == 0, lives=lives)
        training_jobs.requeue_stalled(queue_is_empty=waiting[1] == 0, lives=lives)
        work_jobs.requeue_stalled(queue_is_empty=waiting[2] == 0, lives=lives)
    work_jobs.forget_old()
    delete_unwanted()


@shared_task(name=TaskName.BACK_UP)
def back_up() -> None:
    """Begin a backup where one is due, in a process apart: it may take longer than a task may."""
    from worker.backups import begin

    if backup_is_due():
        begin()


@shared_task(name=TaskName.EMPTY_TRASH)
def empty_trash() -> None:
    """Delete for good what was in the trash for a month."""
    trash.empty_trash()
