"""Measures follow what people say of boxes, and dendrites that a person set go along to later analyses."""

from __future__ import annotations

import pytest

from spines.errors import Conflict, InvalidInput, Stale
from spines.models import AuditEvent, Image, User
from spines.selectors.review.state import undoable_changes, version_of
from spines.services.review import answers, boxes, dendrites, undoing
from spines.services.review import result as reviewed_result
from spines.services.review.stated import Stated
from tests.domain.phantom_results import lines, measured_image, middle_of, only, result_of, seats  # noqa: F401
from tests.factories import Study, finish, queue_analysis
from tests.phantom_images import LENGTH_UM, analyse_phantom

pytestmark = pytest.mark.django_db


def test_a_spine_added_by_hand_is_seated_and_measured(annotator: User, image: Image) -> None:
    detected = result_of(image).spines.filter(length_um__isnull=False).order_by("number")[2]
    box = (detected.x_px, detected.y_px, detected.width_px, detected.height_px)
    result_of(image).spines.filter(pk=detected.pk).delete()
    added = boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="mushroom")
    assert (added.dendrite_id, added.quality, added.side) == (only(image).pk, "trusted", detected.side)
    assert added.length_um == pytest.approx(detected.length_um, abs=0.05)
    assert added.shape.outline_px
    assert only(image).density.spines == result_of(image).spines.count()


def test_a_rejected_box_ends_no_neighbour(annotator: User, image: Image) -> None:
    """Two boxes on one spine: neither is measured well until a person says which is none."""
    first = result_of(image).spines.filter(length_um__isnull=False).order_by("number")[1]
    alone = (first.quality, first.length_um, first.area_um2)
    box = (first.x_px + 3, first.y_px + 3, first.width_px, first.height_px)
    double = boxes.add_spine(user=annotator, image_id=image.pk, box_px=box, spine_class="thin")
    first.refresh_from_db()
    beside = (first.quality, first.length_um, first.area_um2)
    assert beside != alone
    rejected = answers.reject(user=annotator, spine_id=double.pk)
    first.refresh_from_db()
    assert (first.quality, first.length_um, first.area_um2) == alone
    assert (rejected.dendrite, rejected.quality, rejected.area_um2, rejected.rule_classes) == (None, "", None, {})
    answers.restore(user=annotator, spine_id=double.pk)
    first.refresh_from_db()
    assert (first.quality, first.length_um, first.area_um2) == beside
    undoing.undo(user=annotator, image_id=image.pk)
    first.refresh_from_db()
    assert (first.quality, first.length_um, first.area_um2) == alone


def test_a_box_that_is_moved_takes_measures_along_and_comes_back(annotator: User, image: Image) -> None:
    spine = result_of(image).spines.filter(length_um__isnull=False).order_by("number")[1]
    whole = (spine.quality, spine.length_um, spine.area_um2, spine.shape.outline_px)
    box = (spine.x_px, spine.y_px, spine.width_px, spine.height_px)
    off = (spine.x_px + 4, spine.y_px + 5, spine.width_px * 2, spine.height_px * 2)
    wrong = boxes.set_box(user=annotator, spine_id=spine.pk, box_px=off)
    assert (wrong.x_px, wrong.width_px, wrong.box_by_hand, wrong.score) == (off[0], off[2], True, spine.score)
    assert (wrong.quality, wrong.length_um, wrong.area_um2) != whole[:3]
    assert wrong.reviewed_by == annotator
    assert wrong.final_class == spine.final_class
    assert not wrong.reviewed_class
    right = boxes.set_box(user=annotator, spine_id=spine.pk, box_px=box)
    assert (right.quality, right.length_um, right.area_um2, right.shape.outline_px) == whole
    for expected in (off, box):
        undoing.undo(user=annotator, image_id=image.pk)
        spine.refresh_from_db()
        assert (spine.x_px, spine.y_px, spine.width_px, spine.height_px) == expected
    assert (spine.quality, spine.length_um, spine.box_by_hand, spine.reviewed_at) == (*whole[:2], False, None)


