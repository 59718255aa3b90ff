"""Results follow their experiment's new threshold: only candidates that become spines are classified."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError
from numpy.typing import NDArray

from spines.errors import Busy, DomainError
from spines.measure.blur import blur_of
from spines.models import AnalysisImage
from spines.services.analyses import threshold_jobs
from spines.services.analyses.candidates import Opinion
from spines.services.analyses.measuring import basis_of, measure, plane_as_analysed
from spines.services.analyses.threshold_jobs import ChangeJob
from spines.storage.files import failed_around
from worker.analysis import pipeline_of
from worker.beating import beating
from worker.inference.classifier import Classification
from worker.inference.detector import Box
from worker.inference.heads import heads_tell, weighed
from worker.waiting import wait_in_line

log = structlog.get_logger(__name__)

TURN_S = 20.0
"""Then images that wait for their analysis have the worker first."""


def apply(job: ChangeJob) -> None:
    """Let one result after the other follow, for a turn. What fails keeps its former spines, the others go on."""
    began = time.monotonic()
    with beating(lambda: threshold_jobs.beat(job), name=f"beat-threshold-{job.row.pk}"):
        try:
            while (result := threshold_jobs.next_result(job)) is not None:
                if time.monotonic() - began > TURN_S:
                    threshold_jobs.hand_on(job)
                    return
                _try(job, result)
            threshold_jobs.finish(job)
        except SoftTimeLimitExceeded:
            threshold_jobs.hand_on(job)
        except Exception as error:
            what = failed_around(error)
            if what is None:
                raise
            wait_in_line(partial(threshold_jobs.put_back, job), what)


def _try(job: ChangeJob, result: AnalysisImage) -> None:
    try:
        _follow(job, result)
    except Busy:
        raise
    except DomainError as error:
        threshold_jobs.leave_out(job, result, error.sentence)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception as error:
        if failed_around(error):
            raise
        reference = uuid.uuid4().hex[:8]
        log.exception("threshold_not_applied", reference=reference, result=result.pk)
        threshold_jobs.leave_out(
            job,
            result,
            "Something unexpected went wrong with it. Analyse it anew; if that fails, too, your administrator finds "
            f"the cause in the worker's log under {reference}.",
        )


def _follow(job: ChangeJob, result: AnalysisImage) -> None:
    planned = threshold_jobs.plan(job, result)
    plane = plane_as_analysed(result) if planned.changes_spines else None
    opinions: list[Opinion] = []
    if plane is not None and planned.to_classify:
        boxes_px = [candidate.box_px for candidate in planned.to_classify]
        taken_as_um = result.scale_pixel_um or result.pixel_size_um
        pipeline = pipeline_of(result.analysis)
        named = pipeline.classify(plane, boxes_px, taken_as_um, as_stated=True)
        if heads_tell(
            source=result.scale_source,
            doubt=result.scale_doubt,
            pixel_size_um=result.pixel_size_um,
            polarity=result.polarity,
        ):
            named = _weighed_among_the_rest(
                result, plane, boxes_px, named, limit=pipeline.classifier_card.uncertain_below
            )
        opinions = [
            Opinion(class_probabilities=n.class_probabilities, spine_class=n.spine_class, uncertain=n.uncertain)
            for n in named
        ]
    threshold_jobs.follow(job, planned, plane=plane, opinions=opinions)


def _weighed_among_the_rest(
    result: AnalysisImage, plane: NDArray[Any], boxes_px: list[Box], named: list[Classification], *, limit: float
) -> list[Classification]:
    """The classes of new boxes after their heads, measured beside the spines and on the dendrites that stand."""
    standing = basis_of(result)
    every: dict[str, Any] = {
        "boxes_px": [*boxes_px, *standing.boxes_px],
        "by_hand": [*[None] * len(boxes_px), *standing.by_hand],
    }
    together = measure(plane, replace(standing, **every)).spines
    blur = blur_of(together.values())
    return weighed(named, [together[n] for n in range(len(named))], blur_um=blur, uncertain_below=limit)
