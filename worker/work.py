"""Long work, from its claimed row to its result: the act that is registered for its kind, watched and stopped."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from spines.background.progress import Stopped
from spines.errors import DomainError
from spines.services.work import jobs
from spines.services.work.jobs import WorkJob
from spines.services.work.kinds import Task, act_of
from spines.storage.files import failed_around, local_copy
from spines.storage.temporary import PREFIX, temporary_folder
from worker.beating import beating
from worker.waiting import wait_in_line

log = structlog.get_logger(__name__)

BEAT_EVERY_S = 1.0
"""So soon a page sees a step, and an act that a cancellation."""
NOBODY = "The account that asked for this is gone, so nobody may do it. Ask for it again."
TOO_LONG = (
    "This took longer than the worker's time limit. Choose less at once, or ask your administrator to raise "
    "SPINULA_TASK_TIME_LIMIT_S."
)
TOO_LARGE = "The worker ran out of memory on this. Choose less at once, or ask your administrator for more memory."
GONE = "A stored file is gone that this needs. Ask your administrator to restore it, then ask for this again."


def do(job: WorkJob) -> None:
    """Do what was asked for and keep what came of it, or say why nothing did; say meanwhile how far it is."""
    with beating(lambda: jobs.beat(job), name=f"beat-work-{job.row.pk}", every_s=BEAT_EVERY_S):
        carry_out(job)


def carry_out(job: WorkJob) -> None:
    """The same without a sign of life."""
    try:
        _do(job)
    except Stopped:
        log.info("work_stopped", work=job.row.pk)
    except Exception as error:  # noqa: BLE001 - every failure becomes a sentence; unknown ones are logged
        if what := failed_around(error):
            wait_in_line(partial(jobs.put_back, job), what)
        else:
            jobs.record_failure(job, sentence=_sentence(job, error))


def _sentence(job: WorkJob, error: Exception) -> str:
    if isinstance(error, DomainError):
        return error.sentence
    if isinstance(error, FileNotFoundError):
        log.exception("stored_file_gone", work=job.row.pk)
        return GONE
    if isinstance(error, SoftTimeLimitExceeded):
        return TOO_LONG
    if isinstance(error, MemoryError):
        log.exception("out_of_memory", work=job.row.pk)
        return TOO_LARGE
    reference = uuid.uuid4().hex[:8]
    log.exception("work_failed", reference=reference, work=job.row.pk)
    return (
        "Something unexpected went wrong. Ask for it again; if it fails again, your administrator finds the cause in "
        f"the worker's log under {reference}."
    )


def _do(job: WorkJob) -> None:
    user = job.row.asked_by
    if user is None or not user.is_active:
        jobs.record_failure(job, sentence=NOBODY)
        return
    given = local_copy(job.row.given) if job.row.given else nullcontext(None)
    with TemporaryDirectory(prefix=f"{PREFIX}work-", dir=temporary_folder()) as folder, given as path:
        task = Task(user=user, arguments=job.row.arguments, folder=Path(folder), given=path, progress=job)
        jobs.finish(job, act_of(job.row.kind)(task))
