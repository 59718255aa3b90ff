"""One image of an analysis, from its claimed row to its spines: read, find, classify, measure, write."""

from __future__ import annotations

import time
import uuid
from functools import lru_cache, partial
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from numpy.typing import NDArray

from spines.errors import Conflict, DomainError
from spines.imaging import Polarity
from spines.measure.blur import blur_of
from spines.models import Analysis, Image, ModelVersion
from spines.services.analyses import jobs
from spines.services.analyses.candidates import CandidateRow
from spines.services.analyses.measuring import measure
from spines.storage.files import failed_around
from spines.storage.pixels import plane_to_analyse
from worker.beating import beating
from worker.inference.heads import heads_tell, weighed
from worker.inference.pipeline import Pipeline, PipelineResult, load_pipeline
from worker.model_files import folder_of
from worker.waiting import all_went_well, wait_in_line

log = structlog.get_logger(__name__)

TOO_LONG = (
    "This image took longer than the worker's time limit. Crop it, or ask your administrator to raise "
    "SPINULA_TASK_TIME_LIMIT_S."
)
TOO_LARGE = (
    "The worker ran out of memory on this image. Crop it or make it smaller, or ask your administrator for a worker "
    "with more memory."
)


@lru_cache(maxsize=2)
def _pipeline(detector: ModelVersion, classifier: ModelVersion) -> Pipeline:
    """The networks of an analysis, loaded once a child process; two pairs are kept while versions change."""
    pipeline = load_pipeline(
        backend=settings.SPINULA_INFERENCE_BACKEND,
        threads=settings.SPINULA_INFERENCE_THREADS,
        detector_dir=folder_of(detector),
        classifier_dir=folder_of(classifier),
    )
    for version, card in ((detector, pipeline.detector_card), (classifier, pipeline.classifier_card)):
        if version.sha256 != card.sha256:
            raise Conflict(
                f"This worker has another {card.kind} ({card.name} {card.version}) than the analysis asks for "
                f"({version}). Analyse anew, or ask your administrator to bring web and worker to one release."
            )
    return pipeline


def pipeline_with(detector: ModelVersion, classifier: ModelVersion) -> Pipeline:
    """These networks. Raises Conflict where this worker has others, or their files are gone."""
    return _pipeline(detector, classifier)


def find_in(pipeline: Pipeline, image: Image, plane: NDArray[Any], *, with_candidates: bool = False) -> PipelineResult:
    """What the networks find in an image's plane (M, N), as its settings and its experiment's have it."""
    return pipeline.analyse(
        plane,
        image.pixel_size_um,
        score_threshold=image.experiment.score_threshold,
        with_candidates=with_candidates,
        turned=image.polarity == Polarity.DARK_ON_LIGHT,
        confirmed=image.is_pixel_size_confirmed,
    )


def pipeline_of(analysis: Analysis) -> Pipeline:
    """The networks that an analysis names. Raises Conflict where this worker has others, or their files are gone."""
    return _pipeline(analysis.detector, analysis.classifier)


def analyse(job: jobs.Job) -> None:
    """Run the pipeline on a claimed image and write what came of it: its spines, or why there are none.

    A known failure keeps its sentence. An unknown one goes to the log under a reference number, which
    the sentence names. Either way the rest of the analysis goes on.
    """
    with beating(lambda: jobs.beat(job), name=f"beat-{job.row.pk}"):
        try:
            _run(job)
            all_went_well()
        except Exception as error:  # noqa: BLE001 - every failure becomes a sentence; unknown ones are logged
            if what := failed_around(error):
                wait_in_line(partial(jobs.put_back, job), what)
            else:
                _record(job, error)


def _record(job: jobs.Job, error: Exception) -> None:
    if isinstance(error, DomainError):
        sentence = error.sentence
    elif isinstance(error, SoftTimeLimitExceeded):
        sentence = TOO_LONG
    elif isinstance(error, MemoryError):
        log.exception("out_of_memory", image=job.image.pk)
        sentence = TOO_LARGE
    else:
        reference = uuid.uuid4().hex[:8]
        log.exception("analysis_failed", reference=reference, image=job.image.pk)
        sentence = (
            "Something unexpected went wrong with this image. Retry it; if it fails again, "
            f"your administrator finds the cause in the worker's log under {reference}."
        )
    jobs.record_failure(job, sentence=sentence)


def _run(job: jobs.Job) -> None:
    pipeline = pipeline_of(job.row.analysis)
    began = time.perf_counter()
    image = job.image
    plane = plane_to_analyse(image)
    read_s = time.perf_counter() - began
    result = find_in(pipeline, image, plane, with_candidates=True)
    found, measured = result.spines, None
    if heads_tell(
        source=result.scale.source,
        doubt=result.scale.doubt,
        pixel_size_um=image.pixel_size_um,
        polarity=image.polarity,
    ):
        measured = measure(plane, jobs.first_basis(job, [each.box_px for each in found], result.scale))
        of_each = [measured.spines[index] for index in range(len(found))]
        limit = pipeline.classifier_card.uncertain_below
        found = weighed(found, of_each, blur_um=blur_of(of_each), uncertain_below=limit)
    rows = [jobs.FoundSpineRow(**vars(each)) for each in found]
    timings = jobs.Timings(read_s=read_s, detect_s=result.detect_s, classify_s=result.classify_s)
    below = jobs.FoundBelow(
        score_threshold=result.score_threshold,
        complete_from=result.complete_from,
        candidates=[CandidateRow(box_px=each.box_px, score=each.score) for each in result.candidates],
    )
    jobs.record_result(
        job,
        spines=rows,
        timings=timings,
        plane=plane,
        unlikeness=result.unlikeness,
        grade=result.grade,
        below=below,
        scale=result.scale,
        measured_first=measured,
    )
