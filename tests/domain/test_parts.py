"""Spines split and joined, seated by hand: measured, one event each, undone as one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spines.errors import Conflict, InvalidInput, Stale
from spines.measure.painting import divided, united
from spines.measure.polygons import polygon_area
from spines.models import AuditEvent, Image, Spine, SpineSource, User
from spines.selectors.review.state import history_of, version_of
from spines.selectors.review.words import happening_row
from spines.services.review import answers, bases, dendrites, parts, undoing
from spines.services.review.stated import Stated
from tests.domain.phantom_results import measured_image, result_of  # noqa: F401
from tests.factories import Study
from tests.phantom_images import analyse_phantom

SQUARE = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]])


def test_polygons_are_divided_and_united() -> None:
    """A square of 20 px cut at a quarter of its width; two squares 10 px apart bridged."""
    larger, smaller = divided(SQUARE, np.array([[15.0, 0.0], [15.0, 40.0]]))
    assert polygon_area(larger) == pytest.approx(300, rel=0.03)
    assert polygon_area(smaller) == pytest.approx(100, rel=0.05)
    assert len(divided(SQUARE, np.array([[15.0, 15.0], [20.0, 20.0]]))) == 1
    assert polygon_area(united([SQUARE, np.add(SQUARE, (10.0, 0.0))])) == pytest.approx(600, rel=0.02)
    assert polygon_area(united([SQUARE, np.add(SQUARE, (30.0, 0.0))])) == pytest.approx(820, rel=0.02)


pytestmark = pytest.mark.django_db


def some(image: Image, at: int) -> Spine:
    return result_of(image).spines.filter(length_um__isnull=False).order_by("number")[at]


def across(spine: Spine) -> list[tuple[float, float]]:
    """A line along the spine's midline, through base and tip: it parts left from right."""
    (x0, y0), (x1, y1) = spine.shape.midline_px[0], spine.shape.midline_px[-1]
    return [(x0 - (x1 - x0), y0 - (y1 - y0)), (x1 + (x1 - x0), y1 + (y1 - y0))]


def test_a_spine_is_split_in_two_and_put_together_by_one_undo(annotator: User, image: Image) -> None:
    spine = some(image, 2)
    was = {"area": spine.area_um2, "box": spine.x_px, "class": spine.final_class, "n": result_of(image).spines.count()}
    answers.relabel(user=annotator, spine_id=spine.pk, spine_class="thin")
    first = parts.split_spine(user=annotator, spine_id=spine.pk, line_px=across(spine))
    other = result_of(image).spines.latest("number")
    assert (first.pk, other.source, other.number) == (spine.pk, SpineSource.ADDED, was["n"] + 1)
    assert [each.final_class for each in (first, other)] == ["uncertain", "uncertain"]
    assert (other.reviewed_class, first.quality, other.quality) == ("", "trusted", "trusted")
    assert (first.area_um2 or 0) + (other.area_um2 or 0) == pytest.approx(was["area"], rel=0.06)
    outline = np.array(other.outline_by_hand)
    assert other.x_px == pytest.approx(outline[:, 0].min())
    assert other.box_by_hand
    assert AuditEvent.objects.filter(action="spines.split").count() == 1
    assert happening_row(history_of(other)[0])["what"] == "split a spine in two"
    answers.relabel(user=annotator, spine_id=other.pk, spine_class="stubby")
    undoing.undo(user=annotator, image_id=image.pk)
    undone = undoing.undo(user=annotator, image_id=image.pk)
    assert (undone.removed_id, undone.spine and undone.spine.pk) == (other.pk, spine.pk)
    spine = some(image, 2)
    assert (spine.area_um2, spine.x_px, spine.reviewed_class, spine.outline_by_hand) == (
        was["area"],
        was["box"],
        "thin",
        None,
    )
    assert result_of(image).spines.count() == was["n"]
    undoing.redo(user=annotator, image_id=image.pk)
    again = result_of(image).spines.get(pk=other.pk)
    assert (again.area_um2, again.outline_by_hand) == (other.area_um2, other.outline_by_hand)


def test_two_spines_are_joined(annotator: User, study: Study, image: Image) -> None:
    one, other = some(image, 2), some(image, 3)
    area = (one.area_um2 or 0) + (other.area_um2 or 0)
    joined = parts.join_spines(user=annotator, spine_id=one.pk, other_id=other.pk)
    rejected = {one.pk, other.pk} - {joined.pk}
    assert Spine.objects.get(pk__in=rejected).rejected
    assert joined.final_class == "uncertain"
    assert 0.98 * area < (joined.area_um2 or 0) < 1.3 * area, "with the bridge between them"
    later = analyse_phantom(study, image)
    kept = later.spines.exclude(outline_by_hand=None).get()
    assert kept.area_um2 == pytest.approx(joined.area_um2, rel=0.01)
    assert later.spines.filter(rejected=True).count() == 1


def test_parts_are_refused_where_they_make_no_sense(annotator: User, study: Study, image: Image) -> None:
    spine, other = some(image, 2), some(image, 3)
    of: dict[str, Any] = {"user": annotator, "spine_id": spine.pk}
    with pytest.raises(InvalidInput, match="does not part"):
        parts.split_spine(**of, line_px=[(0, 0), (1, 1)])
    with pytest.raises(InvalidInput, match="itself"):
        parts.join_spines(**of, other_id=spine.pk)
    seen = Stated(version=version_of(result_of(image)))
    parts.split_spine(user=study.owner, spine_id=spine.pk, line_px=across(spine))
    with pytest.raises(Stale, match="split a spine"):
        answers.relabel(**of, spine_class="thin", stated=seen)
    answers.relabel(user=annotator, spine_id=spine.pk, spine_class="thin")
    with pytest.raises(Conflict, match="one of these spines"):
        undoing.undo(user=study.owner, image_id=image.pk)
    answers.reject(user=annotator, spine_id=other.pk)
    with pytest.raises(Conflict, match="Restore it first"):
        parts.join_spines(**of, other_id=other.pk)


def test_a_spine_sits_where_a_person_says(annotator: User, study: Study, image: Image) -> None:
    """The base moved along its dendrite, then onto another one that is drawn beside it, then found again."""
    spine = some(image, 2)
    was = (spine.position_px or 0, spine.dendrite_id, spine.length_um)
    x, y = spine.shape.midline_px[0]
    moved = bases.set_base(user=annotator, spine_id=spine.pk, base_px=(x + 8, y))
    assert abs(abs((moved.position_px or 0) - was[0]) - 8) < 2.5
    assert moved.dendrite_id == was[1]
    row = result_of(image).dendrites.get()
    shift = 40 if (spine.side or 0) * (row.points_px[-1][0] - row.points_px[0][0]) > 0 else -40
    line = [(px, py + shift) for px, py in row.points_px]
    line = [(px, min(max(py, 1), image.height_px - 1)) for px, py in line]
    dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=line)
    drawn = result_of(image).dendrites.latest("number")
    spine.refresh_from_db()
    given = bases.set_base(user=annotator, spine_id=spine.pk, base_px=min(line, key=lambda p: abs(p[0] - x)))
    assert given.dendrite_id == drawn.pk
    later = analyse_phantom(study, image)
    assert later.spines.exclude(base_px=None).get().dendrite == later.dendrites.latest("number")
    kept = later.spines.exclude(base_px=None).get()
    found = bases.set_base(user=annotator, spine_id=kept.pk, base_px=None)
    assert found.dendrite != later.dendrites.latest("number")
    with pytest.raises(InvalidInput, match="outside the picture"):
        bases.set_base(user=annotator, spine_id=kept.pk, base_px=(-5, 5))
