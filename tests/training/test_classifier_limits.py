"""The limits on a classifier's card are of this classifier: its sources, sizes, left out classes, its beginning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.training.made_sets import CLASSES, write_set
from tests.worker import tiny_networks
from worker.inference.backends import Backend, load_network
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.data.windows import load_spines
from worker.training.judging.classifier_answers import Judged, calling_point
from worker.training.judging.classifier_limits import EXPERTS, limits_of, taught_by


@pytest.fixture
def data(tmp_path: Path) -> TrainingData:
    """Three pictures with two spines of each of five classes, of which one is none of the four."""
    write_set(tmp_path / "meng", "train", images=3, classes=CLASSES)
    write_set(tmp_path / "meng", "val", images=2, classes=CLASSES)
    return read_training_folder(tmp_path)


def said(data: TrainingData, **of: Any) -> str:
    stated: dict[str, Any] = {"part": "val", "window_px": 64.0, "has_made": False, "beginning": None, "figures": {}}
    return "\n".join(limits_of(taught_by(data), load_spines(data, "val"), **(stated | of)))


def test_they_name_what_this_one_was_trained_on_and_what_was_left_out(data: TrainingData) -> None:
    text = said(data)
    assert text.startswith(EXPERTS)
    assert "Trained on 24 spines of meng: other microscopes" in text
    assert "6 ball of meng" in text
    assert "Learnt from only 6 mushroom, 6 thin, 6 stubby and 6 filopodia marked by people." in text
    assert "The val part has only 4 mushroom, 4 thin, 4 stubby and 4 filopodia" in text
    assert "which the figures are given for too" in text


def test_they_state_the_sizes_that_the_window_showed(data: TrainingData) -> None:
    assert "64 px at 0.1 µm a pixel, and showed spines of 96 to 96 px (95 % of them)" in said(data)
    assert "meng: not every picture states a pixel size" in said(data)


def test_they_change_with_the_data_the_beginning_and_the_figures(tmp_path: Path) -> None:
    write_set(tmp_path / "meng", "train", images=30, classes=("mushroom", "thin"))
    write_set(tmp_path / "meng", "val", images=1, classes=CLASSES)
    data = read_training_folder(tmp_path)
    figures = {"test called share": 0.814, "test called accuracy": 0.957}
    text = said(
        data, part="test", has_made=True, beginning={"name": "inception-v3-spines", "version": "7"}, figures=figures
    )
    assert "120 spines of meng and made images, going on from inception-v3-spines 7, whose limits hold" in text
    assert "ball" not in text
    assert "Learnt from only 0 stubby and 0 filopodia marked by people, and from made ones." in text
    assert "On the test part it is certain of 81 % of the spines, and right in 96 % of those" in text
    assert "too good" not in text


def test_few_spines_to_fit_on_keep_temperature_and_threshold_of_the_network_it_went_on_from(
    data: TrainingData, tmp_path: Path
) -> None:
    model = tiny_networks.write_classifier(tmp_path / "model")
    judged = Judged(
        load_network(model / "model.onnx", backend=Backend.ONNXRUNTIME),
        {"window_px": 48.0, "size_px": 16, "test_time_flips": 2, "hidden": 0},
    )
    few = load_spines(data, "val")
    beginning = {"name": "inception", "version": "7", "output": "logits", "temperature": 0.5, "uncertain_below": 0.6}
    kept = calling_point(judged, few, beginning=beginning)
    assert kept.as_entry() == {"temperature": 0.5, "uncertain_below": 0.6}
    assert "those of inception 7" in said(data, kept_because=kept.kept_because)
    assert "16 spines of the four classes, and 100 are needed" in said(data, kept_because=kept.kept_because)
    fitted = judged.operating_point(few)
    assert calling_point(judged, few, beginning=None) == fitted
    assert calling_point(judged, few, beginning=beginning | {"output": "probabilities"}) == fitted, "another head"
    assert calling_point(judged, few * 7, beginning=beginning).kept_because == ""


def test_one_that_was_shown_none_by_people_says_so(tmp_path: Path) -> None:
    write_set(tmp_path / "meng", "val", images=1, classes=CLASSES)
    text = said(read_training_folder(tmp_path), has_made=True)
    assert "Trained on made images: other microscopes" in text
    assert "no spine marked by people was shown in it" in text
