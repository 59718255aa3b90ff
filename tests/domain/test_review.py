"""What people say of a result: kept, undone, carried over to the next analysis, and counted rightly everywhere."""

from __future__ import annotations

import csv
from typing import Any, cast

import pytest
from django.db import IntegrityError, transaction

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.export.spine_table import spine_table_csv
from spines.models import AuditEvent, Experiment, Image, Spine, SpineSource, User
from spines.selectors.images.listing import images_with_state
from spines.selectors.labs.experiments import with_spines
from spines.selectors.results.charts import class_shares, spines_per_image
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.key_figures import findings_of
from spines.selectors.results.people_agreement import people_agreement
from spines.selectors.results.rows import current_result, spines_of, standing_spines
from spines.selectors.review.state import review_progress, undoable_changes
from spines.services.review import answers, boxes, undoing
from tests.domain.reviewed import SPINES, analysed_image, classes, result_of, spine  # noqa: F401 - the fixture
from tests.factories import Study, finish, make_study, queue_analysis

pytestmark = pytest.mark.django_db


def test_a_class_by_a_person_counts_and_is_audited(annotator: User, image: Image) -> None:
    changed = answers.relabel(user=annotator, spine_id=spine(image, 3).pk, spine_class="filopodia")
    assert (changed.final_class, changed.spine_class, changed.reviewed_by) == ("filopodia", "stubby", annotator)
    assert changed.reviewed_at is not None
    event = AuditEvent.objects.get(action="spine.relabelled")
    assert (event.actor, event.subject_id, event.details["number"]) == (annotator, changed.pk, 3)
    assert (event.details["before"]["reviewed_class"], event.details["after"]["reviewed_class"]) == ("", "filopodia")


def test_accepting_confirms_the_class_that_is_shown_but_never_overrules_a_person(annotator: User, image: Image) -> None:
    assert answers.accept(user=annotator, spine_id=spine(image, 2).pk).final_class == "thin"
    answers.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    assert answers.accept(user=annotator, spine_id=spine(image, 1).pk).final_class == "thin"
    assert AuditEvent.objects.filter(action="spine.accepted").count() == 1


def test_where_the_network_is_unsure_there_is_nothing_to_accept(annotator: User, image: Image) -> None:
    with pytest.raises(Conflict, match="no class to accept"):
        answers.accept(user=annotator, spine_id=spine(image, 3).pk)
    assert spine(image, 3).reviewed_class == ""


def test_cannot_say_is_an_answer_apart_from_the_networks_uncertain(study: Study, annotator: User, image: Image) -> None:
    for number in (1, 3):
        said = answers.relabel(user=annotator, spine_id=spine(image, number).pk, spine_class="cannot_say")
        assert (said.final_class, said.reviewed_class, said.reviewed_by) == ("uncertain", "cannot_say", annotator)
    assert review_progress(result_of(image)).reviewed == 2
    found = findings_of(study.experiment, ResultFilters())
    assert (found.by_class["uncertain"], found.cannot_say, found.reviewed) == (2, 2, 2)
    assert answers.accept(user=annotator, spine_id=spine(image, 3).pk).reviewed_class == "cannot_say"
    undoing.undo(user=annotator, image_id=image.pk)
    assert spine(image, 3).reviewed_class == ""
    finish(queue_analysis(study, [image]), [SPINES])
    assert spine(image, 1).reviewed_class == "cannot_say", "it goes along to the next analysis"
    assert findings_of(study.experiment, ResultFilters()).cannot_say == 1


def test_people_and_network_are_held_against_each_other(study: Study, annotator: User, image: Image) -> None:
    for number, said in ((1, "mushroom"), (2, "stubby"), (3, "cannot_say")):
        answers.relabel(user=annotator, spine_id=spine(image, number).pk, spine_class=said)
    found = people_agreement(study.experiment, ResultFilters())
    assert (found.compared, found.agree) == (2, 1)
    assert found.counts["stubby"] == {"mushroom": 0, "thin": 1, "stubby": 0, "filopodia": 0, "uncertain": 0}
    assert found.counts["cannot_say"]["uncertain"] == 1
    assert found.kappa.value == pytest.approx(1 / 3), "one of two agrees; by chance 1/4"


