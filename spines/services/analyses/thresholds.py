"""Giving an experiment its own threshold. `threshold_jobs` holds what workers do about it."""

from __future__ import annotations

import math

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, require_role
from spines.background.queue import TaskName, enqueue
from spines.errors import Conflict, InvalidInput
from spines.models import AnalysisStatus, Experiment, Role, ThresholdChange, User
from spines.models.analyses import UNFINISHED
from spines.selectors.analyses.thresholds import is_analysed_now, to_follow
from spines.services import audit
from spines.vocabulary.operating_points import DIGITS, HIGHEST_THRESHOLD, LOWEST_THRESHOLD


@transaction.atomic
def set_threshold(*, user: User, experiment_id: int, threshold: float | None) -> ThresholdChange:
    """Say from which detection score on a box is a spine here. Present results follow, later analyses use it.

    What people said stands: no spine that somebody spoke of goes, and no image whose boxes were called right changes.

    Parameters
    ----------
    threshold
        Rounded to a hundredth; None gives each detector its own operating point again.

    Raises
    ------
    Conflict
        While images of the experiment are analysed, and where it is the threshold already and all results follow it.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    threshold = _checked(threshold)
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    if is_analysed_now(locked):
        raise Conflict(
            "Images of this experiment are being analysed. Wait for that or cancel it, then set the threshold."
        )
    before, locked.score_threshold = locked.score_threshold, threshold
    images = to_follow(locked).count()
    unfinished = locked.threshold_changes.filter(status__in=UNFINISHED)
    if before == threshold and not (images and not unfinished.exists()):
        raise Conflict(f"The threshold of this experiment is {in_words(threshold)} already.")
    now = timezone.now()
    unfinished.update(status=AnalysisStatus.CANCELLED, claim=None, finished_at=now)
    locked.save(update_fields=["score_threshold", "touched_at"])
    change = ThresholdChange.objects.create(
        experiment=locked,
        before=before,
        threshold=threshold,
        images=images,
        status=AnalysisStatus.QUEUED if images else AnalysisStatus.DONE,
        heartbeat_at=now,
        finished_at=None if images else now,
        created_by=user,
    )
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="experiment.threshold_set",
        subject=experiment,
        before=before,
        after=threshold,
        images=images,
    )
    if images:
        enqueue(TaskName.APPLY_THRESHOLD, change.pk)
    return change


def in_words(threshold: float | None) -> str:
    """As a sentence names it."""
    return "the network's own" if threshold is None else f"{threshold:.{DIGITS}f}"


def _checked(threshold: float | None) -> float | None:
    if threshold is None:
        return None
    if not math.isfinite(threshold) or not LOWEST_THRESHOLD <= round(threshold, DIGITS) <= HIGHEST_THRESHOLD:
        raise InvalidInput(
            f"A threshold is a detection score from {LOWEST_THRESHOLD:.{DIGITS}f} to {HIGHEST_THRESHOLD:.{DIGITS}f}. "
            "Boxes with a lower score are not kept."
        )
    return round(threshold, DIGITS)
