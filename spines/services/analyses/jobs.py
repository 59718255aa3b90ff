"""What a worker does to an image's row: claim, beat, finish. The database is the truth about a job."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from numpy.typing import NDArray

from spines.background.queue import TaskName, enqueue
from spines.measure.light import Light, light_of
from spines.models import Analysis, AnalysisImage, AnalysisStatus, Image, Spine
from spines.models.analyses import SEEN_AS, UNFINISHED
from spines.release import release
from spines.services import claims
from spines.services.analyses.candidates import CandidateRow, write_candidates
from spines.services.analyses.carry_over import carry_over
from spines.services.analyses.likeness import write_likeness
from spines.services.analyses.measuring import TRIES, Basis, Measured, basis_of, measure, write_measures
from spines.vocabulary.classes import NETWORK_KEYS
from spines.vocabulary.picture_scale import ScaleSource, UsedScale


@dataclass(frozen=True, kw_only=True)
class Job:
    """A claimed image: the right to write its result."""

    row: AnalysisImage
    claim: uuid.UUID

    @property
    def image(self) -> Image:
        """The image to analyse."""
        return self.row.image


@dataclass(frozen=True, kw_only=True)
class FoundSpineRow:
    """A spine as the worker found it. `box_px` is (x, y, width, height) in pixels of the original image.

    `likeness` is what the classifier read of it (`spines.statistics.likeness`), where it tells.
    """

    box_px: tuple[float, float, float, float]
    score: float
    class_probabilities: dict[str, float]
    spine_class: str
    uncertain: bool
    likeness: bytes = b""


@dataclass(frozen=True, kw_only=True)
class FoundBelow:
    """What the worker found below the threshold, and down to which score that is all of it."""

    score_threshold: float
    complete_from: float
    candidates: Sequence[CandidateRow] = ()


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Seconds that one image took, by stage. Measuring and writing are timed here."""

    read_s: float
    detect_s: float
    classify_s: float


def claim(analysis_image_id: int) -> Job | None:
    """Take a queued image, or None when another worker has it or nobody wants it any more."""
    token = claims.take(AnalysisImage.objects.filter(pk=analysis_image_id))
    if token is None:
        return None
    rows = AnalysisImage.objects.select_related(
        "image__experiment__project", "analysis__detector", "analysis__classifier"
    )
    large = [f"analysis__{kind}__{field}" for kind in ("detector", "classifier") for field in ("evaluation", "card")]
    rows = rows.defer(*large)
    return Job(row=rows.get(pk=analysis_image_id), claim=token)


def _held(job: Job) -> QuerySet[AnalysisImage]:
    return claims.held(AnalysisImage.objects.filter(pk=job.row.pk), job.claim)


def beat(job: Job) -> bool:
    """Say that the worker lives. False when the claim is lost (cancelled, or given to another)."""
    return bool(_held(job).update(heartbeat_at=Now()))


def record_result(
    job: Job,
    *,
    spines: Sequence[FoundSpineRow],
    timings: Timings,
    plane: NDArray[Any] | None = None,
    unlikeness: float | None = None,
    grade: str = "",
    below: FoundBelow | None = None,
    scale: UsedScale | None = None,
    measured_first: Measured | None = None,
) -> bool:
    """Write the spines, make them the image's current result with what people said of the earlier one, and measure.

    Parameters
    ----------
    plane
        (M, N), the pixels that the spines were found in. Without them the result has no dendrites and no measures.
    unlikeness
        How far the image is from what the detector was trained on; None when not known.
    grade
        That distance read: a `Grade`, or "" when not known. It decides whether the result counts.
    below
        The threshold that all `spines` reach, and what scored less. Without it no threshold is known.
    scale
        At which scale the networks saw the image.
    measured_first
        From `first_basis` of these spines, where somebody has measured it already.

    Returns
    -------
    bool
        False when the claim is lost; then nothing is written.
    """
    row = job.row
    fresh = first_basis(job, [found.box_px for found in spines], scale)
    # What people said of an earlier result goes along, and measures follow from it: a first writing tells.
    basis = None if AnalysisImage.objects.filter(image_id=row.image_id, is_current=True).exists() else fresh
    light = Light(brightness=0.0, noise=0.0) if plane is None else light_of(plane)
    for tries_left in reversed(range(TRIES)):
        measured = measured_first if basis is fresh else None
        if measured is None and plane is not None and basis is not None:
            measured = measure(plane, basis)
        began = time.perf_counter()
        with transaction.atomic():
            held = _written(job, spines)
            if held is None:
                return False
            write_candidates(held, below.candidates if below else ())
            _note_scale(held, scale)
            if plane is not None:
                found = basis_of(held, trace=True)
                if found != basis and tries_left:
                    basis = found
                    transaction.set_rollback(True)
                    continue
                if measured is None or found != basis:
                    measured = measure(plane, found)
                write_measures(held, measured)
                held.brightness, held.noise = light.brightness, light.noise
            held.unlikeness, held.grade = unlikeness, grade
            if below is not None:
                held.score_threshold, held.complete_from = below.score_threshold, below.complete_from
            # The row itself comes last, and only now is it locked: who cancels waits for none of the writing.
            if _held(job).select_for_update(of=("self",)).first() is None:
                transaction.set_rollback(True)
                return False
            _finish(held, timings, measure_s=measured.seconds if measured else 0.0, began=began)
        break
    close_finished(row.analysis_id)
    return True


