"""An experiment of which so many images are reviewed that precision and recall can be told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spines.models import Image
from spines.services.analyses import jobs
from spines.services.analyses.candidates import CandidateRow
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.review import answers
from spines.services.review.boxes import add_spine
from tests.factories import TIMINGS, Study, found, make_versions, queue_analysis, upload

OWN = 0.35


def boxes(n: int, *, row: int) -> list[tuple[float, float, float, float]]:
    """Squares of 6 px in rows, 10 px apart, of a picture of 128 px."""
    return [(4 + 10 * (at % 12), 4 + 10 * (row + at // 12), 6, 6) for at in range(n)]


def analysed(study: Study, folder: Path, *, spines: Sequence[float], candidates: Sequence[float]) -> Image:
    """An image whose detector gave these scores, at its own threshold of 0.35."""
    detector, _ = make_versions()
    if not detector.card:
        detector.card = {"score_threshold": OWN}
        detector.save(update_fields=["card"])
    image = upload(study, folder, side_px=128)
    (row,) = queue_analysis(study, [image]).images.all()
    job = jobs.claim(row.pk)
    assert job is not None
    places = boxes(len(spines) + len(candidates), row=0)
    below = jobs.FoundBelow(
        score_threshold=OWN,
        complete_from=0.1,
        candidates=[
            CandidateRow(box_px=box, score=score) for box, score in zip(places[len(spines) :], candidates, strict=True)
        ],
    )
    rows = [found(box_px=box, score=score) for box, score in zip(places, spines, strict=False)]
    job.row.channel, job.row.projection, job.row.plane = 0, "max", 0
    plane = plane_as_analysed(job.row)
    assert jobs.record_result(job, spines=rows, timings=TIMINGS, plane=plane, below=below)
    return image


def reviewed(study: Study, folder: Path) -> Image:
    """Twelve spines, one box that is none, and a spine that was missed, with a candidate of 0.3 in its place."""
    scores = [0.4 + 0.04 * n for n in range(13)]
    image = analysed(study, folder, spines=scores, candidates=[0.3, 0.2, 0.15])
    (result,) = image.results.filter(is_current=True)
    wrong = result.spines.get(score=scores[1])
    answers.reject(user=study.owner, spine_id=wrong.pk)
    x, y, width, height = boxes(14, row=0)[13]
    add_spine(user=study.owner, image_id=image.pk, box_px=(x, y, width, height), spine_class="thin")
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    return image
