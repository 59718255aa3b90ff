"""What a training worker does to a run's row: claim, beat, tell how far it is, finish."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from spines.background.queue import TaskName, enqueue
from spines.models import ModelKind, TrainingRun, TrainingStatus
from spines.services import audit, claims
from spines.services.models import versions as model_versions

STAGE_CHARACTERS = 120
FRAMEWORKS = "What the programs beneath said last:"
"""The line of a log between its sentences and what the frameworks said."""


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """A claimed run: the right to write what comes of it."""

    row: TrainingRun
    claim: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class TrainingProgress:
    """How far a run is: a row of figures an epoch, the share of the budget used up, what it does, its last lines."""

    epochs: Sequence[Mapping[str, Any]]
    done: float
    stage: str
    log_tail: str


def claim(run_id: int, *, node: str) -> TrainingJob | None:
    """Take a waiting run, or None: another worker has it, nobody wants it any more, or `node` trains another."""
    elsewhere = TrainingRun.objects.filter(status=TrainingStatus.RUNNING, node=node)
    token = claims.take(
        TrainingRun.objects.filter(~Exists(elsewhere), pk=run_id),
        node=node,
        stage="Getting ready",
        started_at=Coalesce(F("started_at"), timezone.now()),
    )
    if token is None:
        return None
    row = TrainingRun.objects.select_related("dataset", "started_from").get(pk=run_id)
    return TrainingJob(row=row, claim=token)


def _held(job: TrainingJob) -> QuerySet[TrainingRun]:
    return claims.held(TrainingRun.objects.filter(pk=job.row.pk), job.claim)


def beat(job: TrainingJob) -> bool:
    """Say that the worker lives. False when the claim is lost (cancelled, or given to another)."""
    return bool(_held(job).update(heartbeat_at=Now()))


def record_stage(job: TrainingJob, stage: str) -> bool:
    """Say what the run does now. False when the claim is lost."""
    return bool(_held(job).update(stage=stage[:STAGE_CHARACTERS], heartbeat_at=Now()))


def record_progress(job: TrainingJob, progress: TrainingProgress) -> bool:
    """Write how far the run is. False, and nothing, when the claim is lost."""
    return bool(
        _held(job).update(
            epochs=list(progress.epochs),
            done=progress.done,
            stage=progress.stage[:STAGE_CHARACTERS],
            log_tail=progress.log_tail,
            heartbeat_at=Now(),
        )
    )


def try_again(job: TrainingJob) -> bool:
    """Count another attempt after a crash. False when there were enough, or the claim is lost."""
    more = _held(job).filter(attempts__lt=claims.MOST_ATTEMPTS)
    return bool(more.update(attempts=F("attempts") + 1, heartbeat_at=Now()))


def record_failure(job: TrainingJob, *, sentence: str) -> bool:
    """Say why this run has no network. False, and nothing, when the claim is lost."""
    return bool(claims.fail(_held(job), sentence=sentence))


@transaction.atomic
def hand_back(job: TrainingJob) -> bool:
    """Put a run back in line whose worker is asked to stop: no fault of the run, so no attempt of it."""
    handed = _held(job).update(
        status=TrainingStatus.QUEUED,
        claim=None,
        attempts=F("attempts") - 1,
        stage="Waiting for a worker",
        heartbeat_at=Now(),
    )
    if handed:
        enqueue(TaskName.TRAIN, job.row.pk)
    return bool(handed)


@transaction.atomic
def record_candidate(job: TrainingJob, network: model_versions.Network) -> bool:
    """Enter the run's network as a candidate and close the run. False, and nothing, when the claim is lost.

    Raises
    ------
    Conflict
        When the very same network is there already.
    """
    row = _held(job).select_for_update(of=("self",)).first()
    if row is None:
        return False
    row.candidate = model_versions.register_candidate(kind=ModelKind(row.kind), network=network)
    row.status, row.claim, row.message = TrainingStatus.DONE, None, ""
    row.stage, row.done = "", 1.0
    row.finished_at = timezone.now()
    row.save(update_fields=["candidate", "status", "claim", "message", "stage", "done", "finished_at"])
    audit.record(actor=None, lab=None, action="training.done", subject=row, candidate=row.candidate.pk)
    return True


def requeue_stalled(*, queue_is_empty: bool, lives: claims.Lives = claims.assumed_living) -> int:
    """Send again the runs that silent workers held, and those that the broker lost. Returns how many."""
    return claims.put_back_stalled(
        TrainingRun.objects.all(),
        task=TaskName.TRAIN,
        queue_is_empty=queue_is_empty,
        lives=lives,
        sentence=f"The training worker stopped {claims.MOST_ATTEMPTS} times during this run. The machine may have run "
        "out of memory: start it again with a smaller batch, or read the worker's log.",
    )
