"""The worker's side of long work: claim it, say how far it is, keep what came of it, forget it after a while."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from spines.background.progress import Progress, Stopped
from spines.background.queue import TaskName
from spines.models import AnalysisStatus, Work
from spines.models.analyses import UNFINISHED
from spines.services import claims
from spines.services.work.kinds import Outcome
from spines.storage.deleting import delete_unwanted
from spines.storage.files import discard

KEPT_FOR = timedelta(days=7)
FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class WorkJob(Progress):
    """Claimed work: the right to do it. What the act tells is written by `beat`, from a thread and connection apart."""

    row: Work
    claim: uuid.UUID
    told: dict[str, Any] = field(default_factory=lambda: {"done": 0, "total": 0, "stage": ""})
    lost: threading.Event = field(default_factory=threading.Event)
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def held(self) -> QuerySet[Work]:
        """The row as long as this claim holds it."""
        return claims.held(Work.objects.filter(pk=self.row.pk), self.claim)

    def tell(self, done: int, total: int, stage: str = "") -> None:
        """So many of so many steps are done."""
        if self.lost.is_set() and not self.settled.is_set():
            raise Stopped
        self.told.update(done=done, total=total, stage=stage)

    def settle(self, **result: Any) -> None:
        """Done, with what came of it, when the present transaction commits."""
        _close(self, result=self.row.result | result)
        self.settled.set()


def claim(work_id: int) -> WorkJob | None:
    """Take work, or None when another worker has it or it was cancelled."""
    token = claims.take(Work.objects.filter(pk=work_id), done=0, total=0, stage="")
    if token is None:
        return None
    row = Work.objects.select_related("asked_by", "lab", "experiment").get(pk=work_id)
    return WorkJob(row=row, claim=token)


def beat(job: WorkJob) -> bool:
    """Say that the worker lives, and how far it is. False, and the act is stopped, when the claim is lost."""
    alive = bool(job.held.update(heartbeat_at=Now(), **job.told))
    if not alive:
        job.lost.set()
    return alive


def finish(job: WorkJob, outcome: Outcome) -> bool:
    """Keep what came of it, unless the act has settled that already. False when the claim is lost: nothing is kept."""
    if not job.settled.is_set():
        try:
            _finish(job, outcome)
        except Stopped:
            return False
    discard(job.row.given)
    return True


def _finish(job: WorkJob, outcome: Outcome) -> None:
    made = Work()
    try:
        if outcome.file is not None:
            with outcome.file.open("rb") as opened:
                made.file.save("made", File(opened), save=False)
                made.file_bytes = outcome.file.stat().st_size
        kept = {"file": made.file.name or "", "file_name": outcome.file_name, "file_bytes": made.file_bytes}
        _close(job, result=outcome.result, **kept)
    except BaseException:
        discard(made.file)
        raise


def _close(job: WorkJob, **kept: Any) -> None:
    closed = {"status": AnalysisStatus.DONE, "claim": None, "stage": "", "finished_at": timezone.now()}
    if not job.held.update(**closed | kept):
        raise Stopped


def put_back(job: WorkJob, *, why: str, counted: bool = True) -> bool:
    """Let it wait, as the surroundings failed. False when the claim is lost."""
    return bool(claims.put_back(job.held, why=why, counted=counted))


def record_failure(job: WorkJob, *, sentence: str) -> bool:
    """Say why nothing came of it."""
    failed = bool(claims.fail(job.held, sentence=sentence))
    if failed:
        discard(job.row.given)
    return failed


def requeue_stalled(*, queue_is_empty: bool, lives: claims.Lives = claims.assumed_living) -> int:
    """Send again the work that silent workers held, and what the broker lost. Returns how much."""
    return claims.put_back_stalled(
        Work.objects.all(),
        task=TaskName.DO_WORK,
        queue_is_empty=queue_is_empty,
        lives=lives,
        sentence=f"The worker stopped {claims.MOST_ATTEMPTS} times while it did this. Ask for it again; if it stops "
        "again, ask your administrator to read the worker's log.",
    )


@transaction.atomic
def forget_old() -> int:
    """Delete what ended a week ago, with its files. Returns how much."""
    old = Work.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR).exclude(status__in=UNFINISHED)
    rows = list(old.select_for_update(skip_locked=True)[:FORGOTTEN_AT_ONCE])
    Work.objects.filter(pk__in=[row.pk for row in rows]).delete()
    transaction.on_commit(delete_unwanted, robust=True)
    return len(rows)
