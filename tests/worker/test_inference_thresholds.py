"""What scores below the threshold is kept apart, and another threshold gives just what it would have given at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from worker.inference import pipeline as pipelines
from worker.inference.card import DetectorCard
from worker.inference.detector import Detector
from worker.inference.pipeline import Pipeline, load_pipeline


@pytest.fixture
def pipeline(detector_folder: Path, classifier_folder: Path) -> Pipeline:
    """Both tiny networks; the detector scores a cell of 8 px by its mean, and its operating point is 0.5."""
    return load_pipeline(backend="openvino", threads=1, detector_dir=detector_folder, classifier_dir=classifier_folder)


def plane_of(*brightness: float) -> NDArray[np.uint8]:
    """Cells 32 px apart of these brightnesses, and one that is white."""
    plane = np.zeros((64, 32 * len(brightness) + 64), np.uint8)
    for n, value in enumerate((*brightness, 1.0)):
        plane[32:40, 16 + 32 * n : 24 + 32 * n] = round(255 * value)
    return plane


def test_what_scores_below_the_threshold_is_a_candidate_and_no_spine(pipeline: Pipeline) -> None:
    result = pipeline.analyse(plane_of(0.7, 0.4, 0.2, 0.05), with_candidates=True)
    assert [round(spine.score, 1) for spine in result.spines] == [0.7, 1.0]
    assert [round(each.score, 1) for each in result.candidates] == [0.4, 0.2]
    assert (result.score_threshold, result.complete_from) == (0.5, 0.1)


def test_none_are_kept_unless_asked_for(pipeline: Pipeline) -> None:
    result = pipeline.analyse(plane_of(0.7, 0.4))
    assert result.candidates == []
    assert result.complete_from == result.score_threshold == 0.5


def test_a_threshold_of_ones_own_decides_what_is_a_spine(pipeline: Pipeline) -> None:
    plane = plane_of(0.7, 0.4, 0.2)
    lower = pipeline.analyse(plane, score_threshold=0.3, with_candidates=True)
    assert [round(spine.score, 1) for spine in lower.spines] == [0.7, 0.4, 1.0]
    higher = pipeline.analyse(plane, score_threshold=0.9, with_candidates=True)
    assert [round(each.score, 1) for each in higher.candidates] == [0.7, 0.4, 0.2]
    assert len(pipeline.analyse(plane, score_threshold=0.05, with_candidates=True).spines) == 4


def test_only_the_best_candidates_of_a_hopeless_picture_are_kept(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipelines, "MOST_CANDIDATES", 2)
    result = pipeline.analyse(plane_of(0.2, 0.4, 0.3, 0.7), with_candidates=True)
    assert [round(each.score, 1) for each in result.candidates] == [0.4, 0.3]
    assert result.complete_from == result.candidates[1].score


class CrowdedNetwork:
    """Boxes strewn over each tile, many in each other's way, of all scores; the same for the same pixels."""

    def __call__(self, batch: NDArray[np.float32]) -> tuple[NDArray[Any], ...]:
        drawn = np.random.default_rng(5)
        n, (height, width) = 600, batch.shape[2:]
        corners = drawn.uniform(0, (width - 20, height - 20), (len(batch), n, 2))
        boxes = np.concatenate([corners, corners + drawn.uniform(8, 20, corners.shape)], axis=2)
        return boxes.astype(np.float32), drawn.uniform(0, 1, (len(batch), n, 1)).astype(np.float32)


@pytest.mark.parametrize("threshold", [0.15, 0.3, 0.5, 0.8])
def test_a_lesser_box_never_takes_the_place_of_a_better_one(detector_card: DetectorCard, threshold: float) -> None:
    """Also where tiles meet, and where boxes are in each other's way."""
    plane = np.random.default_rng(1).random((900, 1300)).astype(np.float32)
    detector = Detector(replace(detector_card, tile_px=640), CrowdedNetwork())
    at_once = detector.candidates(plane, score_from=threshold)
    of_all = [each for each in detector.candidates(plane, score_from=0.1) if each.score >= threshold]
    assert at_once == of_all
    assert len(at_once) > 20
