"""The threshold and suppression that serving uses by default."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.made_sets import dots
from worker.inference.backends import Array
from worker.training.data.coco import AnnotatedImage
from worker.training.data.sources import Source
from worker.training.judging.detector_card import served_point
from worker.training.judging.operating_point import (
    THRESHOLDS,
    Candidates,
    OperatingPoint,
    Suppression,
    choose_operating_point,
    curve,
    find_candidates,
    typical_of,
)

LOOSE, STRICT = Suppression(nms_iou=0.9, nms_centre_distance=0.0), Suppression(nms_iou=0.3, nms_centre_distance=0.0)


def made(boxes: list[list[float]], scores: list[float], true: list[list[float]]) -> Candidates:
    arrays = [np.array(values, np.float32) for values in (boxes, scores, true)]
    known = np.ones(len(boxes), np.bool_)
    return Candidates(boxes_px=arrays[0], scores=arrays[1], true_px=arrays[2], known=known)


# Two spines; the second is found twice, and there is one false box of middling score.
IMAGE = made(
    [[0, 0, 10, 10], [40, 40, 10, 10], [41, 41, 10, 10], [80, 0, 10, 10]],
    [0.65, 0.8, 0.75, 0.3],
    [[1, 1, 10, 10], [40, 40, 10, 10]],
)


def test_f1_counts_duplicates_and_false_boxes() -> None:
    def at(threshold: float, suppression: Suppression) -> float:
        return float(curve([IMAGE], suppression).centre_f1[np.argmin(np.abs(THRESHOLDS - threshold))])

    assert at(0.5, STRICT) == 1.0
    assert at(0.5, LOOSE) == pytest.approx(2 * 2 / (3 + 2))
    assert at(0.2, STRICT) == pytest.approx(2 * 2 / (3 + 2))
    assert at(0.7, STRICT) == pytest.approx(2 * 1 / (1 + 2))


def test_the_best_mean_over_the_sets_is_chosen() -> None:
    point = choose_operating_point({"a": [IMAGE], "b": [IMAGE]}, (LOOSE, STRICT))
    assert point.suppression == STRICT
    assert 0.3 < point.score_threshold <= 0.65
    assert point.centre_f1 == {"a": 1.0, "b": 1.0}


def test_nothing_found_is_a_figure_of_zero() -> None:
    nothing = np.zeros((0, 4), np.float32)
    empty = Candidates(
        boxes_px=nothing, scores=nothing[:, 0], true_px=np.ones((1, 4), np.float32), known=np.zeros(0, np.bool_)
    )
    assert not curve([empty], STRICT).centre_f1.any()


def test_candidates_come_from_the_serving_detector() -> None:
    def network(batch: Array) -> tuple[Array, ...]:
        box = np.array([[[10, 12, 22, 24], [50, 50, 60, 60]]], np.float32).repeat(len(batch), axis=0)
        return box, np.array([[[0.9], [0.01]]], np.float32).repeat(len(batch), axis=0)

    image = AnnotatedImage(
        grey=dots(64, [(16, 18)]) + np.uint8(1),
        boxes_px=np.array([[10, 12, 12, 12]], np.float32),
        classes=("spine",),
        group="a",
    )
    (found,) = find_candidates(network, [image], source=Source(folder="a"), network_scale=1.0)
    np.testing.assert_allclose(found.boxes_px, [[10, 12, 12, 12]])
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)
    assert found.known.all()
    far = Source(folder="a", known_within=0.4)
    moved = replace(image, boxes_px=np.array([[40, 40, 12, 12]], np.float32))
    assert not find_candidates(network, [moved], source=far, network_scale=1.0)[0].known.any()


def test_a_box_where_nobody_looked_is_no_error() -> None:
    unlooked = replace(IMAGE, known=np.array([True, True, True, False]), all_known=False)
    there = int(np.argmin(np.abs(THRESHOLDS - 0.2)))
    assert curve([unlooked], STRICT).centre_f1[there] == 1.0
    assert curve([unlooked], STRICT).count_ratio is None


def test_of_thresholds_as_good_the_one_that_counts_right_is_chosen() -> None:
    boxes = [[30.0 * n, 0.0, 10.0, 10.0] for n in range(403)]
    # 400 spines: 398 found surely, one hardly; four false boxes of scores between.
    scores = [0.8] * 398 + [0.35] + [0.6, 0.55, 0.5, 0.45]
    image = made(boxes, scores, [*boxes[:399], [30.0 * 500, 0.0, 10.0, 10.0]])
    point = choose_operating_point({"a": [image]}, (STRICT,))
    assert 0.5 < point.score_threshold <= 0.55  # 398 right and two false: 400 reports


def test_the_typical_box_and_score_are_those_at_the_operating_point() -> None:
    sides = np.array([8.0, 10.0, 12.0, 14.0, 16.0, 40.0])
    boxes = np.stack([np.arange(6) * 50.0, np.zeros(6), sides, sides], axis=1).tolist()
    many = made(boxes, [0.5, 0.6, 0.7, 0.8, 0.9, 0.1], boxes)
    point = OperatingPoint(score_threshold=0.4, suppression=STRICT, centre_f1={})
    assert typical_of(point, {"a": [many], "few": [IMAGE]}) == {"typical_box_px": 12.0, "typical_score": 0.7}
    assert typical_of(point, {"a": [replace(many, scale=2.0)]})["typical_box_px"] == 24.0
    assert typical_of(point, {"few": [IMAGE]}) == {}


def test_few_spines_move_neither_threshold_nor_the_box_that_tells_an_image_s_scale() -> None:
    def never(batch: Array) -> tuple[Array, ...]:
        raise AssertionError("nothing is chosen, so nothing is looked at")

    beginning = {
        "name": "earlier",
        "version": "7",
        "score_threshold": 0.31,
        "nms_iou": 0.4,
        "nms_centre_distance": 0.0,
        "typical_box_px": 12.5,
        "typical_score": 0.6,
    }
    point = served_point(never, [], network_scale=1.5, beginning=beginning, new=[])
    entry = point.as_entry(1.5)
    assert (entry["score_threshold"], entry["nms_iou"]) == (0.31, 0.4)
    assert (entry["typical_box_px"], entry["typical_score"]) == (12.5, 0.6)
    assert "100 are needed" in point.reason
