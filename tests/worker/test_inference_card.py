"""A card that does not hold what it must is told by file, field and what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from worker.inference.card import BrokenModel, check_model_file, load_classifier_card, load_detector_card
from worker.inference.pipeline import load_pipeline


def change(folder: Path, **fields: Any) -> None:
    """Rewrite fields of a folder's card; None removes a field."""
    path = folder / "card.json"
    card = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({key: value for key, value in card.items() if value is not None}))


def test_a_whole_card_is_read_with_its_defaults(detector_folder: Path) -> None:
    card = load_detector_card(detector_folder)
    assert (card.kind, card.tile_px, card.overlap_px, card.target_pixel_size_um) == ("detector", 1536, 96, None)
    check_model_file(card)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("score_threshold", None),
        ("score_threshold", "high"),
        ("score_threshold", 1.5),
        ("score_threshold", True),
        ("nms_iou", -1),
        ("target_pixel_size_um", 0),
        ("tile_px", 100),
        ("tile_px", 3072),
        ("overlap_px", 800),
        ("version", ""),
        ("sha256", None),
    ],
)
def test_a_detector_card_with_a_bad_field_names_it(field: str, value: Any, detector_folder: Path) -> None:
    change(detector_folder, **{field: value})
    with pytest.raises(BrokenModel, match=rf"card\.json has no usable {field}: it must be .*\. Put the card back"):
        load_detector_card(detector_folder)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", ["thin", "mushroom", "stubby", "filopodia"]),
        ("output", "votes"),
        ("temperature", 0),
        ("window_px", None),
        ("input_size_px", 16.5),
        ("test_time_flips", 3),
        ("uncertain_below", 2),
    ],
)
def test_a_classifier_card_with_a_bad_field_names_it(field: str, value: Any, classifier_folder: Path) -> None:
    change(classifier_folder, **{field: value})
    with pytest.raises(BrokenModel, match=rf"card\.json has no usable {field}"):
        load_classifier_card(classifier_folder)


def test_a_missing_card_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match=r"There is no detector in .* manage.py train detector"):
        load_detector_card(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"kind": "classifier"}', "\0"])
def test_a_card_that_describes_no_detector_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(BrokenModel, match=r"card\.json"):
        load_detector_card(tmp_path)


def test_an_altered_network_is_refused_before_it_is_loaded(detector_folder: Path, classifier_folder: Path) -> None:
    with (detector_folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BrokenModel, match=r"is not the one its card describes .* one training run"):
        load_pipeline(backend="openvino", detector_dir=detector_folder, classifier_dir=classifier_folder)


def test_a_missing_network_is_told(detector_folder: Path, classifier_folder: Path) -> None:
    (classifier_folder / "model.onnx").unlink()
    with pytest.raises(BrokenModel, match=r"classifier's network file .* is missing: put it back"):
        load_pipeline(backend="openvino", detector_dir=detector_folder, classifier_dir=classifier_folder)