def test_a_box_of_a_rejected_spine_or_outside_the_picture_stays(annotator: User, image: Image) -> None:
    spine = result_of(image).spines.order_by("number")[0]
    with pytest.raises(InvalidInput, match="outside the picture"):
        boxes.set_box(user=annotator, spine_id=spine.pk, box_px=(-1, 5, 8, 8))
    with pytest.raises(InvalidInput, match="too small"):
        boxes.set_box(user=annotator, spine_id=spine.pk, box_px=(5, 5, 1, float("nan")))
    answers.reject(user=annotator, spine_id=spine.pk)
    with pytest.raises(Conflict, match="Restore it first, then set its box"):
        boxes.set_box(user=annotator, spine_id=spine.pk, box_px=(5, 5, 8, 8))


def test_a_box_that_somebody_else_set_since_is_not_overwritten(study: Study, annotator: User, image: Image) -> None:
    spine = result_of(image).spines.order_by("number")[0]
    seen = Stated(version=version_of(result_of(image)))
    boxes.set_box(user=study.owner, spine_id=spine.pk, box_px=(5, 5, 9, 9), stated=seen)
    with pytest.raises(Stale, match="set its box"):
        boxes.set_box(user=annotator, spine_id=spine.pk, box_px=(6, 6, 9, 9), stated=seen)
    spine.refresh_from_db()
    assert (spine.x_px, spine.reviewed_by) == (5, study.owner)


def test_a_box_far_from_all_others_is_rejected_without_the_pixels(
    annotator: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    lone = result_of(image).spines.order_by("number")[0]
    result_of(image).spines.exclude(pk=lone.pk).delete()
    monkeypatch.setattr(reviewed_result, "plane_as_analysed", lambda _: pytest.fail("the pixels are read"))
    rejected = answers.reject(user=annotator, spine_id=lone.pk)
    assert (rejected.rejected, rejected.dendrite, rejected.quality) == (True, None, "")
    assert only(image).density.spines == 0


def test_later_analyses_keep_dendrites_that_a_person_set(study: Study, annotator: User, image: Image) -> None:
    earlier = result_of(image)
    cut = dendrites.cut_dendrite(user=annotator, dendrite_id=only(image).pk, at_px=middle_of(only(image)))
    lost = earlier.spines.get(number=1)
    answers.relabel(user=annotator, spine_id=lost.pk, spine_class="stubby")
    before = lines(image)
    later = analyse_phantom(study, image)
    assert later.pk != earlier.pk
    assert lines(image) == before
    assert (later.dendrites_edited_by, later.dendrites_edited_at) == (annotator, cut.dendrites_edited_at)
    assert set(seats(image)) == {1, 2}
    assert not later.spines.filter(dendrite__analysis_image=earlier).exists()
    assert earlier.dendrites.count() == 2, "the earlier result stays as it was"
    event = AuditEvent.objects.get(action="dendrites.carried_over")
    assert (event.subject_id, event.details["from_result_id"]) == (later.pk, earlier.pk)
    assert undoable_changes(annotator, later) == []


def test_traced_dendrites_are_traced_anew(study: Study, image: Image) -> None:
    result_of(image).dendrites.update(points_px=[[1, 1], [50, 1]])
    later = analyse_phantom(study, image)
    assert later.dendrites.get().length_um == pytest.approx(LENGTH_UM, rel=0.05)
    assert later.dendrites_edited_at is None


def test_a_kept_spine_leaves_its_old_dendrite(study: Study, annotator: User, image: Image) -> None:
    kept = result_of(image).spines.exclude(dendrite=None).order_by("number")[0]
    answers.relabel(user=annotator, spine_id=kept.pk, spine_class="thin")
    finish(queue_analysis(study, [image]), [[]])
    row = result_of(image).spines.get()
    assert (row.dendrite, row.position_px, row.quality, row.length_um, row.rule_classes) == (None, None, "", None, {})
