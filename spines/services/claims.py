"""Rows that workers take: claim, hold, put back. Images, thresholds, training runs and long work share this.

A message of the broker may come twice, late, or not at all. So a worker claims its row with a conditional
UPDATE; only the holder of the claim may write; rows whose worker fell silent, or whose message was lost,
are queued again.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from spines.background.queue import TaskName, enqueue
from spines.background.workers import IDENTITY
from spines.models import AnalysisImage, ThresholdChange, TrainingRun, Work

HEARTBEAT_EVERY_S = 5
SILENT_AFTER_S = 30
MOST_ATTEMPTS = 3
MOST_INTERRUPTIONS = 20
"""So often a row may go with its whole worker, or back in line as the surroundings failed: what brings that about each
time ends at last."""
UNCHARGED = Greatest(F("attempts") - 1, 0)
REQUEUED_AT_ONCE = 1000

# AnalysisStatus and TrainingStatus share these.
QUEUED, RUNNING, FAILED = "queued", "running", "failed"

Lives = Callable[[uuid.UUID], bool]
Row = TypeVar("Row", AnalysisImage, ThresholdChange, TrainingRun, Work)


def assumed_living(claim: uuid.UUID) -> bool:
    """That the worker which made a claim lives, where nobody knows better."""
    return True


def take(rows: QuerySet[Row], **changes: Any) -> uuid.UUID | None:
    """Take the one row of `rows` if it is queued. Returns the claim, or None when it is not to be had."""
    token, now = uuid.UUID(bytes=IDENTITY + secrets.token_bytes(8)), Now()
    taken: dict[str, Any] = {
        "status": RUNNING,
        "claim": token,
        "heartbeat_at": now,
        "started_at": now,
        "finished_at": None,
        "attempts": F("attempts") + 1,
        "message": "",
    }
    return token if rows.filter(status=QUEUED).update(**taken | changes) else None


def held(rows: QuerySet[Row], claim: uuid.UUID) -> QuerySet[Row]:
    """The row of `rows` as long as this claim holds it."""
    return rows.filter(claim=claim, status=RUNNING)


def fail(rows: QuerySet[Row], *, sentence: str) -> int:
    """Say why nothing more happens on these rows. Returns how many there were."""
    return rows.update(status=FAILED, claim=None, message=sentence, finished_at=timezone.now())


WAITING = "Waiting. {why} It goes on by itself when that is mended."
GIVEN_UP = (
    "{why} That was so {times} times when this was tried. Ask your administrator to look at the server and its log, "
    "then ask for it again."
)


def put_back(rows: QuerySet[Row], *, why: str, counted: bool = True) -> int:
    """Back in line, as the surroundings failed: no attempt is charged, and its message says why it waits.

    It is sent again once it was there for SILENT_AFTER_S and the broker holds nothing. What meets failing surroundings
    MOST_INTERRUPTIONS times has something of its own, and fails, unless it is not `counted`. Returns how many rows.
    """
    given_up = 0
    if counted:
        often = rows.filter(interruptions__gte=MOST_INTERRUPTIONS - 1)
        given_up = fail(often, sentence=GIVEN_UP.format(why=why, times=MOST_INTERRUPTIONS))
    return given_up + rows.update(
        status=QUEUED,
        claim=None,
        message=WAITING.format(why=why),
        attempts=UNCHARGED,
        interruptions=F("interruptions") + int(counted),
        heartbeat_at=Now(),
        started_at=None,
    )


def put_back_stalled(
    rows: QuerySet[Row],
    *,
    task: TaskName,
    queue_is_empty: bool,
    sentence: str,
    lives: Lives = assumed_living,
) -> int:
    """Send again what was lost: rows of silent workers, and queued rows that no message stands for.

    Parameters
    ----------
    queue_is_empty : bool
        Whether the broker holds no message of `task`. Only then is an old queued row known to be lost.
    sentence : str
        For the rows that killed what worked on them MOST_ATTEMPTS times, while the worker itself lived on: they fail.
    lives : callable
        Whether the worker lives that made this claim. The death of a whole worker (a power cut, a restart) is not
        charged to what it held.

    Returns
    -------
    int
        How many rows were sent again.
    """
    long_ago = Now() - timedelta(seconds=SILENT_AFTER_S)  # the database's clock: machines differ
    with transaction.atomic():
        silent = rows.filter(status=RUNNING, heartbeat_at__lt=long_ago)
        interrupted = [pk for pk, claim in silent.values_list("pk", "claim") if claim is None or not lives(claim)]
        silent.filter(pk__in=interrupted).update(attempts=UNCHARGED, interruptions=F("interruptions") + 1)
        fail(silent.filter(attempts__gte=MOST_ATTEMPTS), sentence=sentence)
        fail(silent.filter(interruptions__gte=MOST_INTERRUPTIONS), sentence=sentence)
        stalled = _queued_again(silent)
        if queue_is_empty:
            stalled += _queued_again(rows.filter(status=QUEUED, heartbeat_at__lt=long_ago))
        for pk in sorted(stalled):
            enqueue(task, pk)
    return len(stalled)


def _queued_again(rows: QuerySet[Row]) -> list[int]:
    """Those of `rows` that nobody else is changing now, queued. Locked, they cannot be cancelled on the way."""
    pks = list(rows.order_by("pk").select_for_update(skip_locked=True).values_list("pk", flat=True)[:REQUEUED_AT_ONCE])
    rows.filter(pk__in=pks).update(status=QUEUED, claim=None, heartbeat_at=Now())
    return pks
