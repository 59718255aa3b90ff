"""The threshold and suppression that serving uses by default."""

import numpy as np
import pytest

from tests.training.made_sets import dots
from worker.inference.backends import Array
from worker.training.coco import AnnotatedImage
from worker.training.operating_point import (
    THRESHOLDS,
    Candidates,
    Suppression,
    centre_f1,
    choose_operating_point,
    find_candidates,
)

LOOSE, STRICT = Suppression(nms_iou=0.9, nms_centre_distance=0.0), Suppression(nms_iou=0.3, nms_centre_distance=0.0)


def made(boxes: list[list[float]], scores: list[float], true: list[list[float]]) -> Candidates:
    arrays = [np.array(values, np.float32) for values in (boxes, scores, true)]
    return Candidates(boxes_px=arrays[0], scores=arrays[1], true_px=arrays[2])


# Two spines; the second is found twice, and there is one false box of middling score.
IMAGE = made(
    [[0, 0, 10, 10], [40, 40, 10, 10], [41, 41, 10, 10], [80, 0, 10, 10]],
    [0.65, 0.8, 0.75, 0.3],
    [[1, 1, 10, 10], [40, 40, 10, 10]],
)


def test_f1_counts_duplicates_and_false_boxes() -> None:
    def at(threshold: float, suppression: Suppression) -> float:
        return float(centre_f1([IMAGE], suppression)[np.argmin(np.abs(THRESHOLDS - threshold))])

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
    empty = Candidates(boxes_px=nothing, scores=nothing[:, 0], true_px=np.ones((1, 4), np.float32))
    assert not centre_f1([empty], STRICT).any()


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
    (found,) = find_candidates(network, [image], network_scale=1.0)
    np.testing.assert_allclose(found.boxes_px, [[10, 12, 12, 12]])
    np.testing.assert_allclose(found.scores, [0.9], rtol=1e-6)
