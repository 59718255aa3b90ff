"""What an edit touches measured alone: as the whole picture measured anew, and much faster."""

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from spines.measure.image import measure_image, remeasure, remeasure_changed
from spines.measure.types import Box, Dendrite, ImageMeasures, Quality, Seat, SpineMeasures
from spines.synthesis.phantom import MUSHROOM, STUBBY, THIN, PhantomParameters, make_phantom

SCALE_UM = 0.1


PHANTOM = make_phantom(
    PhantomParameters(
        pixel_size_um=SCALE_UM,
        dendrite_length_um=25.0,
        spacing_um=0.9,
        rotation_deg=8,
        sizes_um=(MUSHROOM, THIN, STUBBY),
    ),
    seed=3,
)


def tiled(count: int) -> tuple[NDArray[np.uint16], list[Box]]:
    """A dendrite with dense spines several times, one under another, and the boxes of its spines."""
    middle = len(PHANTOM.pixels) // 2
    strip = PHANTOM.pixels[middle - 90 : middle + 90]
    boxes = [
        (x, y - middle + 90 + 180 * number, width, height)
        for number in range(count)
        for x, y, width, height in PHANTOM.boxes_px
    ]
    return np.tile(strip, (count, 1)), boxes


PLANE, BOXES = tiled(3)
WHOLE = measure_image(PLANE, BOXES, pixel_size_um=SCALE_UM)


def same(one: SpineMeasures, other: SpineMeasures) -> bool:
    figures = ("length_um", "head_width_um", "neck_width_um", "neck_length_um", "area_um2", "intensity_ratio")
    seats = [None if spine.seat is None else (spine.seat.position_px, spine.seat.side) for spine in (one, other)]
    if one.quality is not other.quality or seats[0] != seats[1]:
        return False
    if (one.outline_px is None) != (other.outline_px is None):
        return False
    outlines = one.outline_px is None or other.outline_px is None or np.allclose(one.outline_px, other.outline_px)
    told, again = (np.array([getattr(spine, name) for name in figures], np.float64) for spine in (one, other))
    return outlines and np.allclose(told, again, rtol=1e-6, atol=0, equal_nan=True)


def check(boxes: list[Box], dendrites: list[Dendrite], before: ImageMeasures = WHOLE) -> dict[int, SpineMeasures]:
    """Measure a change alone and all anew; both must say the same. Returns what was measured alone."""
    changed = remeasure_changed(
        PLANE,
        boxes,
        dendrites,
        boxes_before_px=BOXES,
        dendrites_before=before.dendrites,
        pixel_size_um=SCALE_UM,
    )
    anew = remeasure(PLANE, boxes, dendrites, pixel_size_um=SCALE_UM).spines
    kept = dict(zip(BOXES, before.spines, strict=True))
    for index, box in enumerate(boxes):
        assert same(changed.get(index, kept.get(box, changed.get(index))), anew[index]), index  # type: ignore[arg-type]
    return changed


def test_an_unchanged_picture_has_nothing_to_measure() -> None:
    assert len(WHOLE.dendrites) == 3
    assert len(BOXES) > 70
    assert check(BOXES, WHOLE.dendrites) == {}
    # In another order, too: what counts is where they are.
    assert check(BOXES[::-1], WHOLE.dendrites[::-1]) == {}


def test_a_box_added_taken_away_or_moved_touches_its_neighbours_alone() -> None:
    x, y, width, height = BOXES[40]
    added = check([*BOXES, (x + 5, y + 3, width, height)], WHOLE.dendrites)
    assert set(added) >= {40, len(BOXES)}
    assert len(added) < len(BOXES) / 3
    taken = check(BOXES[:40] + BOXES[41:], WHOLE.dendrites)
    assert 0 < len(taken) < len(BOXES) / 3
    moved = check([*BOXES[:40], (x + 4, y, width, height), *BOXES[41:]], WHOLE.dendrites)
    assert 40 in moved
    assert len(moved) < len(BOXES) / 3


def test_a_dendrite_changed_touches_the_spines_on_it() -> None:
    first, *others = WHOLE.dendrites
    thicker = Dendrite(points_px=first.points_px, radius_px=first.radius_px + 1)
    on_it = {i for i, spine in enumerate(WHOLE.spines) if spine.seat is not None and spine.seat.dendrite == 0}
    assert set(check(BOXES, [thicker, *others])) == on_it
    assert set(check(BOXES, others)) == on_it
    # Their seats' numbers follow the new order.
    gone = remeasure_changed(
        PLANE,
        BOXES,
        others,
        boxes_before_px=BOXES,
        dendrites_before=WHOLE.dendrites,
        pixel_size_um=SCALE_UM,
    )
    assert {spine.quality for spine in gone.values()} == {Quality.NO_DENDRITE}


def test_scale_says_what_to_look_for_and_the_pixel_size_what_to_say() -> None:
    plane, boxes = tiled(1)
    usual = measure_image(plane, boxes, pixel_size_um=SCALE_UM)
    told_wrong = measure_image(plane, boxes, pixel_size_um=1.0, scale=1.0)
    assert len(told_wrong.dendrites) == len(usual.dendrites) == 1
    assert told_wrong.dendrites[0].length_px == usual.dendrites[0].length_px
    for wrong, right in zip(told_wrong.spines, usual.spines, strict=True):
        assert isinstance(right.seat, Seat)
        assert wrong.seat == right.seat
        if right.length_um is not None:
            assert wrong.length_um == pytest.approx(10 * right.length_um)
    without = measure_image(plane, boxes, pixel_size_um=None, scale=1.0)
    assert without.dendrites[0].length_px == usual.dendrites[0].length_px
    assert {spine.length_um for spine in without.spines} == {None}


@pytest.mark.slow
def test_an_edit_takes_a_fraction_of_measuring_all() -> None:
    plane, boxes = tiled(8)
    whole = measure_image(plane, boxes, pixel_size_um=SCALE_UM)
    began = time.process_time()
    remeasure(plane, boxes, whole.dendrites, pixel_size_um=SCALE_UM)
    all_s = time.process_time() - began
    began = time.process_time()
    remeasure_changed(
        plane,
        [*boxes, (boxes[90][0] + 6, *boxes[90][1:])],
        whole.dendrites,
        boxes_before_px=boxes,
        dendrites_before=whole.dendrites,
        pixel_size_um=SCALE_UM,
    )
    assert time.process_time() - began < all_s / 3
