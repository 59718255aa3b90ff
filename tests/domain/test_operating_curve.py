"""Precision and recall against the threshold, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from spines.accuracy import operating_curve as curves
from spines.accuracy.operating_curve import ReviewedImage, is_enough, operating_curve

IMAGES = [ReviewedImage(right=[0.9, 0.5, 0.2], wrong=[0.6, 0.15], spines=4) for _ in range(15)]


def test_shares_are_counted_at_and_above_each_threshold() -> None:
    curve = operating_curve(IMAGES)
    at_half = curve.at(0.5)
    assert at_half is not None
    assert (at_half.boxes, at_half.right) == (45, 30)
    assert at_half.precision == pytest.approx(2 / 3)
    assert at_half.recall == pytest.approx(0.5)
    assert at_half.count_ratio == pytest.approx(0.75)
    assert at_half.f1 == pytest.approx(2 * 30 / (45 + 60))
    above = curve.at(0.51)
    assert above is not None
    assert above.recall == pytest.approx(0.25)
    assert (curve.images, curve.spines, curve.drawn) == (15, 60, "images")


def test_equal_images_leave_nothing_uncertain() -> None:
    for point in operating_curve(IMAGES).points:
        assert point.recall_95 == pytest.approx((point.recall, point.recall))


def test_a_threshold_above_every_box_has_no_precision() -> None:
    last = operating_curve(IMAGES).at(0.95)
    assert last is not None
    assert (last.precision, last.precision_95, last.recall) == (None, None, 0)


def test_the_curve_begins_where_all_images_keep_their_boxes() -> None:
    images = [*IMAGES, ReviewedImage(right=[0.9], wrong=[], spines=1, complete_from=0.34)]
    curve = operating_curve(images)
    assert curve.points[0].threshold == 0.34
    assert curve.at(0.33) is None


def test_the_best_point_balances_both() -> None:
    assert operating_curve(IMAGES).best.threshold == 0.16


def test_animals_are_drawn_where_there_are_enough() -> None:
    """Images of an animal are alike: taken for independent, they would make the interval too narrow."""
    images = [
        ReviewedImage(right=[0.9] * found, wrong=[], spines=10, animal=animal)
        for animal, found in enumerate((2, 4, 6, 8, 10))
        for _ in range(6)
    ]
    by_animal = operating_curve(images)
    assert (by_animal.drawn, by_animal.animals) == ("animals", 5)
    nameless = [ReviewedImage(right=each.right, wrong=[], spines=10) for each in images]
    by_image = operating_curve(nameless)
    assert by_image.drawn == "images"
    low, high = by_animal.points[0].recall_95
    narrow_low, narrow_high = by_image.points[0].recall_95
    assert high - low > 1.5 * (narrow_high - narrow_low)


def test_an_interval_of_eight_images_holds_the_true_recall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recall differs from image to image (0.8 ± 0.08): between 90 and 98 % of the intervals must hold 0.8."""
    monkeypatch.setattr(curves, "DRAWS", 300)
    monkeypatch.setattr(curves, "HIGHEST_THRESHOLD", 0.12)
    drawn = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        images = [
            ReviewedImage(right=[0.6] * int(drawn.binomial(40, drawn.beta(19.2, 4.8))), wrong=[], spines=40)
            for _ in range(8)
        ]
        low, high = operating_curve(images).points[0].recall_95
        held += low <= 0.8 <= high
    assert 0.90 <= held / 300 <= 0.98


def test_what_is_enough() -> None:
    assert is_enough(IMAGES)
    assert not is_enough(IMAGES[:4])
    assert not is_enough([ReviewedImage(right=[0.9], wrong=[], spines=9)] * 5)
