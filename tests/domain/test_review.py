"""What people say of a result: kept, undone, carried over to the next analysis, and counted rightly everywhere."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.export.spine_table import spine_table_csv
from spines.matching import match_nearest
from spines.models import AnalysisImage, AuditEvent, Experiment, Image, Membership, Role, Spine, SpineSource, User
from spines.selectors.charts import class_shares, spines_per_image
from spines.selectors.findings import findings_of
from spines.selectors.images import images_with_state
from spines.selectors.overview import with_figures
from spines.selectors.results import ResultFilters, current_result, spines_of, standing_spines
from spines.selectors.review import history_of, review_progress, undoable_changes
from spines.services import review
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

SPINES = [
    found("mushroom", box_px=(10, 12, 14, 16), score=0.9),
    found("thin", box_px=(40, 8, 6, 12), score=0.5),
    found("stubby", box_px=(2, 44, 9, 9), score=0.7, uncertain=True),
]


@pytest.fixture
def study() -> Study:
    return make_study()


@pytest.fixture
def annotator(study: Study) -> User:
    user = make_user()
    Membership.objects.create(lab=study.lab, user=user, role=Role.ANNOTATOR)
    return user


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path)
    finish(queue_analysis(study, [made]), [SPINES])
    return made


def spine(image: Image, number: int) -> Spine:
    result = current_result(image)
    assert result is not None
    return result.spines.get(number=number)


def result_of(image: Image) -> AnalysisImage:
    result = current_result(image)
    assert result is not None
    return result


def classes(image: Image) -> list[str]:
    return [s.final_class for s in standing_spines(current_result(image))]


def test_a_class_by_a_person_counts_and_is_audited(annotator: User, image: Image) -> None:
    changed = review.relabel(user=annotator, spine_id=spine(image, 3).pk, spine_class="filopodia")
    assert (changed.final_class, changed.spine_class, changed.reviewed_by) == ("filopodia", "stubby", annotator)
    assert changed.reviewed_at is not None
    event = AuditEvent.objects.get(action="spine.relabelled")
    assert (event.actor, event.subject_id, event.details["number"]) == (annotator, changed.pk, 3)
    assert (event.details["before"]["reviewed_class"], event.details["after"]["reviewed_class"]) == ("", "filopodia")


def test_accepting_confirms_the_likeliest_class_but_never_overrules_a_person(annotator: User, image: Image) -> None:
    assert review.accept(user=annotator, spine_id=spine(image, 3).pk).final_class == "stubby"
    review.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    assert review.accept(user=annotator, spine_id=spine(image, 1).pk).final_class == "thin"
    assert AuditEvent.objects.filter(action="spine.accepted").count() == 1


def test_viewers_and_strangers_change_nothing(study: Study, image: Image) -> None:
    one = spine(image, 1).pk
    for user, refused in ((study.viewer, NotAllowed), (make_study("Other").owner, NotFound)):
        for act in (review.accept, review.reject, review.restore):
            with pytest.raises(refused):
                act(user=user, spine_id=one)
        with pytest.raises(refused):
            review.relabel(user=user, spine_id=one, spine_class="thin")
        with pytest.raises(refused):
            review.add_spine(user=user, image_id=image.pk, box_px=(1, 1, 9, 9), spine_class="thin")
        with pytest.raises(refused):
            review.undo(user=user, image_id=image.pk)
        with pytest.raises(refused):
            review.mark_image_reviewed(user=user, image_id=image.pk, reviewed=True)
    assert not AuditEvent.objects.filter(action__startswith="spine.").exists()


def test_a_rejected_spine_counts_nowhere(study: Study, image: Image) -> None:
    review.reject(user=study.owner, spine_id=spine(image, 2).pk)
    experiment, none = study.experiment, ResultFilters()
    assert classes(image) == ["mushroom", "uncertain"]
    assert spines_of(experiment, none).count() == 2
    assert findings_of(experiment, none).by_class["thin"] == 0
    assert [row.spines for row in spines_per_image(experiment, none)] == [2]
    assert class_shares(experiment, none)[0].animals[0].by_class["thin"] == 0
    annotated: list[Any] = [images_with_state(experiment).get(), with_figures(Experiment.objects.all()).get()]
    assert [row.n_spines for row in annotated] == [2, 2]
    progress = review_progress(result_of(image))
    assert (progress.spines, progress.reviewed, progress.rejected) == (2, 0, 1)
    with pytest.raises(Conflict, match="Restore it first"):
        review.relabel(user=study.owner, spine_id=spine(image, 2).pk, spine_class="thin")
    review.restore(user=study.owner, spine_id=spine(image, 2).pk)
    assert classes(image) == ["mushroom", "thin", "uncertain"]


def test_an_added_spine_has_no_opinion_of_a_network(study: Study, image: Image) -> None:
    added = review.add_spine(user=study.owner, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="thin")
    assert (added.number, added.source, added.final_class) == (4, SpineSource.ADDED, "thin")
    assert (added.score, added.spine_class, added.class_probabilities) == (None, "", None)
    sure = ResultFilters(least_score=0.6)
    assert set(spines_of(study.experiment, sure).values_list("number", flat=True)) == {1, 3, 4}
    rows = list(csv.DictReader(spine_table_csv(standing_spines(current_result(image)))))
    assert [row["corrected"] for row in rows] == ["false", "false", "false", "true"]
    assert [rows[3][name] for name in ("detection_score", "p_thin", "network_class", "source")] == ["", "", "", "added"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Spine.objects.filter(pk=added.pk).update(score=0.5)
    with pytest.raises(IntegrityError), transaction.atomic():
        Spine.objects.filter(number=1).update(score=None)


def test_the_table_tells_what_a_person_corrected(study: Study, image: Image) -> None:
    review.accept(user=study.owner, spine_id=spine(image, 1).pk)
    review.relabel(user=study.owner, spine_id=spine(image, 2).pk, spine_class="stubby")
    rows = list(csv.DictReader(spine_table_csv(standing_spines(current_result(image)))))
    assert [(r["network_class"], r["reviewed_class"], r["corrected"]) for r in rows] == [
        ("mushroom", "mushroom", "false"),
        ("thin", "stubby", "true"),
        ("stubby", "", "false"),
    ]


@pytest.mark.parametrize(
    "box_px", [(50, 50, 1, 10), (60, 50, 8, 10), (-1, 5, 8, 8), (5, 5, float("nan"), 8), (float("inf"), 5, 8, 8)]
)
def test_a_box_must_lie_in_the_picture(study: Study, image: Image, box_px: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidInput):
        review.add_spine(user=study.owner, image_id=image.pk, box_px=box_px, spine_class="thin")
    with pytest.raises(InvalidInput, match="no class"):
        review.add_spine(user=study.owner, image_id=image.pk, box_px=(1, 1, 8, 8), spine_class="uncertain")


def test_everything_can_be_undone_one_by_one(annotator: User, image: Image) -> None:
    review.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    review.accept(user=annotator, spine_id=spine(image, 3).pk)
    review.reject(user=annotator, spine_id=spine(image, 1).pk)
    added = review.add_spine(user=annotator, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="thin")
    review.mark_image_reviewed(user=annotator, image_id=image.pk, reviewed=True)
    assert len(undoable_changes(annotator, result_of(image))) == 5

    def undo() -> review.Undone:
        return review.undo(user=annotator, image_id=image.pk)

    assert undo().action == "result.called_right"
    assert result_of(image).reviewed_at is None
    assert undo().removed_id == added.pk
    assert undo().spine == spine(image, 1)
    assert (spine(image, 1).rejected, spine(image, 1).final_class) == (False, "thin")
    undo()
    assert spine(image, 3).final_class == "uncertain"
    undo()
    first = spine(image, 1)
    assert (first.reviewed_class, first.reviewed_by, first.reviewed_at) == ("", None, None)
    with pytest.raises(Conflict, match="no change of yours left"):
        undo()
    review.relabel(user=annotator, spine_id=first.pk, spine_class="stubby")
    assert undo().spine == first


def test_undoing_is_of_ones_own_changes_and_never_over_another_persons(
    study: Study, annotator: User, image: Image
) -> None:
    review.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    with pytest.raises(Conflict, match="no change of yours"):
        review.undo(user=study.owner, image_id=image.pk)
    review.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="stubby")
    with pytest.raises(Conflict, match="Somebody else changed spine 1"):
        review.undo(user=annotator, image_id=image.pk)
    review.undo(user=study.owner, image_id=image.pk)
    assert spine(image, 1).final_class == "thin"
    review.undo(user=annotator, image_id=image.pk)
    assert spine(image, 1).final_class == "mushroom"


def test_a_replaced_result_is_not_reviewed(study: Study, image: Image) -> None:
    old_spine, old_result = spine(image, 1), result_of(image)
    finish(queue_analysis(study, [image]), [SPINES])
    with pytest.raises(Conflict, match="analysed again since"):
        review.accept(user=study.owner, spine_id=old_spine.pk)
    with pytest.raises(Conflict, match="analysed again since"):
        review.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True, result_id=old_result.pk)
    unseen = upload_without_result(study, image)
    with pytest.raises(Conflict, match="no finished analysis"):
        review.mark_image_reviewed(user=study.owner, image_id=unseen.pk, reviewed=True)


def upload_without_result(study: Study, like: Image) -> Image:
    return Image.objects.create(
        **{
            field.attname: getattr(like, field.attname)
            for field in Image._meta.concrete_fields
            if not field.primary_key and field.name != "sha256"
        },
        sha256="0" * 64,
    )


def test_corrections_go_along_to_the_next_analysis(study: Study, annotator: User, image: Image) -> None:
    review.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    review.reject(user=annotator, spine_id=spine(image, 2).pk)
    review.accept(user=annotator, spine_id=spine(image, 3).pk)
    review.add_spine(user=annotator, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="filopodia")
    before = {s.number: s for s in result_of(image).spines.all()}
    again = [
        found("stubby", box_px=(3, 45, 9, 9)),  # where 3 was
        found("mushroom", box_px=(12, 13, 14, 16)),  # where 1 was
        found("thin", box_px=(30, 30, 8, 8)),  # new
        found("thin", box_px=(41, 9, 6, 12)),  # where the rejected 2 was
    ]
    finish(queue_analysis(study, [image]), [again])
    now = {s.number: s for s in result_of(image).spines.all()}
    assert [(now[n].final_class, now[n].rejected) for n in sorted(now)] == [
        ("stubby", False),
        ("thin", False),
        ("thin", False),
        ("thin", True),
        ("filopodia", False),
    ]
    assert (now[2].spine_class, now[2].reviewed_by, now[2].reviewed_at) == (
        "mushroom",
        annotator,
        before[1].reviewed_at,
    )
    assert now[3].reviewed_by is None
    assert (now[5].source, now[5].x_px, now[5].reviewed_by) == (SpineSource.ADDED, 50, annotator)
    assert {s.analysis_image_id for s in before.values()} != {result_of(image).pk}
    assert [h.action for h in history_of(now[2])] == ["spine.carried_over", "spine.relabelled"]
    assert undoable_changes(annotator, result_of(image)) == []


def test_what_the_next_network_misses_is_kept_with_its_source(study: Study, image: Image) -> None:
    review.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="thin")
    review.reject(user=study.owner, spine_id=spine(image, 2).pk)
    first_result = result_of(image)
    finish(queue_analysis(study, [image]), [[]])
    finish(queue_analysis(study, [image]), [[found("stubby", box_px=(30, 30, 8, 8))]])
    rows = list(result_of(image).spines.order_by("number"))
    assert [(s.number, s.final_class, s.rejected) for s in rows] == [
        (1, "stubby", False),
        (2, "thin", False),
        (3, "thin", True),
    ]
    assert (rows[1].source, rows[1].score, rows[1].kept_from) == (SpineSource.DETECTED, 0.9, first_result)
    table = list(csv.DictReader(spine_table_csv(standing_spines(result_of(image)))))
    assert [row["kept_from_analysis_id"] for row in table] == ["", str(first_result.analysis_id)]
    assert [h.action for h in history_of(rows[1])] == ["spine.kept", "spine.kept", "spine.relabelled"]


def test_an_image_called_right_stays_so_unless_something_new_is_found(study: Study, image: Image) -> None:
    review.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    finish(queue_analysis(study, [image]), [SPINES[:2]])
    assert result_of(image).reviewed_by == study.owner
    assert classes(image) == ["mushroom", "thin", "uncertain"], "a box that was called right is kept"
    finish(queue_analysis(study, [image]), [[*SPINES, found("thin", box_px=(30, 30, 8, 8))]])
    assert result_of(image).reviewed_at is None
    assert len(classes(image)) == 4
    finish(queue_analysis(study, [image]), [[]])
    assert classes(image) == ["mushroom", "thin", "uncertain"], "the word on those boxes outlives the mark"


def test_an_image_called_right_without_a_spine_stays_so(study: Study, image: Image) -> None:
    finish(queue_analysis(study, [image]), [[]])
    review.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    finish(queue_analysis(study, [image]), [[]])
    assert result_of(image).reviewed_by == study.owner
    finish(queue_analysis(study, [image]), [SPINES])
    assert result_of(image).reviewed_by is None


def test_a_result_that_does_not_become_current_takes_nothing(study: Study, image: Image) -> None:
    older, newer = queue_analysis(study, [image]), queue_analysis(study, [image])
    finish(newer, [SPINES])
    review.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="thin")
    finish(older, [SPINES])
    assert older.images.get().spines.exclude(reviewed_class="").count() == 0
    assert classes(image)[0] == "thin"


def test_boxes_are_paired_nearest_first_and_one_to_one() -> None:
    reference = [(0, 0, 10, 10), (6, 0, 10, 10), (100, 100, 4, 4)]
    boxes = [(5, 0, 10, 10), (1, 0, 10, 10), (103, 100, 4, 4)]
    assert match_nearest(boxes, reference) == {0: 1, 1: 0}
    assert match_nearest([(2, 0, 10, 10)], reference) == {0: 0}
    assert match_nearest([], reference) == match_nearest(np.zeros((3, 4)) + 500, reference) == match_nearest(boxes, [])
