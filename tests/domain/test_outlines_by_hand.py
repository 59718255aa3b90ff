"""Outlines that people set: measured on as they are, before they are saved too; kept, undone and carried over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spines.errors import Conflict, InvalidInput, Stale
from spines.measure.image import measure_image, remeasure
from spines.measure.painting import Stroke, painted
from spines.measure.polygons import polygon_area
from spines.measure.types import ByHand
from spines.models import Image, Spine, User
from spines.selectors.review.state import version_of
from spines.services.review import answers, boxes, outlines, undoing
from spines.services.review.stated import Stated
from spines.synthesis.phantom import PhantomParameters, make_phantom
from tests.domain.phantom_results import measured_image, result_of  # noqa: F401
from tests.factories import Study
from tests.phantom_images import analyse_phantom

SCALE_UM = 0.08
SQUARE = np.array([[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]])


def test_an_outline_that_was_found_measures_by_hand_what_it_measured() -> None:
    made = make_phantom(PhantomParameters(dendrite_length_um=40, pixel_size_um=SCALE_UM), seed=1)
    found = measure_image(made.pixels, made.boxes_px, pixel_size_um=SCALE_UM)
    hands = [
        ByHand(outline_px=tuple((x, y) for x, y in each.outline_px))
        for each in found.spines
        if each.outline_px is not None
    ]
    assert len(hands) == len(made.boxes_px)
    told = remeasure(made.pixels, made.boxes_px, found.dendrites, pixel_size_um=SCALE_UM, by_hand=hands).spines
    for one, other in zip(found.spines, told, strict=True):
        assert other.area_um2 == pytest.approx(one.area_um2)
        assert other.length_um == pytest.approx(one.length_um, rel=0.01)
        assert other.head_width_um == pytest.approx(one.head_width_um, rel=0.02)
        assert other.neck_width_um == pytest.approx(one.neck_width_um, rel=0.15)
        assert other.intensity_ratio == pytest.approx(one.intensity_ratio, rel=0.2)


def test_a_drawn_lollipop_measures_what_was_drawn() -> None:
    """Neck 6 px wide and 20 px long, head of 10 px radius around its end, on a shaft whose surface is at y = 40."""
    made = make_phantom(PhantomParameters(dendrite_length_um=20, pixel_size_um=0.1), seed=0)
    (shaft, *_) = measure_image(made.pixels, made.boxes_px, pixel_size_um=0.1).dendrites
    x, y = shaft.points_px[len(shaft.points_px) // 2]
    top = y - float(np.median(shaft.radius_px))
    angles = np.linspace(np.arcsin(0.3), 2 * np.pi - np.arcsin(0.3), 60)
    head = np.stack([x + 10 * np.sin(angles), top - 30 + 10 * np.cos(angles)], axis=1)
    outline = np.vstack([[[x + 3, top]], head, [[x - 3, top]]])
    hand = ByHand(outline_px=tuple((a, b) for a, b in outline))
    box = (x - 10, top - 40, 20.0, 20.0)
    (spine,) = remeasure(made.pixels, [box], [shaft], pixel_size_um=0.1, by_hand=[hand]).spines
    assert spine.length_um == pytest.approx(4.0, abs=0.15)
    assert spine.head_width_um == pytest.approx(2.0, abs=0.06)
    assert spine.neck_width_um == pytest.approx(0.6, abs=0.05)
    assert spine.neck_length_um == pytest.approx(2.1, abs=0.3)
    assert spine.area_um2 == pytest.approx(polygon_area(outline) / 100)


def test_a_brush_adds_and_takes_away() -> None:
    """Areas of a square of 20 px, of a dab of 5 px in and beside it, of what is left."""
    dab = Stroke(points_px=np.array([[20.0, 20.0]]), radius_px=5)
    beside = Stroke(points_px=np.array([[30.0, 20.0], [40.0, 20.0]]), radius_px=5)
    off = Stroke(points_px=np.array([[0.0, 5.0], [40.0, 5.0]]), radius_px=10, erases=True)

    def area(*strokes: Stroke, of: Any = SQUARE) -> float:
        found = painted(of, strokes)
        assert found is not None
        return polygon_area(found)

    assert area(dab) == pytest.approx(400, rel=0.02)
    assert area(beside) == pytest.approx(400 + 100 + np.pi * 25 / 2, rel=0.02)
    assert area(off) == pytest.approx(300, rel=0.02)
    assert area(dab, of=np.empty((0, 2))) == pytest.approx(np.pi * 25, rel=0.04)
    assert painted(SQUARE, [Stroke(points_px=SQUARE, radius_px=40, erases=True)]) is None
    halves = Stroke(points_px=np.array([[17.0, 0.0], [17.0, 40.0]]), radius_px=2, erases=True)
    assert area(halves) == pytest.approx(11 * 20, rel=0.03), "the larger part"


pytestmark = pytest.mark.django_db


def some(image: Image, at: int = 1) -> Spine:
    return result_of(image).spines.filter(length_um__isnull=False).order_by("number")[at]


def wider(spine: Spine, by: float = 1.3) -> list[list[float]]:
    outline = np.array(spine.shape.outline_px)
    middle = outline.mean(axis=0)
    drawn: list[list[float]] = np.round(middle + by * (outline - middle), 2).tolist()
    return drawn


def test_an_outline_is_set_measured_and_undone(annotator: User, image: Image) -> None:
    spine, other = some(image), some(image, 2)
    found = (spine.area_um2, spine.length_um, spine.shape.outline_px)
    beside = (other.area_um2, other.length_um)
    drawn = wider(spine)
    sketch = outlines.sketch_outline(user=annotator, spine_id=spine.pk, outline_px=drawn)
    assert some(image).area_um2 == spine.area_um2, "nothing is written"
    told = outlines.set_outline(user=annotator, spine_id=spine.pk, outline_px=drawn)
    assert (told.outline_by_hand, told.shape.outline_px, told.reviewed_by) == (drawn, drawn, annotator)
    assert told.area_um2 == pytest.approx(1.69 * (found[0] or 0), rel=0.01)
    assert (sketch.measures.area_um2, sketch.measures.length_um) == (told.area_um2, told.length_um)
    other.refresh_from_db()
    assert (other.area_um2, other.length_um) == beside
    boxes.set_box(user=annotator, spine_id=spine.pk, box_px=(spine.x_px, spine.y_px, 30, 30))
    spine.refresh_from_db()
    assert spine.area_um2 == told.area_um2, "the outline stays"
    for _ in range(2):
        undoing.undo(user=annotator, image_id=image.pk)
    spine = some(image)
    assert spine.outline_by_hand is None
    assert (spine.area_um2, spine.length_um, spine.shape.outline_px) == found
    undoing.redo(user=annotator, image_id=image.pk)
    assert some(image).area_um2 == told.area_um2
    outlines.set_outline(user=annotator, spine_id=spine.pk, outline_px=[])
    assert some(image).area_um2 == found[0]


def test_overlapping_outlines_are_measured_apart(annotator: User, image: Image) -> None:
    """Two spines whose outlines share half of their area: each keeps its own, and all of it."""
    first, second = some(image), some(image, 2)
    drawn = wider(first, 1.5)
    shifted = np.add(drawn, (6, 0)).tolist()
    outlines.set_outline(user=annotator, spine_id=first.pk, outline_px=drawn)
    alone = some(image).area_um2
    outlines.set_outline(user=annotator, spine_id=second.pk, outline_px=shifted)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.quality, second.quality) == ("trusted", "trusted")
    assert first.area_um2 == alone
    assert second.area_um2 == pytest.approx(alone, rel=1e-3)
    assert second.length_um == pytest.approx(first.length_um, rel=0.05)


def test_what_is_no_outline_is_refused(annotator: User, study: Study, image: Image) -> None:
    spine = some(image)
    of: dict[str, Any] = {"user": annotator, "spine_id": spine.pk}
    with pytest.raises(InvalidInput, match="has 2"):
        outlines.set_outline(**of, outline_px=[(1, 1), (9, 9)])
    with pytest.raises(InvalidInput, match="outside the picture"):
        outlines.set_outline(**of, outline_px=[(-1, 1), (9, 9), (9, 1)])
    with pytest.raises(InvalidInput, match="too small"):
        outlines.set_outline(**of, outline_px=[(1, 1), (2, 1), (2, 2)])
    eight = [[10, 10], [40, 40], [40, 10], [10, 38]]
    with pytest.raises(InvalidInput, match="crosses itself"):
        outlines.set_outline(user=annotator, spine_id=spine.pk, outline_px=eight)
    with pytest.raises(InvalidInput, match="crosses itself"):
        outlines.sketch_outline(user=annotator, spine_id=spine.pk, outline_px=eight)
    barely = [[10, 10], [40, 10], [40, 40], [24, 40], [26, 38], [26, 41], [10, 40]]
    assert len(outlines.sketch_outline(user=annotator, spine_id=spine.pk, outline_px=barely).outline_px) == 7
    with pytest.raises(InvalidInput, match="no place"):
        outlines.set_outline(**of, outline_px=[(1, 1), (2, float("nan")), (2, 2)])
    whole = Stroke(points_px=np.array([[50.0, 50.0]]), radius_px=400, erases=True)
    with pytest.raises(InvalidInput, match="Nothing of the outline is left"):
        outlines.sketch_outline(**of, outline_px=wider(spine), strokes=[whole])
    seen = Stated(version=version_of(result_of(image)))
    answers.relabel(user=study.owner, spine_id=spine.pk, spine_class="thin")
    with pytest.raises(Stale):
        outlines.set_outline(**of, outline_px=wider(spine), stated=seen)
    answers.reject(user=annotator, spine_id=spine.pk)
    with pytest.raises(Conflict, match="Restore it first"):
        outlines.set_outline(**of, outline_px=wider(spine))


def test_a_rejected_spine_gets_its_outline_back_and_a_new_analysis_keeps_it(
    annotator: User,
    study: Study,
    image: Image,
) -> None:
    spine = some(image)
    drawn = wider(spine)
    area = outlines.set_outline(user=annotator, spine_id=spine.pk, outline_px=drawn).area_um2
    answers.reject(user=annotator, spine_id=spine.pk)
    assert answers.restore(user=annotator, spine_id=spine.pk).area_um2 == area
    later = analyse_phantom(study, image)
    kept = later.spines.exclude(outline_by_hand=None).get()
    assert (kept.outline_by_hand, kept.shape.outline_px) == (drawn, drawn)
    assert kept.area_um2 == pytest.approx(area)
