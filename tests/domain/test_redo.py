"""Redoing what was undone: twenty changes of all kinds back and forth, never over others' work; a new one ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spines.errors import Conflict
from spines.models import AnalysisImage, Spine, User
from spines.selectors.review.state import events_since, history_of, redoable_undoings, undoable_changes
from spines.selectors.review.words import happening_row, line_of
from spines.services.review import answers, bases, boxes, dendrites, outlines, parts
from spines.services.review.undoing import redo, undo
from tests.factories import Study
from tests.phantom_images import analyse_phantom, upload_phantom

pytestmark = pytest.mark.django_db


@pytest.fixture
def result(study: Study, tmp_path: Path) -> AnalysisImage:
    return analyse_phantom(study, upload_phantom(study, tmp_path))


def stands(result: AnalysisImage) -> tuple[Any, ...]:
    """All that corrections change, measures too."""
    spines = result.spines.order_by("number")
    columns = (
        "pk",
        "number",
        "x_px",
        "width_px",
        "box_by_hand",
        "outline_by_hand",
        "base_px",
        "uncertain",
        "area_um2",
        "reviewed_class",
        "rejected",
        "length_um",
        "position_px",
    )
    marked = AnalysisImage.objects.values_list("reviewed_by", "dendrites_edited_by").get(pk=result.pk)
    lines = result.dendrites.order_by("number").values_list("pk", "number", "points_px")
    return tuple(spines.values_list(*columns)), tuple(map(str, lines)), marked


def twenty_changes(user: User, result: AnalysisImage) -> None:
    first, second, *_ = result.spines.order_by("number")
    of: dict[str, Any] = {"user": user}
    image: dict[str, Any] = {"image_id": result.image_id}
    added = boxes.add_spine(**of, **image, box_px=(90, 6, 12, 14), spine_class="thin")
    boxes.set_box(**of, spine_id=added.pk, box_px=(92, 6, 12, 14))
    answers.relabel(**of, spine_id=added.pk, spine_class="stubby")
    answers.reject(**of, spine_id=second.pk)
    dendrites.add_dendrite(**of, **image, points_px=[(10, 8), (60, 8)])
    drawn = result.dendrites.latest("number")
    dendrites.join_dendrites(**of, dendrite_id=drawn.pk, other_id=result.dendrites.earliest("number").pk)
    answers.restore(**of, spine_id=second.pk)
    boxes.set_box(**of, spine_id=first.pk, box_px=(first.x_px + 1, first.y_px, first.width_px, first.height_px))
    third, fourth, fifth, *_ = result.spines.order_by("number")[3:]
    parts.split_spine(**of, spine_id=third.pk, line_px=[(0, third.y_px + 6), (300, third.y_px + 6)])
    parts.join_spines(**of, spine_id=fourth.pk, other_id=fifth.pk)
    bases.set_base(**of, spine_id=first.pk, base_px=first.shape.midline_px[0])
    outlines.set_outline(**of, spine_id=first.pk, outline_px=[(40, 20), (52, 20), (52, 40)])
    answers.mark_image_reviewed(**of, **image, reviewed=True)
    for name in ("thin", "stubby", "filopodia"):
        answers.relabel(**of, spine_id=first.pk, spine_class=name)
        answers.relabel(**of, spine_id=second.pk, spine_class=name)
    answers.relabel(**of, spine_id=fourth.pk, spine_class="thin")


def test_twenty_changes_are_undone_and_redone(study: Study, result: AnalysisImage) -> None:
    before = stands(result)
    twenty_changes(study.owner, result)
    after = stands(result)
    here: dict[str, Any] = {"user": study.owner, "image_id": result.image_id}
    seen = [after]
    for _ in range(20):
        undo(**here)
        seen.append(stands(result))
    assert seen[-1] == before
    assert undoable_changes(study.owner, result) == []
    for expected in seen[-2::-1]:
        redo(**here)
        assert stands(result) == expected
    with pytest.raises(Conflict, match="nothing of yours to redo"):
        redo(**here)
    for _ in range(3):
        undo(**here)
    assert stands(result) == seen[3]
    redo(**here)
    assert stands(result) == seen[2]
    assert len(redoable_undoings(study.owner, result)) == 2
    answers.relabel(user=study.owner, spine_id=Spine.objects.earliest("number").pk, spine_class="stubby")
    assert redoable_undoings(study.owner, result) == []


def test_redo_goes_over_nobodys_work_and_is_told(study: Study, result: AnalysisImage, annotator: User) -> None:
    here: dict[str, Any] = {"user": study.owner, "image_id": result.image_id}
    spine = result.spines.earliest("number")
    answers.relabel(user=study.owner, spine_id=spine.pk, spine_class="stubby")
    undo(**here)
    answers.relabel(user=annotator, spine_id=spine.pk, spine_class="thin")
    with pytest.raises(Conflict, match="Somebody else changed spine 1"):
        redo(**here)
    undo(user=annotator, image_id=result.image_id)
    redo(**here)
    assert Spine.objects.get(pk=spine.pk).final_class == "stubby"
    assert happening_row(history_of(spine)[0])["what"] == "made a change again: now stubby"
    answers.mark_image_reviewed(user=annotator, image_id=result.image_id, reviewed=True)
    undo(user=annotator, image_id=result.image_id)
    redo(user=annotator, image_id=result.image_id)
    assert "did again: " in line_of(events_since(result, 0)[-1])
