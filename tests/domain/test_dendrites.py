"""Dendrites set by people: drawn, extended, cut, deleted, undone, kept by later analyses. What is on them follows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AuditEvent, DendriteSource, Image, User
from spines.selectors.images.dendrites import dendrites_of_result
from spines.services.review import boxes, dendrites, undoing
from tests.domain.phantom_results import lines, measured_image, middle_of, only, result_of, seats  # noqa: F401
from tests.factories import Study, make_annotator, make_study
from tests.phantom_images import LENGTH_UM, analyse_phantom, upload_phantom

pytestmark = pytest.mark.django_db


def test_cutting_shares_length_and_spines_between_the_parts(annotator: User, image: Image) -> None:
    whole = only(image)
    spines = whole.density.spines
    assert spines == result_of(image).spines.count() > 6
    dendrites.cut_dendrite(user=annotator, dendrite_id=whole.pk, at_px=middle_of(whole))
    first, second = result_of(image).dendrites.order_by("number")
    assert (first.pk, first.number, second.number) == (whole.pk, 1, 2)
    assert first.length_px + second.length_px == pytest.approx(whole.length_px, abs=0.1)
    assert first.length_um is not None
    assert first.length_um == pytest.approx(first.length_px * 0.1)
    assert first.density.spines + second.density.spines == spines
    assert min(first.density.spines, second.density.spines) >= 3
    assert first.density.spines_per_um == pytest.approx(first.density.spines / first.length_um)
    assert (second.source, second.edited, first.edited) == (DendriteSource.TRACED, True, True)
    for spine in result_of(image).spines.select_related("dendrite"):
        assert spine.dendrite is not None
        assert spine.position_px is not None
        assert 0 <= spine.position_px <= spine.dendrite.length_px
    assert result_of(image).dendrites_edited_by == annotator


def test_a_cut_at_a_corner_of_the_line_repeats_no_point(annotator: User, image: Image) -> None:
    x_px, y_px = middle_of(only(image))
    line = [[20, y_px], [x_px, y_px], [2 * x_px - 30, y_px + 10]]
    dendrites.change_dendrite(user=annotator, dendrite_id=only(image).pk, points_px=line)
    dendrites.cut_dendrite(user=annotator, dendrite_id=only(image).pk, at_px=(x_px, y_px))
    assert sorted(len(points) for _, points in lines(image)) == [2, 2]


def test_deleting_and_drawing_move_seats_densities_and_measures(annotator: User, image: Image) -> None:
    traced = only(image)
    measured = result_of(image).spines.filter(length_um__isnull=False).count()
    assert measured > 6
    dendrites.remove_dendrite(user=annotator, dendrite_id=traced.pk)
    assert not any(seats(image))
    assert not result_of(image).spines.filter(length_um__isnull=False).exists()
    nothing_left = dendrites_of_result(result_of(image))
    assert nothing_left is not None
    assert (nothing_left.on_none, nothing_left.length_um) == (result_of(image).spines.count(), None)
    ends = [traced.points_px[0], traced.points_px[-1]]
    dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=ends, result_id=result_of(image).pk)
    drawn = only(image)
    assert (drawn.source, drawn.edited, drawn.number) == (DendriteSource.DRAWN, True, 1)
    assert drawn.length_um == pytest.approx(LENGTH_UM, rel=0.05)
    assert drawn.radius_px[0] == pytest.approx(np.median(traced.radius_px), rel=0.35)
    assert set(seats(image)) == {1}
    assert result_of(image).spines.filter(length_um__isnull=False).count() > 6


def test_extending_keeps_what_was_there(annotator: User, image: Image) -> None:
    whole = only(image)
    dendrites.cut_dendrite(user=annotator, dendrite_id=whole.pk, at_px=middle_of(whole))
    part, other = result_of(image).dendrites.order_by("number")
    dendrites.remove_dendrite(user=annotator, dendrite_id=other.pk)
    before = only(image)
    assert None in seats(image)
    further = [*part.points_px, *other.points_px] if part.points_px[-1] == other.points_px[0] else None
    further = further or [*other.points_px, *part.points_px]
    dendrites.change_dendrite(user=annotator, dendrite_id=part.pk, points_px=further)
    after = only(image)
    assert after.length_px == pytest.approx(whole.length_px, abs=0.1)
    assert set(seats(image)) == {1}
    kept = dict(zip(map(tuple, after.points_px), after.radius_px, strict=True))
    assert [kept[tuple(point)] for point in before.points_px] == before.radius_px


def test_every_change_is_undone_in_turn(annotator: User, image: Image) -> None:
    def numbers() -> list[Any]:
        fields = ("number", "dendrite__number", "position_um", "side", "quality", "length_um", "neck_width_um")
        return list(result_of(image).spines.order_by("number").values_list(*fields))

    before, traced, at_first = lines(image), only(image).pk, numbers()
    dendrites.cut_dendrite(user=annotator, dendrite_id=traced, at_px=middle_of(only(image)))
    dendrites.remove_dendrite(user=annotator, dendrite_id=traced)
    dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=[[5, 5], [60, 5]])
    boxes.add_spine(user=annotator, image_id=image.pk, box_px=(60, 20, 14, 14), spine_class="thin")
    assert numbers() != at_first
    for _ in range(4):
        undoing.undo(user=annotator, image_id=image.pk)
    assert (lines(image), only(image).pk, numbers()) == (before, traced, at_first)
    assert result_of(image).dendrites_edited_at is None, "later analyses trace anew again"
    with pytest.raises(Conflict, match="no change of yours left"):
        undoing.undo(user=annotator, image_id=image.pk)


def test_nobody_undoes_under_somebody_elses_change(study: Study, annotator: User, image: Image) -> None:
    dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=[[5, 5], [60, 5]])
    dendrites.add_dendrite(user=make_annotator(study), image_id=image.pk, points_px=[[5, 9], [60, 9]])
    with pytest.raises(Conflict, match="Somebody else changed the dendrites"):
        undoing.undo(user=annotator, image_id=image.pk)
    assert result_of(image).dendrites.count() == 3


def test_the_trail_holds_all_dendrites_before_and_after(annotator: User, image: Image) -> None:
    whole = only(image)
    dendrites.remove_dendrite(user=annotator, dendrite_id=whole.pk)
    event = AuditEvent.objects.get(action="dendrite.removed")
    assert (event.actor, event.subject_type, event.subject_id) == (annotator, "analysisimage", result_of(image).pk)
    (was,) = event.details["before"]["dendrites"]
    assert (was["points_px"], was["radius_px"]) == (whole.points_px, whole.radius_px)
    assert event.details["after"]["dendrites"] == []


def changes(image: Image) -> dict[str, Callable[[User], object]]:
    row = only(image).pk
    line = [[5, 5], [60, 5]]
    return {
        "add": lambda user: dendrites.add_dendrite(user=user, image_id=image.pk, points_px=line),
        "change": lambda user: dendrites.change_dendrite(user=user, dendrite_id=row, points_px=line),
        "cut": lambda user: dendrites.cut_dendrite(user=user, dendrite_id=row, at_px=(90, 90)),
        "remove": lambda user: dendrites.remove_dendrite(user=user, dendrite_id=row),
    }


def test_viewers_and_strangers_change_nothing(study: Study, image: Image) -> None:
    before, stranger = lines(image), make_study("Other").owner
    for change in changes(image).values():
        with pytest.raises(NotAllowed):
            change(study.viewer)
        with pytest.raises(NotFound):
            change(stranger)
    assert lines(image) == before


def test_a_replaced_result_is_not_changed(study: Study, annotator: User, image: Image) -> None:
    old = result_of(image)
    on_old = changes(image)
    del on_old["add"]
    analyse_phantom(study, image)
    for change in on_old.values():
        with pytest.raises(Conflict, match="analysed again"):
            change(annotator)
    with pytest.raises(Conflict, match="analysed again"):
        dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=[[5, 5], [60, 5]], result_id=old.pk)


@pytest.mark.parametrize(
    ("points_px", "sentence"),
    [
        ([], "2 to 20,000 points; this one has 0"),
        ([[5, 5]], "this one has 1"),
        ([[5, 5]] * 20_001, "this one has 20,001"),
        ([[5, 5], [5, 5]], "too short"),
        ([[5, 5], [8, 5]], "at least 5 px"),
        ([[5, 5], [-0.1, 50]], "outside the picture"),
        ([[5, 5], [50, 1e9]], "outside the picture"),
        ([[5, 5], [float("nan"), 5]], "no place"),
        ([[5, 5], [float("inf"), 5]], "no place"),
    ],
)
def test_a_line_that_is_none_is_told_in_words(
    annotator: User, image: Image, points_px: list[list[float]], sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=points_px)
    with pytest.raises(InvalidInput, match=sentence):
        dendrites.change_dendrite(user=annotator, dendrite_id=only(image).pk, points_px=points_px)
    assert result_of(image).dendrites_edited_at is None


def test_an_end_is_not_cut_off(annotator: User, image: Image) -> None:
    x_px, y_px = only(image).points_px[0]
    for at_px, sentence in (((x_px, y_px), "too near to an end"), ((float("nan"), 1.0), "where to cut")):
        with pytest.raises(InvalidInput, match=sentence):
            dendrites.cut_dendrite(user=annotator, dendrite_id=only(image).pk, at_px=at_px)
    assert result_of(image).dendrites.count() == 1


def test_a_deleted_dendrite_is_told_in_words(annotator: User, image: Image) -> None:
    row = only(image)
    dendrites.cut_dendrite(user=annotator, dendrite_id=row.pk, at_px=middle_of(row))
    gone = result_of(image).dendrites.get(number=2).pk
    undoing.undo(user=annotator, image_id=image.pk)
    with pytest.raises(NotFound, match="may have been deleted"):
        dendrites.remove_dendrite(user=annotator, dendrite_id=gone)


def test_without_a_pixel_size_there_are_lines_and_counts_alone(study: Study, annotator: User, tmp_path: Path) -> None:
    image = upload_phantom(study, tmp_path, "plain.tif", calibrated=False)
    analyse_phantom(study, image)
    dendrites.cut_dendrite(user=annotator, dendrite_id=only(image).pk, at_px=middle_of(only(image)))
    together = dendrites_of_result(result_of(image))
    assert together is not None
    assert together.spines > 6
    assert (together.length_um, together.spines_per_um, together.spines_per_10_um) == (None, None, None)
    assert {row.length_um for row in together.rows} == {None}
