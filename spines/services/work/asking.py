"""Asking for long work, and cancelling it.

The rule what is long: what is estimated to take more than AT_ONCE_S, from the sizes of what it works on. The estimates
are those of docs/benchmarks.md, so the same request is always answered in the same way.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from spines.access import get_work, has_role
from spines.background.queue import TaskName, enqueue
from spines.constraints import broken_constraint
from spines.errors import Conflict, NotAllowed
from spines.models import AnalysisStatus, Experiment, Lab, Role, User, Work, WorkKind
from spines.models.analyses import UNFINISHED
from spines.services import audit
from spines.storage.files import discard
from spines.storage.kept import canonical_json

AT_ONCE_S = 0.5


def takes_long(seconds: float) -> bool:
    """Whether something that is estimated to take so long becomes work; the rest is done while its user waits."""
    return seconds > AT_ONCE_S


def ask(
    *,
    user: User,
    kind: WorkKind,
    arguments: dict[str, Any],
    experiment: Experiment | None = None,
    lab: Lab | None = None,
    given: Path | None = None,
) -> Work:
    """Put work in line. The same, asked by the same user while it waits or runs, is the row that is there.

    Whether the user may is for the caller to ask first; what does the work asks again.

    Parameters
    ----------
    arguments
        Ids and choices, as JSON.
    experiment, lab
        Whose members see it; without either only who asked and site admins.
    given
        A file to work on; it is kept until the work has ended.
    """
    digest = hashlib.sha256(canonical_json([kind.value, arguments, _digest_of(given)])).hexdigest()
    lab = experiment.lab if experiment else lab
    work = Work(
        kind=kind,
        arguments=arguments,
        digest=digest,
        lab=lab,
        experiment=experiment,
        asked_by=user,
        heartbeat_at=timezone.now(),
    )
    if there := _unfinished(user, digest):
        return there
    try:
        with transaction.atomic():
            if given is not None:
                with given.open("rb") as opened:
                    work.given.save("given", File(opened), save=False)
            work.save()
            audit.record(actor=user, lab=lab, action="work.asked", subject=work, kind=kind.value)
            enqueue(TaskName.DO_WORK, work.pk)
    except BaseException as error:
        discard(work.given)
        if isinstance(error, IntegrityError) and broken_constraint(error) == "work_asked_once":
            if there := _unfinished(user, digest):
                return there
            raise Conflict("This was asked for twice at once, and has ended. Ask again.") from error
        raise
    return work


def _digest_of(given: Path | None) -> str:
    if given is None:
        return ""
    with given.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _unfinished(user: User, digest: str) -> Work | None:
    return Work.objects.filter(asked_by=user, digest=digest, status__in=UNFINISHED).first()


def may_cancel(user: User, work: Work) -> bool:
    """Whether the user asked for it, or has a say over others' work there."""
    if work.asked_by_id == user.pk:
        return True
    return user.is_staff if work.lab is None else has_role(user, work.lab, Role.ANNOTATOR)


@transaction.atomic
def cancel(*, user: User, work_id: int) -> None:
    """Stop work that waits or runs; nothing comes of it. Who asked may, annotators of its lab, and site admins.

    Raises
    ------
    NotAllowed
    Conflict
        When it has ended.
    """
    work = get_work(user, work_id)
    if not may_cancel(user, work):
        raise NotAllowed("Only who asked for this, and annotators and managers of the lab, can cancel it.")
    stopped = Work.objects.filter(pk=work.pk, status__in=UNFINISHED).update(
        status=AnalysisStatus.CANCELLED, claim=None, finished_at=timezone.now(), stage=""
    )
    if not stopped:
        raise Conflict("This has ended already, so there is nothing to cancel.")
    transaction.on_commit(lambda: discard(work.given))
    audit.record(actor=user, lab=work.lab, action="work.cancelled", subject=work, kind=work.kind)