def first_basis(
    job: Job, boxes_px: Sequence[tuple[float, float, float, float]], scale: UsedScale | None = None
) -> Basis:
    """What the measures of a result follow from as long as nobody has said anything of its image."""
    return Basis(
        boxes_px=list(boxes_px),
        lines=None,
        pixel_size_um=job.image.pixel_size_um,
        seen_pixel_um=scale.pixel_um if scale is not None and scale.source is ScaleSource.SEEN else None,
    )


def _note_scale(row: AnalysisImage, scale: UsedScale | None) -> None:
    row.scale_pixel_um = scale.pixel_um if scale else None
    row.scale_source = scale.source if scale else ""
    row.scale_sureness = scale.sureness if scale else None
    row.seen_pixel_um = scale.seen_pixel_um if scale else None
    row.scale_doubt = scale.doubt if scale else ""


def _written(job: Job, spines: Sequence[FoundSpineRow]) -> AnalysisImage | None:
    """The spines as rows of the current result, with what people said of the earlier one. None: the claim is lost.

    The image is locked, the row is not, and what is to be said of the row is not saved.
    """
    Image.objects.select_for_update().filter(pk=job.row.image_id).first()
    row = _held(job).first()
    if row is None:
        return None
    row.spines.all().delete()
    row.dendrites.all().delete()
    row.tracing_version = row.measures_version = None
    for seen in SEEN_AS:
        setattr(row, seen, getattr(job.image, seen))
    rows = Spine.objects.bulk_create(spine_row(row, n, found) for n, found in enumerate(spines, start=1))
    write_likeness(
        job.row.analysis.classifier_id, {s.pk: f.likeness for s, f in zip(rows, spines, strict=True) if f.likeness}
    )
    current = AnalysisImage.objects.filter(image_id=row.image_id, is_current=True)
    row.is_current = not current.filter(analysis_id__gt=row.analysis_id).exists()
    earlier = current.exclude(pk=row.pk).first()
    if row.is_current and earlier is not None:
        AnalysisImage.objects.filter(pk=earlier.pk).update(is_current=False)
        carry_over(earlier, row)
    return row


def _finish(row: AnalysisImage, timings: Timings, *, measure_s: float, began: float) -> None:
    row.status, row.claim, row.message = AnalysisStatus.DONE, None, ""
    row.read_s, row.detect_s, row.classify_s = timings.read_s, timings.detect_s, timings.classify_s
    row.software_version = release()
    row.measure_s = measure_s
    row.finished_at = timezone.now()
    row.write_s = time.perf_counter() - began
    row.save()


def spine_row(row: AnalysisImage, number: int, found: FoundSpineRow) -> Spine:
    """An unsaved spine of a result, as the worker found it."""
    x_px, y_px, width_px, height_px = found.box_px
    return Spine(
        analysis_image=row,
        number=number,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        score=found.score,
        spine_class=found.spine_class,
        uncertain=found.uncertain,
        probabilities=[found.class_probabilities[name] for name in NETWORK_KEYS],
    )


def put_back(job: Job, *, why: str, counted: bool = True) -> bool:
    """Let the image wait, as the surroundings failed. False when the claim is lost."""
    return bool(claims.put_back(_held(job), why=why, counted=counted))


def record_failure(job: Job, *, sentence: str) -> bool:
    """Say why this image has no result. The rest of the analysis goes on."""
    failed = claims.fail(_held(job), sentence=sentence)
    close_finished(job.row.analysis_id)
    return bool(failed)


def close_finished(analysis_id: int | None = None) -> int:
    """Give analyses without unfinished images their time of finishing. Returns how many."""
    unfinished = AnalysisImage.objects.filter(analysis=OuterRef("pk"), status__in=UNFINISHED)
    open_analyses = Analysis.objects.filter(~Exists(unfinished), finished_at=None)
    if analysis_id is not None:
        open_analyses = open_analyses.filter(pk=analysis_id)
    return open_analyses.update(finished_at=timezone.now())


def send_queued(analysis_id: int) -> int:
    """Send every image of an analysis that waits; one that was sent already finds its row taken. Returns how many."""
    waiting = AnalysisImage.objects.filter(analysis=analysis_id, status=AnalysisStatus.QUEUED).order_by("pk")
    pks = list(waiting.values_list("pk", flat=True))
    for pk in pks:
        enqueue(TaskName.ANALYSE_IMAGE, pk)
    return len(pks)


def requeue_stalled(*, queue_is_empty: bool, lives: claims.Lives = claims.assumed_living) -> int:
    """Send again the images that silent workers held, and those that the broker lost. Returns how many."""
    sent = claims.put_back_stalled(
        AnalysisImage.objects.all(),
        task=TaskName.ANALYSE_IMAGE,
        queue_is_empty=queue_is_empty,
        lives=lives,
        sentence=f"The worker stopped {claims.MOST_ATTEMPTS} times while it analysed this image. "
        "It may be too large for the machine's memory: crop it, or ask your administrator to read the worker's log.",
    )
    close_finished()
    return sent