def test_viewers_and_strangers_change_nothing(study: Study, image: Image) -> None:
    one = spine(image, 1).pk
    for user, refused in ((study.viewer, NotAllowed), (make_study("Other").owner, NotFound)):
        for act in (answers.accept, answers.reject, answers.restore):
            with pytest.raises(refused):
                act(user=user, spine_id=one)
        with pytest.raises(refused):
            answers.relabel(user=user, spine_id=one, spine_class="thin")
        with pytest.raises(refused):
            boxes.add_spine(user=user, image_id=image.pk, box_px=(1, 1, 9, 9), spine_class="thin")
        with pytest.raises(refused):
            undoing.undo(user=user, image_id=image.pk)
        with pytest.raises(refused):
            answers.mark_image_reviewed(user=user, image_id=image.pk, reviewed=True)
    assert not AuditEvent.objects.filter(action__startswith="spine.").exists()


def test_a_rejected_spine_counts_nowhere(study: Study, image: Image) -> None:
    answers.reject(user=study.owner, spine_id=spine(image, 2).pk)
    experiment, none = study.experiment, ResultFilters()
    assert classes(image) == ["mushroom", "uncertain"]
    assert spines_of(experiment, none).count() == 2
    assert findings_of(experiment, none).by_class["thin"] == 0
    assert [row.spines for row in spines_per_image(experiment, none)] == [2]
    assert class_shares(experiment, none)[0].animals[0].by_class["thin"] == 0
    of_image: Any = images_with_state(experiment).get()
    (of_experiment,) = cast("Any", with_spines(Experiment.objects.all()))
    assert (of_image.n_spines, of_experiment.spines.counted, of_experiment.spines.reviewed) == (2, 2, 0)
    progress = review_progress(result_of(image))
    assert (progress.spines, progress.reviewed, progress.rejected) == (2, 0, 1)
    with pytest.raises(Conflict, match="Restore it first"):
        answers.relabel(user=study.owner, spine_id=spine(image, 2).pk, spine_class="thin")
    answers.restore(user=study.owner, spine_id=spine(image, 2).pk)
    assert classes(image) == ["mushroom", "thin", "uncertain"]


def test_an_added_spine_has_no_opinion_of_a_network(study: Study, image: Image) -> None:
    added = boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="thin")
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
    answers.accept(user=study.owner, spine_id=spine(image, 1).pk)
    answers.relabel(user=study.owner, spine_id=spine(image, 2).pk, spine_class="stubby")
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
        boxes.add_spine(user=study.owner, image_id=image.pk, box_px=box_px, spine_class="thin")
    with pytest.raises(InvalidInput, match="no class"):
        boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(1, 1, 8, 8), spine_class="uncertain")


def test_everything_can_be_undone_one_by_one(annotator: User, image: Image) -> None:
    answers.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    answers.relabel(user=annotator, spine_id=spine(image, 3).pk, spine_class="stubby")
    answers.reject(user=annotator, spine_id=spine(image, 1).pk)
    added = boxes.add_spine(user=annotator, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="thin")
    answers.mark_image_reviewed(user=annotator, image_id=image.pk, reviewed=True)
    assert len(undoable_changes(annotator, result_of(image))) == 5

    def undo() -> undoing.Undone:
        return undoing.undo(user=annotator, image_id=image.pk)

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
    answers.relabel(user=annotator, spine_id=first.pk, spine_class="stubby")
    assert undo().spine == first


def test_undoing_is_of_ones_own_changes_and_never_over_another_persons(
    study: Study, annotator: User, image: Image
) -> None:
    answers.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    with pytest.raises(Conflict, match="no change of yours"):
        undoing.undo(user=study.owner, image_id=image.pk)
    answers.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="stubby")
    with pytest.raises(Conflict, match="Somebody else changed spine 1"):
        undoing.undo(user=annotator, image_id=image.pk)
    undoing.undo(user=study.owner, image_id=image.pk)
    assert spine(image, 1).final_class == "thin"
    undoing.undo(user=annotator, image_id=image.pk)
    assert spine(image, 1).final_class == "mushroom"


def test_a_replaced_result_is_not_reviewed(study: Study, image: Image) -> None:
    old_spine, old_result = spine(image, 1), result_of(image)
    finish(queue_analysis(study, [image]), [SPINES])
    with pytest.raises(Conflict, match="analysed again since"):
        answers.accept(user=study.owner, spine_id=old_spine.pk)
    with pytest.raises(Conflict, match="analysed again since"):
        answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True, result_id=old_result.pk)
    unseen = upload_without_result(study, image)
    with pytest.raises(Conflict, match="no finished analysis"):
        answers.mark_image_reviewed(user=study.owner, image_id=unseen.pk, reviewed=True)


def upload_without_result(study: Study, like: Image) -> Image:
    return Image.objects.create(
        **{
            field.attname: getattr(like, field.attname)
            for field in Image._meta.concrete_fields
            if not field.primary_key and field.name != "sha256"
        },
        sha256="0" * 64,
    )
