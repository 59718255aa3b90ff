"""What a worker does when an experiment got another threshold: its results follow one by one, without the detector.

Spines that score less become candidates again, candidates that reach it become spines, and the image is measured anew,
in one transaction an image. Whatever a person said stands (`SPOKEN_OF` of the selectors). A result that follows
says so itself (`AnalysisImage.score_threshold`), so a change can be taken up again anywhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from numpy.typing import NDArray

from spines.background.queue import TaskName, enqueue
from spines.models import AnalysisImage, AnalysisStatus, Image, Spine, ThresholdChange
from spines.selectors.analyses.thresholds import SPOKEN_OF, box_of, places_taken, to_follow
from spines.services import audit, claims
from spines.services.analyses import jobs
from spines.services.analyses.candidates import (
    CandidateRow,
    Opinion,
    in_reading_order,
    read_candidates,
    write_candidates,
)
from spines.services.analyses.measuring import basis_of, measure, write_measures

APPLIED = "result.threshold_applied"
ABOVE_ALL_NUMBERS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ChangeJob:
    """A claimed change: the right to let results follow it."""

    row: ThresholdChange
    claim: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a threshold changes in a result: spines that go (by id), candidates that come and those that stay."""

    result: AnalysisImage
    threshold: float
    going: tuple[int, ...]
    coming: tuple[CandidateRow, ...]
    staying: tuple[CandidateRow, ...]

    @property
    def changes_spines(self) -> bool:
        """Whether there is anything to write and measure, but the threshold itself."""
        return bool(self.going or self.coming)

    @property
    def to_classify(self) -> list[CandidateRow]:
        """Those that come and that the classifier has not seen."""
        return [candidate for candidate in self.coming if candidate.opinion is None]


def claim(change_id: int) -> ChangeJob | None:
    """Take a change, or None when another worker has it or a later change took its place."""
    token = claims.take(ThresholdChange.objects.filter(pk=change_id))
    if token is None:
        return None
    return ChangeJob(row=ThresholdChange.objects.select_related("experiment").get(pk=change_id), claim=token)


def _held(job: ChangeJob) -> QuerySet[ThresholdChange]:
    return claims.held(ThresholdChange.objects.filter(pk=job.row.pk), job.claim)


def beat(job: ChangeJob) -> bool:
    """Say that the worker lives. False when the claim is lost."""
    return bool(_held(job).update(heartbeat_at=Now()))


def next_result(job: ChangeJob) -> AnalysisImage | None:
    """A result that does not follow yet and was not left out; None when there is none, or the claim is lost."""
    held = _held(job).values_list("failures", flat=True).first()
    if held is None:
        return None
    left = to_follow(job.row.experiment).exclude(pk__in=[int(pk) for pk in held])
    rows = left.select_related("image__experiment__project__lab", "analysis__detector", "analysis__classifier")
    return rows.defer("analysis__detector__evaluation", "analysis__classifier__evaluation").order_by("pk").first()


def plan(job: ChangeJob, result: AnalysisImage) -> Plan:
    """Say what the threshold changes in a result; nothing is written."""
    threshold = job.row.threshold
    if threshold is None:
        threshold = float(result.analysis.detector.card["score_threshold"])
    candidates = read_candidates(result)
    if result.reviewed_at is not None:
        return Plan(result=result, threshold=threshold, going=(), coming=(), staying=tuple(candidates))
    going = list(result.spines.filter(score__lt=threshold).exclude(SPOKEN_OF).order_by("number"))
    stay = [box_of(spine) for spine in result.spines.filter(SPOKEN_OF)]
    taken = places_taken([candidate.box_px for candidate in candidates], stay)
    coming = [each for at, each in enumerate(candidates) if each.score >= threshold and at not in taken]
    staying = [each for at, each in enumerate(candidates) if each.score < threshold or at in taken]
    staying += [CandidateRow.of(spine) for spine in going]
    order = in_reading_order([each.box_px for each in staying])
    return Plan(
        result=result,
        threshold=threshold,
        going=tuple(spine.pk for spine in going),
        coming=tuple(coming),
        staying=tuple(staying[n] for n in order),
    )


