"""An image with candidates of known scores, and a worker's part when a threshold moves."""

from __future__ import annotations

from pathlib import Path

from spines.models import AnalysisImage, AnalysisStatus, Image, Spine, ThresholdChange
from spines.selectors.analyses.thresholds import counts_of
from spines.selectors.results.rows import current_result
from spines.services.analyses import jobs, threshold_jobs
from spines.services.analyses.candidates import CandidateRow, Opinion, read_candidates
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.analyses.thresholds import set_threshold
from tests.factories import TIMINGS, Study, found, queue_analysis, upload

OPINION = Opinion(
    class_probabilities={"mushroom": 0.1, "thin": 0.7, "stubby": 0.1, "filopodia": 0.1},
    spine_class="thin",
    uncertain=False,
)
SPINES = {0.9: (4, 4, 8, 8), 0.5: (30, 4, 8, 8), 0.4: (4, 30, 8, 8)}
BELOW = {0.3: (30, 30, 8, 8), 0.2: (50, 50, 8, 8)}


def analysed(study: Study, folder: Path) -> Image:
    """An image with a spine of each score of SPINES and a candidate of each of BELOW, found at 0.35."""
    image = upload(study, folder)
    (row,) = queue_analysis(study, [image]).images.all()
    job = jobs.claim(row.pk)
    assert job is not None
    below = jobs.FoundBelow(
        score_threshold=0.35,
        complete_from=0.1,
        candidates=[CandidateRow(box_px=box, score=score) for score, box in BELOW.items()],
    )
    spines = [found(box_px=box, score=score) for score, box in SPINES.items()]
    assert jobs.record_result(job, spines=spines, timings=TIMINGS, plane=plane_of(image), below=below)
    return image


def plane_of(image: Image):  # type: ignore[no-untyped-def]
    row = AnalysisImage(image=image, channel=0, projection="max", plane=0)
    return plane_as_analysed(row)


def result_of(image: Image) -> AnalysisImage:
    result = current_result(image)
    assert result is not None
    return result


def spine(image: Image, score: float) -> Spine:
    return result_of(image).spines.get(score=score)


def scores(image: Image) -> list[float]:
    """Of spines that count, by number."""
    standing = result_of(image).spines.filter(rejected=False, score__isnull=False).order_by("number")
    return [float(each.score or 0) for each in standing]


def candidate_scores(image: Image) -> list[float]:
    return sorted((each.score for each in read_candidates(result_of(image))), reverse=True)


def follow_all(change: ThresholdChange) -> int:
    """Let all results follow, as a worker does whose classifier calls everything thin. Returns how many."""
    job = threshold_jobs.claim(change.pk)
    assert job is not None
    done = 0
    while (result := threshold_jobs.next_result(job)) is not None:
        planned = threshold_jobs.plan(job, result)
        plane = plane_as_analysed(result) if planned.changes_spines else None
        opinions = [OPINION] * len(planned.to_classify)
        assert threshold_jobs.follow(job, planned, plane=plane, opinions=opinions)
        done += 1
    assert threshold_jobs.finish(job)
    return done


def give(study: Study, threshold: float | None) -> ThresholdChange:
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=threshold)
    if change.status == AnalysisStatus.QUEUED:
        follow_all(change)
    change.refresh_from_db()
    return change


def counted(study: Study, threshold: float) -> int:
    return counts_of(study.experiment).at(threshold)[0]
