"""Starting, cancelling and retrying analyses: what a user asks for. `jobs` holds what workers do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from spines.access import get_analysis, get_experiment, require_role
from spines.background.queue import TaskName, enqueue
from spines.errors import Conflict, InvalidInput
from spines.models import (
    Analysis,
    AnalysisImage,
    AnalysisStatus,
    Experiment,
    ModelKind,
    ModelVersion,
    Role,
    User,
)
from spines.models.analyses import UNFINISHED
from spines.release import release
from spines.selectors.images.chosen import chosen_images
from spines.selectors.models.in_use import network_for
from spines.services import audit
from spines.services.analyses.jobs import close_finished


def _parameters(experiment: Experiment, detector: ModelVersion) -> dict[str, Any]:
    """What is stated with an analysis: the experiment's threshold, where it has one, is the one that is applied."""
    own = detector.card.get("score_threshold")
    threshold = own if experiment.score_threshold is None else experiment.score_threshold
    return {"backend": settings.SPINULA_INFERENCE_BACKEND, "score_threshold": threshold}


MOST_SENT_AT_ONCE = 500


@transaction.atomic
def start_analysis(*, user: User, experiment_id: int, image_ids: Iterable[int] | None = None) -> Analysis:
    """Queue an analysis of all images of an experiment, or of the chosen ones: one task an image."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    # Before the images are read, so that none goes meanwhile; and the threshold cannot change from here on.
    locked = Experiment.objects.select_for_update().get(pk=experiment.pk)
    images = experiment.images.all() if image_ids is None else chosen_images(experiment, image_ids)
    pks = list(images.order_by("original_name", "pk").values_list("pk", flat=True))
    if not pks:
        raise InvalidInput("There is no image to analyse. Upload images, or tick at least one.")
    if AnalysisImage.objects.filter(image__in=pks, status__in=UNFINISHED).exists():
        raise Conflict("Some of these images are being analysed already. Wait for that, or cancel it.")
    detector, classifier = network_for(locked, ModelKind.DETECTOR), network_for(locked, ModelKind.CLASSIFIER)
    chosen_for = {"detector": detector.reach.value, "classifier": classifier.reach.value}
    analysis = Analysis.objects.create(
        experiment=experiment,
        detector=detector.version,
        classifier=classifier.version,
        parameters=_parameters(locked, detector.version) | {"chosen_for": chosen_for},
        software_version=release(),
        created_by=user,
    )
    now = timezone.now()
    queued = AnalysisImage.objects.bulk_create(
        AnalysisImage(analysis=analysis, image_id=pk, heartbeat_at=now) for pk in pks
    )
    experiment.save(update_fields=["touched_at"])
    audit.record(actor=user, lab=analysis.lab, action="analysis.started", subject=analysis, images=len(pks))
    _send(analysis, [row.pk for row in queued])
    return analysis


def _send(analysis: Analysis, pks: list[int]) -> None:
    """A message an image; of a large analysis one message for all, as its starter waits."""
    if len(pks) > MOST_SENT_AT_ONCE:
        enqueue(TaskName.SEND_IMAGES, analysis.pk)
        return
    for pk in pks:
        enqueue(TaskName.ANALYSE_IMAGE, pk)


def cancel_analysis(*, user: User, analysis_id: int) -> int:
    """Stop what has not finished; what is done stays. Returns how many images were stopped."""
    with transaction.atomic():
        analysis = get_analysis(user, analysis_id)
        require_role(user, analysis.lab, Role.ANNOTATOR)
        stopped = analysis.images.filter(status__in=UNFINISHED).update(
            status=AnalysisStatus.CANCELLED, claim=None, finished_at=timezone.now()
        )
        if not stopped:
            raise Conflict("This analysis has finished already, so there is nothing to cancel.")
        audit.record(actor=user, lab=analysis.lab, action="analysis.cancelled", subject=analysis, images=stopped)
    close_finished()
    return stopped


@transaction.atomic
def retry_analysis(*, user: User, analysis_id: int) -> int:
    """Queue again what failed or was cancelled. Returns how many images."""
    analysis = get_analysis(user, analysis_id)
    require_role(user, analysis.lab, Role.ANNOTATOR)
    experiment = Experiment.objects.select_for_update().get(pk=analysis.experiment_id)
    ended = analysis.images.filter(status__in=(AnalysisStatus.FAILED, AnalysisStatus.CANCELLED))
    pks = list(ended.select_for_update().values_list("pk", flat=True))
    if not pks:
        raise Conflict("Nothing in this analysis failed or was cancelled, so there is nothing to retry.")
    if AnalysisImage.objects.filter(image__results__in=pks, status__in=UNFINISHED).exists():
        raise Conflict("Some of these images are in another analysis now. Wait for that, or cancel it.")
    ended.filter(pk__in=pks).update(
        status=AnalysisStatus.QUEUED,
        attempts=0,
        interruptions=0,
        claim=None,
        message="",
        heartbeat_at=Now(),
        started_at=None,
        finished_at=None,
    )
    parameters = analysis.parameters | _parameters(experiment, analysis.detector)
    Analysis.objects.filter(pk=analysis.pk).update(finished_at=None, parameters=parameters)
    audit.record(actor=user, lab=analysis.lab, action="analysis.retried", subject=analysis, images=len(pks))
    _send(analysis, pks)
    return len(pks)
