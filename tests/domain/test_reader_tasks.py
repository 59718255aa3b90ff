"""Studies in which raters find, correct or outline spines: what is drawn, what is agreed, what becomes of it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spines.errors import Conflict, InvalidInput, NotAllowed, Stale
from spines.models import Image, ImportedSet, Lab, ReaderStudy, Role, Spine, StudyItem, Task, User
from spines.models.reader_studies import NO_SPINE, SPINE
from spines.selectors.reader_studies.agreement import agreed_items, agreement_of
from spines.selectors.reader_studies.marking import marks_agreement_of
from spines.selectors.results.rows import current_result
from spines.services.labs.blinding import unblind
from spines.services.reader_studies.answering import save_marks
from spines.services.reader_studies.applying import Applied, apply_consensus
from spines.services.reader_studies.drawing import SpinesFrom
from spines.services.reader_studies.making import close_reader_study, decide, make_reader_study
from spines.services.reader_studies.marks import Mark
from spines.services.reader_studies.test_sets import write_test_set
from tests.factories import Study, finish, found, make_annotator, make_measured_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

A, B, C = (40.0, 60.0, 30.0, 30.0), (150.0, 20.0, 14.0, 30.0), (90.0, 180.0, 26.0, 26.0)
MISSED = (200.0, 200.0, 20.0, 20.0)
FOUND = [found("mushroom", box_px=A), found("thin", box_px=B), found("stubby", box_px=C, uncertain=True)]


def analysed(folder: Path) -> Study:
    """An experiment of one picture with three spines found."""
    from tests.factories import make_study

    study = make_study()
    image = upload(study, folder, side_px=256, pixel_size_um=0.1)
    finish(queue_analysis(study, [image]), [FOUND])
    return study


def made(lab: Study, task: Task, **more: int) -> tuple[ReaderStudy, list[User]]:
    """A study with three raters."""
    raters = [make_annotator(lab) for _ in range(3)]
    given = {"again_percent": 0} | more
    study = make_reader_study(
        user=lab.owner,
        experiment_id=lab.experiment.pk,
        name=f"Readers {task}",
        rater_ids=[rater.pk for rater in raters],
        task=task,
        **given,  # type: ignore[arg-type]
    )
    return study, raters


def mark(box: tuple[float, ...], spine_class: str = "", by: float = 0.0) -> Mark:
    return {"box_px": [box[0] + by, box[1], *box[2:]], "class": spine_class}


def draw(study: ReaderStudy, rater: User, marks: list[Mark], *, is_done: bool = True) -> None:
    """On each item."""
    for item in study.items.all():
        save_marks(user=rater, study_id=study.pk, item_id=item.pk, marks=marks, version=0, is_done=is_done, note="seen")


def of_the_image(lab: Study) -> dict[tuple[float, float], tuple[str, bool]]:
    """Box → class and whether it was rejected, of the present result."""
    result = current_result(Image.objects.get(experiment=lab.experiment))
    assert result is not None
    return {(s.x_px, s.y_px): (s.final_class, s.rejected) for s in result.spines.all()}


@pytest.fixture
def three(tmp_path: Path) -> tuple[Study, ReaderStudy, list[User]]:
    """Three raters found: all A and the one that the network missed, two B, one C; classes of A are two against one."""
    lab = analysed(tmp_path)
    study, raters = made(lab, Task.FIND)
    draw(study, raters[0], [mark(A, "mushroom"), mark(B, "thin"), mark(C), mark(MISSED, "thin")])
    draw(study, raters[1], [mark(A, "mushroom", 4), mark(B, "thin", 2), mark(MISSED, "thin", 2)])
    draw(study, raters[2], [mark(A, "stubby", -4), mark(MISSED, "thin")])
    return lab, study, raters


def test_what_was_marked_becomes_items_once_the_study_is_closed(three: tuple[Study, ReaderStudy, list[User]]) -> None:
    lab, study, _ = three
    close_reader_study(user=lab.owner, study_id=study.pk)
    items = {round(each.item.y_px): each for each in agreed_items(study)}
    assert {y: each.consensus for y, each in items.items()} == {
        60: "mushroom",
        20: "thin",
        180: NO_SPINE,
        200: "thin",
    }
    assert items[60].answers == ["mushroom", "mushroom", "stubby"]
    assert items[180].answers == [SPINE, NO_SPINE, NO_SPINE]
    assert items[60].item.x_px == 40, "the median of three"
    assert items[60].item.network_class == "mushroom"
    assert items[200].item.network_class == NO_SPINE
    assert items[180].item.network_class == SPINE, "the network was unsure of its class"
    assert agreement_of(study).pairs[0][2].value == 1, "of spines that both marked and named"


def test_raters_and_the_network_are_compared(three: tuple[Study, ReaderStudy, list[User]]) -> None:
    _, study, _ = three
    shown = marks_agreement_of(study)
    assert [each.cells[0] for each in shown.raters] == ["4.0", "3.0", "2.0", "3.0"]
    f1s = [each.overlap for each in shown.pairs]
    # twice in common over all: 1 and 2, 1 and 3, 1 and network, 2 and 3, 2 and network, 3 and network
    assert f1s == ["0.86", "0.67", "0.86", "0.80", "0.67", "0.40"]
    assert shown.pairs[0].differences[0] == "1.0"
    assert "centre of one lies within half" in shown.methods
    assert [each[1] for each in shown.selves] == [0, 0, 0]


def test_the_consensus_becomes_the_reviewed_answer(three: tuple[Study, ReaderStudy, list[User]]) -> None:
    lab, study, _ = three
    with pytest.raises(Conflict, match="Close the study"):
        apply_consensus(user=lab.owner, study_id=study.pk)
    close_reader_study(user=lab.owner, study_id=study.pk)
    thin = next(each.item for each in agreed_items(study) if round(each.item.y_px) == 20)
    decide(user=lab.owner, study_id=study.pk, item_id=thin.pk, answer="filopodia")
    done = apply_consensus(user=lab.owner, study_id=study.pk)
    assert done == Applied(named=2, rejected=1, added=1)
    assert of_the_image(lab) == {
        (40, 60): ("mushroom", False),
        (150, 20): ("filopodia", False),
        (90, 180): ("uncertain", True),
        (200, 200): ("thin", False),
    }
    result = current_result(Image.objects.get(experiment=lab.experiment))
    assert result is not None
    assert result.reviewed_by == lab.owner
    assert apply_consensus(user=lab.owner, study_id=study.pk) == Applied(), "set twice, it is set once"
    with pytest.raises(NotAllowed):
        apply_consensus(user=User.objects.get(reader_studies__study=study, pk=three[2][0].pk), study_id=study.pk)


def test_the_consensus_becomes_a_test_set(three: tuple[Study, ReaderStudy, list[User]], tmp_path: Path) -> None:
    lab, study, _ = three
    close_reader_study(user=lab.owner, study_id=study.pk)
    folder = tmp_path / "made"
    folder.mkdir()
    path, name, kept = write_test_set(user=lab.owner, study_id=study.pk, folder=folder)
    assert kept is None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert "test.json" in names
    image = Image.objects.get(experiment=lab.experiment)
    assert f"pictures/{image.code}.png" in names
    assert image.original_name not in " ".join((*names, name))
    admin = make_user(staff=True)
    admin.memberships.create(lab=lab.lab, role=Role.MANAGER)
    with pytest.raises(Conflict, match="does not let networks"):
        write_test_set(user=admin, study_id=study.pk, folder=folder, keeps=True)
    Lab.objects.filter(pk=lab.lab.pk).update(lets_train=True)
    again = tmp_path / "again"
    again.mkdir()
    _, _, kept = write_test_set(user=admin, study_id=study.pk, folder=again, keeps=True)
    assert kept == ImportedSet.objects.get()
    assert kept.counts["parts"] == {"test": {"images": 1, "spines": 3}}
    assert kept.is_fully_marked


def test_who_is_not_through_with_a_picture_says_nothing_of_it(tmp_path: Path) -> None:
    lab = analysed(tmp_path)
    study, raters = made(lab, Task.FIND)
    draw(study, raters[0], [mark(A, "mushroom")])
    draw(study, raters[1], [], is_done=False)
    close_reader_study(user=lab.owner, study_id=study.pk)
    assert [each.answers for each in agreed_items(study)] == [["mushroom", None, None]]
    assert apply_consensus(user=lab.owner, study_id=study.pk) == Applied(), "one rater alone makes no consensus"


def test_a_consensus_of_classes_touches_only_the_spines_of_the_study(tmp_path: Path) -> None:
    from spines.services.reader_studies.answering import answer_item

    lab = analysed(tmp_path)
    study, raters = made(lab, Task.CLASSIFY, spines_from=SpinesFrom.UNSURE)  # type: ignore[arg-type]
    (item,) = study.items.all()
    assert item.y_px == 180
    for rater in raters:
        answer_item(user=rater, study_id=study.pk, item_id=item.pk, answer="filopodia")
    close_reader_study(user=lab.owner, study_id=study.pk)
    assert apply_consensus(user=lab.owner, study_id=study.pk) == Applied(named=1)
    assert of_the_image(lab)[90, 180] == ("filopodia", False)
    assert Spine.objects.exclude(reviewed_class="").count() == 1


def test_a_blind_consensus_is_set_by_a_manager_who_does_not_rate(tmp_path: Path) -> None:
    lab = analysed(tmp_path)
    type(lab.experiment).objects.filter(pk=lab.experiment.pk).update(blinded=True)
    study, raters = made(lab, Task.CORRECT)
    for rater in raters:
        draw(study, rater, [mark(A, "mushroom")])
    close_reader_study(user=lab.owner, study_id=study.pk)
    unblind(user=lab.owner, experiment_id=lab.experiment.pk, reason="All is scored")
    assert apply_consensus(user=lab.owner, study_id=study.pk) == Applied(named=1, rejected=2)


def test_outlines_are_compared_and_measured(tmp_path: Path) -> None:
    lab = analysed(tmp_path)
    study, raters = made(lab, Task.OUTLINE, spines_from=SpinesFrom.ALL)  # type: ignore[arg-type]
    for rater, side in zip(raters, (20, 20, 10), strict=True):
        for item in study.items.all():
            x, y = item.x_px, item.y_px
            square = [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]
            save_marks(
                user=rater,
                study_id=study.pk,
                item_id=item.pk,
                marks=[{"outline_px": square}],
                version=0,
                is_done=True,
            )
    shown = marks_agreement_of(study)
    assert [each.overlap for each in shown.pairs] == ["1.00", "0.40", "0.40"]
    assert shown.raters[0].cells == ["2.828", "4.000"], "µm and µm² at 0.1 µm a pixel"
    assert shown.raters[2].cells == ["1.414", "1.000"]


def test_whole_pictures_are_drawn_by_animal_and_come_again() -> None:
    study, _ = made(make_measured_study(), Task.FIND, per_animal=1, again_percent=50)
    first = study.items.filter(again_of=None)
    assert first.count() == 6, "one of two pictures of each of six animals"
    assert study.items.exclude(again_of=None).count() == 3
    item = first[0]
    assert (item.width_px, item.height_px) == (1024, 1024)
    assert item.dendrite_um == pytest.approx(40)
    assert len(item.network_marks) > 30


def test_what_is_refused(tmp_path: Path) -> None:
    lab = analysed(tmp_path)
    study, (rater, *_) = made(lab, Task.FIND)
    (item,) = study.items.all()
    to: dict[str, Any] = {"user": rater, "study_id": study.pk, "item_id": item.pk, "is_done": True}
    for bad, why in (
        ([{"box_px": [0, 0, 1, 1], "class": ""}], "too small"),
        ([{"box_px": [300, 0, 20, 20], "class": ""}], "outside the picture"),
        ([{"box_px": [0, 0, "wide", 1]}], "cannot be read"),
        ([mark(A, "a cat")], "no class"),
        ([{"box_px": [0, 0, float("nan"), 9]}], "outside the picture"),
    ):
        with pytest.raises(InvalidInput, match=why):
            save_marks(marks=bad, version=0, **to)
    kept = save_marks(marks=[mark(A)], version=0, **to)
    with pytest.raises(Stale, match="another window"):
        save_marks(marks=[], version=0, **to)
    assert save_marks(marks=[mark(B)], version=kept.version, **to).marks == [mark(B)]
    with pytest.raises(NotAllowed, match="no rater"):
        save_marks(marks=[], version=2, **(to | {"user": lab.owner}))
    close_reader_study(user=lab.owner, study_id=study.pk)
    with pytest.raises(Conflict, match="no answer is taken any more"):
        save_marks(marks=[], version=2, **to)


@pytest.mark.parametrize("turn", range(8))
def test_a_turned_item_and_its_marks_fit_together(turn: int) -> None:
    from webapp.reader_studies.turned import Shown

    pixels = np.zeros((30, 50))
    pixels[4:9, 10:30] = 1
    turned = np.rot90(pixels, turn % 4)
    turned = np.fliplr(turned) if turn >= 4 else turned
    shown = Shown(left_px=0, top_px=0, width_px=50, height_px=30, turn=turn)
    x, y, width, height = (round(value) for value in shown.box((10, 4, 20, 5)))
    assert turned[y : y + height, x : x + width].sum() == pixels.sum() == width * height
    assert [*shown.size_px] == [*turned.shape[::-1]]
    assert shown.box_back(shown.box((10, 4, 20, 5))) == (10, 4, 20, 5)
    moved = Shown(left_px=7, top_px=-3, width_px=50, height_px=30, turn=turn)
    assert moved.back(moved.place((12.5, 8.25))) == (12.5, 8.25)


def test_items_that_were_found_are_asked_of_nobody(three: tuple[Study, ReaderStudy, list[User]]) -> None:
    lab, study, _ = three
    close_reader_study(user=lab.owner, study_id=study.pk)
    found_items = StudyItem.objects.filter(study=study).exclude(found_in=None)
    assert found_items.count() == 4
    from spines.selectors.reader_studies.answers import progress_of

    assert [(each.answered, each.total) for each in progress_of(study)] == [(1, 1)] * 3
