"""Corrections go along to the next analysis of an image."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from spines.accuracy.matching import match_nearest
from spines.export.spine_table import spine_table_csv
from spines.models import Image, SpineSource, User
from spines.selectors.results.rows import standing_spines
from spines.selectors.review.state import history_of, undoable_changes
from spines.services.review import answers, boxes
from tests.domain.reviewed import SPINES, analysed_image, classes, result_of, spine  # noqa: F401 - the fixture
from tests.factories import Study, finish, found, queue_analysis

pytestmark = pytest.mark.django_db


def test_corrections_go_along_to_the_next_analysis(study: Study, annotator: User, image: Image) -> None:
    answers.relabel(user=annotator, spine_id=spine(image, 1).pk, spine_class="thin")
    answers.reject(user=annotator, spine_id=spine(image, 2).pk)
    answers.relabel(user=annotator, spine_id=spine(image, 3).pk, spine_class="stubby")
    boxes.add_spine(user=annotator, image_id=image.pk, box_px=(50, 50, 8, 10), spine_class="filopodia")
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


def test_a_box_that_a_person_set_goes_along(study: Study, annotator: User, image: Image) -> None:
    """The next network's box is as wrong as the one before; what it says of the spine is its own."""
    boxes.set_box(user=annotator, spine_id=spine(image, 1).pk, box_px=(13, 14, 9, 9))
    finish(queue_analysis(study, [image]), [[found("stubby", box_px=(12, 13, 14, 16), score=0.9)]])
    now = spine(image, 1)
    assert (now.x_px, now.y_px, now.width_px, now.height_px, now.box_by_hand) == (13, 14, 9, 9, True)
    assert (now.score, now.final_class, now.reviewed_by) == (0.9, "stubby", annotator)


def test_what_the_next_network_misses_is_kept_with_its_source(study: Study, image: Image) -> None:
    answers.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="thin")
    answers.reject(user=study.owner, spine_id=spine(image, 2).pk)
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
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
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
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    finish(queue_analysis(study, [image]), [[]])
    assert result_of(image).reviewed_by == study.owner
    finish(queue_analysis(study, [image]), [SPINES])
    assert result_of(image).reviewed_by is None


def test_a_result_that_does_not_become_current_takes_nothing(study: Study, image: Image) -> None:
    older, newer = queue_analysis(study, [image]), queue_analysis(study, [image])
    finish(newer, [SPINES])
    answers.relabel(user=study.owner, spine_id=spine(image, 1).pk, spine_class="thin")
    finish(older, [SPINES])
    assert older.images.get().spines.exclude(reviewed_class="").count() == 0
    assert classes(image)[0] == "thin"


def test_boxes_are_paired_nearest_first_and_one_to_one() -> None:
    reference = [(0, 0, 10, 10), (6, 0, 10, 10), (100, 100, 4, 4)]
    boxes = [(5, 0, 10, 10), (1, 0, 10, 10), (103, 100, 4, 4)]
    assert match_nearest(boxes, reference) == {0: 1, 1: 0}
    assert match_nearest([(2, 0, 10, 10)], reference) == {0: 0}
    assert match_nearest([], reference) == match_nearest(np.zeros((3, 4)) + 500, reference) == match_nearest(boxes, [])
