"""From a plane to classified spines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import DTypeLike, NDArray

from spines.errors import InvalidInput
from tests.worker import tiny_networks
from worker.inference.card import (
    SPINE_CLASSES,
    ClassifierCard,
    ClassifierOutput,
    DetectorCard,
    load_classifier_card,
    load_detector_card,
)
from worker.inference.classifier import Classifier
from worker.inference.detector import Detector
from worker.inference.pipeline import Pipeline, load_pipeline

CELLS = [(3, 2), (20, 5), (11, 30), (40, 41)]
TRUE_BOXES = sorted((c * 8.0 - 4, r * 8.0 - 4, 16.0, 16.0) for c, r in CELLS)


@pytest.fixture
def pipeline(detector_folder: Path, classifier_folder: Path) -> Pipeline:
    """Both tiny networks on OpenVINO."""
    return load_pipeline(backend="openvino", threads=1, detector_dir=detector_folder, classifier_dir=classifier_folder)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, np.int32])
def test_every_pixel_type_gives_the_same_spines(pipeline: Pipeline, dtype: DTypeLike) -> None:
    result = pipeline.analyse(tiny_networks.plane_with_spines(416, 416, CELLS).astype(dtype))
    assert sorted(spine.box_px for spine in result.spines) == TRUE_BOXES
    for spine in result.spines:
        assert sum(spine.class_probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert spine.spine_class == max(spine.class_probabilities, key=spine.class_probabilities.__getitem__)
        assert tuple(spine.class_probabilities) == SPINE_CLASSES
    assert result.detect_s > 0
    assert result.classify_s > 0


def test_the_same_plane_gives_the_same_spines_twice(pipeline: Pipeline) -> None:
    plane = np.random.default_rng(1).integers(0, 255, (700, 500), dtype=np.uint8)
    plane[8:16, 8:16] = 255
    assert pipeline.analyse(plane).spines == pipeline.analyse(plane).spines


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (31, 31), (64, 64)])
@pytest.mark.parametrize("value", [0, 255])
def test_a_plane_without_structure_has_no_spines(pipeline: Pipeline, shape: tuple[int, int], value: int) -> None:
    assert pipeline.analyse(np.full(shape, value, np.uint8)).spines == []


def test_boxes_stay_inside_the_image(pipeline: Pipeline) -> None:
    plane = tiny_networks.plane_with_spines(416, 416, [(0, 0), (51, 51)])
    assert [spine.box_px for spine in pipeline.analyse(plane).spines] == [(0, 0, 12, 12), (404, 404, 12, 12)]


@pytest.mark.parametrize(("pixel_size_um", "factor"), [(0.1, 1), (0.05, 2), (0.2, 0.5)])
def test_a_known_pixel_size_brings_spines_to_the_size_the_network_knows(
    detector_card: DetectorCard, pixel_size_um: float, factor: float
) -> None:
    """A spine of 8 px at 0.1 µm is one of 16 px at 0.05 µm: the network is shown the same either way."""
    card = replace(detector_card, target_pixel_size_um=0.1, score_threshold=0.9)
    shown: list[tuple[int, ...]] = []

    def network(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        shown.append(batch.shape)
        return np.array([[[80, 160, 96, 192]]] * len(batch), np.float32), np.ones((len(batch), 1, 1), np.float32)

    plane = np.zeros((round(320 * factor), round(320 * factor)), np.float32)
    plane[::2] = 1
    (found,) = Detector(card, network)(plane, pixel_size_um=pixel_size_um)
    assert shown == [(1, 3, 320, 320)]
    assert found.box_px == pytest.approx((80 * factor, 160 * factor, 16 * factor, 32 * factor))


def test_scales_are_bounded_and_one_without_a_pixel_size(detector_card: DetectorCard) -> None:
    shown: list[tuple[int, ...]] = []

    def network(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        shown.append(batch.shape)
        return np.zeros((len(batch), 1, 4), np.float32), np.zeros((len(batch), 1, 1), np.float32)

    detector = Detector(replace(detector_card, target_pixel_size_um=0.1), network)
    plane = np.zeros((64, 64), np.float32)
    plane[::2] = 1
    for pixel_size_um in (None, 100.0, 0.0001):
        assert detector(plane, pixel_size_um=pixel_size_um) == []
    assert [shape[2:] for shape in shown] == [(64, 64), (256, 256), (32, 32)]


@pytest.mark.parametrize("pixel_size_um", [0, -1, float("nan"), float("inf")])
def test_a_pixel_size_that_cannot_be_is_refused(pipeline: Pipeline, pixel_size_um: float) -> None:
    with pytest.raises(InvalidInput, match="give a number above 0"):
        pipeline.analyse(np.zeros((32, 32), np.uint8), pixel_size_um)


def test_the_size_and_shape_of_a_box_do_not_reach_the_classifier(pipeline: Pipeline) -> None:
    plane = np.random.default_rng(2).integers(0, 255, (200, 200), dtype=np.uint8)
    small, tall, large = pipeline.classify(plane, [(95, 95, 10, 10), (98, 70, 4, 60), (50, 50, 100, 100)])
    assert small == tall == large
    (elsewhere,) = pipeline.classify(plane, [(20, 20, 10, 10)])
    assert elsewhere != small


def test_classes_do_not_depend_on_the_batch_a_spine_is_in(pipeline: Pipeline) -> None:
    random = np.random.default_rng(4)
    plane = random.integers(0, 255, (300, 300), dtype=np.uint8)
    boxes = [(float(x), float(y), 10.0, 10.0) for x, y in random.uniform(0, 290, (75, 2))]
    together = pipeline.classify(plane, boxes)
    assert len(together) == 75
    for index in (0, 31, 32, 74):
        (alone,) = pipeline.classify(plane, [boxes[index]])
        assert alone.class_probabilities == pytest.approx(together[index].class_probabilities, abs=1e-5)
    assert pipeline.classify(plane, []) == []


def _classify(card: ClassifierCard, answers: list[list[float]]) -> list[float]:
    """Probabilities of one ROI when the network gives these answers, one a view."""
    left = list(answers)

    def network(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        assert batch.shape == (1, 16, 16, 3)
        return (np.array([left.pop(0)], np.float32),)

    (named,) = Classifier(card, network)(np.eye(64, dtype=np.float32), [(20, 20, 10, 10)])
    assert not left
    return list(named.class_probabilities.values())


def test_temperature_softens_logits_and_probabilities_alike(classifier_card: ClassifierCard) -> None:
    logits = [2.0, 0.0, 0.0, -2.0]
    sharp = np.exp(logits) / np.exp(logits).sum()
    soft = np.exp(np.array(logits) / 2) / np.exp(np.array(logits) / 2).sum()
    assert _classify(classifier_card, [logits]) == pytest.approx(sharp, abs=1e-6)
    assert _classify(replace(classifier_card, temperature=2.0), [logits]) == pytest.approx(soft, abs=1e-6)
    given = replace(classifier_card, temperature=2.0, output=ClassifierOutput.PROBABILITIES)
    assert _classify(given, [sharp.tolist()]) == pytest.approx(soft, abs=1e-6)


def test_mirrored_views_are_averaged(classifier_card: ClassifierCard) -> None:
    card = replace(classifier_card, test_time_flips=2, output=ClassifierOutput.PROBABILITIES)
    assert _classify(card, [[1, 0, 0, 0], [0, 1, 0, 0]]) == pytest.approx([0.5, 0.5, 0, 0], abs=1e-6)


def test_a_spine_below_the_cards_confidence_is_uncertain(detector_folder: Path, tmp_path: Path) -> None:
    plane = tiny_networks.plane_with_spines(64, 64, [(3, 3)])
    for below, uncertain in ((0.2, False), (1.0, True)):
        folder = tiny_networks.write_classifier(tmp_path / str(below), uncertain_below=below, temperature=100.0)
        pipeline = load_pipeline(backend="openvino", detector_dir=detector_folder, classifier_dir=folder)
        assert [spine.uncertain for spine in pipeline.analyse(plane).spines] == [uncertain]


def test_the_pipeline_shows_the_cards_it_was_made_from(
    pipeline: Pipeline, detector_folder: Path, classifier_folder: Path
) -> None:
    assert pipeline.detector_card == load_detector_card(detector_folder)
    assert pipeline.classifier_card == load_classifier_card(classifier_folder)


@pytest.mark.parametrize("pixel_size_um", [0.03, 0.1, 0.37])
def test_tiles_of_a_resampled_image_meet_without_a_seam(detector_card: DetectorCard, pixel_size_um: float) -> None:
    """What the network is shown of the overlap is the same in both tiles."""
    shown: list[NDArray[np.float32]] = []

    def network(batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        shown.extend(batch)
        return np.zeros((len(batch), 1, 4), np.float32), np.zeros((len(batch), 1, 1), np.float32)

    card = replace(detector_card, target_pixel_size_um=0.1, tile_px=96, overlap_px=32)
    image = np.random.default_rng(6).random((64, round(160 * 0.1 / pixel_size_um)), np.float32)
    image[:, [0, -1]] = 1
    Detector(card, network)(image, pixel_size_um=pixel_size_um)
    apart_px = round(image.shape[1] * pixel_size_um / 0.1) - 96
    left, right = (pixels[0] for pixels in shown[:2])
    assert np.allclose(left[:, apart_px:], right[:, : 96 - apart_px], atol=1e-5)
