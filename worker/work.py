"""Long work, from its claimed row to its result: the act that is registered for its kind, watched and stopped."""

from __future__ import annotations

import uuid
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from spines.background.progress import Stopped
from spines.errors import DomainError
from spines.services.work import jobs
from spines.services.work.jobs import WorkJob
from spines.services.work.kinds import Task, act_of
from spines.storage.files import local_copy
from spines.storage.temporary import PREFIX, temporary_folder
from worker.beating import beating

log = structlog.get_logger(__name__)

BEAT_EVERY_S = 1.0
"""So soon a page sees a step, and an act that a cancellation."""
NOBODY = "The account that asked for this is gone, so nobody may do it. Ask for it again."
TOO_LONG = (
    "This took longer than the worker's time limit. Choose less at once, or ask your admin to raise "
    "SPINULA_TASK_TIME_LIMIT_S."
)
TOO_LARGE = (
    "The worker ran out of memory on this. Choose less at once, or ask your admin for a worker with more memory."
)
GONE = "A stored file that this needs is gone. Ask your admin to restore it from a backup, then ask for this again."


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
    except DomainError as error:
        jobs.record_failure(job, sentence=error.sentence)
    except FileNotFoundError:
        log.exception("stored_file_gone", work=job.row.pk)
        jobs.record_failure(job, sentence=GONE)
    except SoftTimeLimitExceeded:
        jobs.record_failure(job, sentence=TOO_LONG)
    except MemoryError:
        log.exception("out_of_memory", work=job.row.pk)
        jobs.record_failure(job, sentence=TOO_LARGE)
    except (OperationalError, InterfaceError):
        raise  # the database went: the row's beats stop, so it is taken up again
    except Exception:
        reference = uuid.uuid4().hex[:8]
        log.exception("work_failed", reference=reference, work=job.row.pk)
        jobs.record_failure(
            job,
            sentence="Something unexpected went wrong. Ask for it again; if it fails again, your admin finds the "
            f"cause in the worker's log under {reference}.",
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
