"""Measures are made while nobody waits: what others do meanwhile is neither held up nor lost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from spines.errors import Conflict, Stale
from spines.models import AnalysisImage, AnalysisStatus, AuditEvent, Image, Spine, User
from spines.selectors.review.state import version_of
from spines.services.analyses import jobs
from spines.services.analyses.measuring import basis_of, measure, plane_as_analysed, write_measures
from spines.services.analyses.starting import cancel_analysis
from spines.services.review import answers, boxes, dendrites, measured_change, undoing
from spines.services.review.stated import Stated
from spines.vocabulary.measures import MEASURES
from tests.domain.phantom_results import only, result_of
from tests.factories import TIMINGS, Study, found, queue_analysis
from tests.interleaving import Beside, once_before
from tests.phantom_images import analyse_phantom, phantom, upload_phantom

pytestmark = pytest.mark.django_db(transaction=True)

Figures = list[tuple[Any, ...]]


def figures(result: AnalysisImage) -> Figures:
    fields = ("number", "rejected", "dendrite", "position_px", "side", "quality", *MEASURES, "shape__outline_px")
    return list(result.spines.order_by("number").values_list(*fields))


def as_if_measured_as_a_whole(result: AnalysisImage) -> Figures:
    write_measures(result, measure(plane_as_analysed(result), basis_of(result)))
    return figures(result)


def meanwhile(monkeypatch: pytest.MonkeyPatch, module: Any, act: Callable[[], object], *, times: int = 1) -> list[int]:
    """During the first `times` that `module` measures, `act` happens in another transaction. One entry a measuring."""
    measured: list[int] = []

    def measuring(*args: Any, **kwargs: Any) -> Any:
        measured.append(1)
        if len(measured) <= times:
            Beside(act).result()
        return measure(*args, **kwargs)

    monkeypatch.setattr(module, "measure", measuring)
    return measured


def claimed(study: Study, image: Image) -> jobs.Job:
    job = jobs.claim(queue_analysis(study, [image]).images.get().pk)
    assert job is not None
    return job


def record(job: jobs.Job) -> bool:
    boxes = [found(box_px=box_px) for box_px in phantom().boxes_px]
    return jobs.record_result(job, spines=boxes, timings=TIMINGS, plane=phantom().pixels)


def test_an_analysis_is_cancelled_while_its_image_is_measured(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = claimed(study, upload_phantom(study, tmp_path))
    cancel = lambda: cancel_analysis(user=study.owner, analysis_id=job.row.analysis_id)  # noqa: E731
    measured = meanwhile(monkeypatch, jobs, cancel)
    assert not record(job)
    assert measured
    job.row.refresh_from_db()
    assert (job.row.status, job.row.spines.count(), job.row.dendrites.count()) == (AnalysisStatus.CANCELLED, 0, 0)


@pytest.mark.parametrize("statement", ['^INSERT INTO "spines_spineshape"', '^INSERT INTO "spines_dendrite"'])
def test_an_analysis_is_cancelled_while_its_result_is_written(study: Study, tmp_path: Path, statement: str) -> None:
    job = claimed(study, upload_phantom(study, tmp_path))
    cancel = partial(cancel_analysis, user=study.owner, analysis_id=job.row.analysis_id)
    with once_before(statement, lambda: Beside(cancel).result()) as came:
        assert not record(job)
    assert came
    job.row.refresh_from_db()
    assert (job.row.status, job.row.spines.count(), job.row.dendrites.count()) == (AnalysisStatus.CANCELLED, 0, 0)


def test_what_is_said_while_the_next_result_is_measured_goes_along(
    study: Study, annotator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload_phantom(study, tmp_path)
    earlier = analyse_phantom(study, image)
    doubled = earlier.spines.get(number=3)
    box = (doubled.x_px + 3, doubled.y_px + 3, doubled.width_px, doubled.height_px)
    job = claimed(study, image)

    def say() -> None:
        answers.reject(user=annotator, spine_id=earlier.spines.get(number=1).pk)
        boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="thin")

    measured = meanwhile(monkeypatch, jobs, say)
    assert record(job)
    assert len(measured) == 2
    later = result_of(image)
    assert later.pk == job.row.pk
    assert later.spines.filter(rejected=True).count() == 1
    assert later.spines.filter(source="added").count() == 1
    assert figures(later) == as_if_measured_as_a_whole(later)


def test_two_who_change_neighbours_at_once_are_both_heard(
    study: Study, annotator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload_phantom(study, tmp_path)
    first, second = analyse_phantom(study, image).spines.order_by("number")[2:4]
    cut = lambda: dendrites.cut_dendrite(user=study.owner, dendrite_id=only(image).pk, at_px=(90, 90))  # noqa: E731
    monkeypatch.setattr(answers, "has_neighbours", lambda _: True)
    measured = meanwhile(monkeypatch, measured_change, cut)
    answers.reject(user=annotator, spine_id=first.pk)
    assert len(measured) == 3, "of both, and of the first once more"
    box = (second.x_px + 2, second.y_px, second.width_px, second.height_px)
    boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="thin")
    result = result_of(image)
    assert result.dendrites.count() == 2
    assert figures(result) == as_if_measured_as_a_whole(result)
    for _ in range(2):
        undoing.undo(user=annotator, image_id=image.pk)
    undoing.undo(user=study.owner, image_id=image.pk)
    assert figures(result_of(image)) == as_if_measured_as_a_whole(result_of(image))


def test_a_spine_that_is_sent_twice_at_once_is_one(
    study: Study, annotator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload_phantom(study, tmp_path)
    result = analyse_phantom(study, image)
    stated = Stated(version=version_of(result), key=uuid4())

    def add() -> Spine:
        box = (60.0, 60.0, 12.0, 12.0)
        return boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="thin", stated=stated)

    others: list[Spine] = []
    meanwhile(monkeypatch, measured_change, lambda: others.append(add()))
    assert add() == others[0] == result.spines.get(source="added")
    assert AuditEvent.objects.filter(action="spine.added").count() == 1
    somebody_else = Stated(version=stated.version, key=uuid4())
    with pytest.raises(Stale, match="was added here since"):
        boxes.add_spine(
            user=study.owner, image_id=image.pk, box_px=(58, 58, 14, 14), spine_class="stubby", stated=somebody_else
        )


def test_a_change_that_is_overtaken_while_it_is_measured_is_refused(
    study: Study, annotator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload_phantom(study, tmp_path)
    spine = analyse_phantom(study, image).spines.order_by("number")[3]
    stated = Stated(version=version_of(result_of(image)))
    relabel = partial(answers.relabel, user=study.owner, spine_id=spine.pk, spine_class="stubby", stated=stated)
    monkeypatch.setattr(answers, "has_neighbours", lambda _: True)
    meanwhile(monkeypatch, measured_change, relabel)
    with pytest.raises(Stale) as refused:
        answers.reject(user=annotator, spine_id=spine.pk, stated=stated)
    assert refused.value.changed == (f"{study.owner} changed the network's class to stubby",)
    spine.refresh_from_db()
    assert (spine.rejected, spine.final_class) == (False, "stubby")


def test_a_change_that_always_comes_too_late_is_told_so(
    study: Study, annotator: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = upload_phantom(study, tmp_path)
    result = analyse_phantom(study, image)

    def draw() -> None:
        row = result.dendrites.create(
            number=1 + result.dendrites.count(), points_px=[[1, 1], [9, 1]], radius_px=[1, 1], length_px=8
        )
        assert row.pk

    meanwhile(monkeypatch, measured_change, draw, times=100)
    with pytest.raises(Conflict, match="Others are changing this image"):
        boxes.add_spine(user=annotator, image_id=image.pk, box_px=(60, 60, 12, 12), spine_class="thin")
    assert not result.spines.filter(source="added").exists()