def follow(
    job: ChangeJob, planned: Plan, *, plane: NDArray[Any] | None = None, opinions: Sequence[Opinion] = ()
) -> bool:
    """Write what was planned, and measure.

    Parameters
    ----------
    plane
        (M, N), the pixels that the result was made from; only where spines change.
    opinions
        The classifier's, of `planned.to_classify` in that order.

    Returns
    -------
    bool
        False when the claim is lost, or somebody changed the result meanwhile; then nothing is written.
    """
    basis = measured = None
    if planned.changes_spines:
        assert plane is not None
        with transaction.atomic():  # a rehearsal, to measure without holding the lock
            result = _locked(job, planned)
            if result is None:
                return False
            _move(result, planned, opinions)
            basis = basis_of(result, trace=True)
            transaction.set_rollback(True)
        measured = measure(plane, basis)
    with transaction.atomic():
        result = _locked(job, planned)
        if result is None:
            return False
        if measured is not None:
            _move(result, planned, opinions)
            if basis_of(result, trace=True) != basis:
                transaction.set_rollback(True)
                return False
            write_measures(result, measured)
            result.measure_s = measured.seconds
        before, result.score_threshold = result.score_threshold, planned.threshold
        result.save(update_fields=["score_threshold", "measure_s"])
        audit.record(
            actor=job.row.created_by,
            lab=result.image.lab,
            action=APPLIED,
            subject=result,
            before=before,
            after=planned.threshold,
            spines_added=len(planned.coming),
            spines_taken_away=len(planned.going),
        )
    return True


def _locked(job: ChangeJob, planned: Plan) -> AnalysisImage | None:
    """The result, its image locked; None when the plan does not hold any more or the claim is lost."""
    Image.objects.select_for_update().filter(pk=planned.result.image_id).first()
    if not _held(job).select_for_update().exists():
        return None
    rows = AnalysisImage.objects.select_related("image__experiment__project__lab", "analysis__detector")
    result = rows.filter(pk=planned.result.pk, is_current=True).first()
    return result if result is not None and plan(job, result) == planned else None


def _move(result: AnalysisImage, planned: Plan, opinions: Sequence[Opinion]) -> None:
    """Spines to candidates and back. Numbers run on in reading order, from 1 where nobody spoke of a spine."""
    new = iter(opinions)
    found = []
    for candidate in planned.coming:
        opinion = candidate.opinion or next(new)
        found.append(jobs.FoundSpineRow(box_px=candidate.box_px, score=candidate.score, **vars(opinion)))
    last = result.spines.order_by("-number").values_list("number", flat=True).first() or 0
    Spine.objects.filter(pk__in=planned.going).delete()
    Spine.objects.bulk_create(jobs.spine_row(result, last + n, each) for n, each in enumerate(found, start=1))
    write_candidates(result, planned.staying)
    if not result.spines.filter(SPOKEN_OF).exists():
        _number_anew(result)


def _number_anew(result: AnalysisImage) -> None:
    spines = list(result.spines.order_by("number"))
    order = in_reading_order([box_of(spine) for spine in spines])
    result.spines.update(number=F("number") + ABOVE_ALL_NUMBERS)
    for number, at in enumerate(order, start=1):
        spines[at].number = number
    Spine.objects.bulk_update(spines, ["number"], batch_size=1000)


@transaction.atomic
def leave_out(job: ChangeJob, result: AnalysisImage, sentence: str) -> None:
    """Say why a result keeps its former spines; the others go on."""
    row = _held(job).select_for_update().first()
    if row is not None:
        row.failures[str(result.pk)] = sentence
        row.save(update_fields=["failures"])


@transaction.atomic
def hand_on(job: ChangeJob) -> bool:
    """Let others have the worker, and go on in a later turn."""
    handed = _held(job).update(status=AnalysisStatus.QUEUED, claim=None, attempts=0, heartbeat_at=Now())
    if handed:
        enqueue(TaskName.APPLY_THRESHOLD, job.row.pk)
    return bool(handed)


def finish(job: ChangeJob) -> bool:
    """Close the change. Results that were left out make it a failed one, which says how many and why."""
    failures = _held(job).values_list("failures", flat=True).first()
    if failures:
        kept = f"{len(failures)} of {job.row.images} images keep" if len(failures) > 1 else "One image keeps"
        sentence = f"{kept} the spines of the former threshold. {next(iter(failures.values()))}"
        return bool(claims.fail(_held(job), sentence=sentence))
    return bool(_held(job).update(status=AnalysisStatus.DONE, claim=None, finished_at=timezone.now()))


def put_back(job: ChangeJob, *, why: str, counted: bool = True) -> bool:
    """Let the change wait, as the surroundings failed. False when the claim is lost."""
    return bool(claims.put_back(_held(job), why=why, counted=counted))


def record_failure(job: ChangeJob, *, sentence: str) -> bool:
    """Say why no result follows any more."""
    return bool(claims.fail(_held(job), sentence=sentence))


def requeue_stalled(*, queue_is_empty: bool, lives: claims.Lives = claims.assumed_living) -> int:
    """Send again the changes that silent workers held, and those that the broker lost. Returns how many."""
    return claims.put_back_stalled(
        ThresholdChange.objects.all(),
        task=TaskName.APPLY_THRESHOLD,
        queue_is_empty=queue_is_empty,
        lives=lives,
        sentence=f"The worker stopped {claims.MOST_ATTEMPTS} times while results followed the new threshold. Set the "
        "threshold again; if it stops again, ask your administrator to read the worker's log.",
    )
