"""A trained network beside the one in use: the same pictures, drawn in pairs, with serving's code alone."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.training.made_sets import CLASSES, write_set, write_sets
from tests.worker import tiny_networks
from webapp.serve.programs import PROJECT
from worker.evaluation import calibration_bins, f1_difference, macro_f1_difference
from worker.training.judging.compare import main
from worker.training.run.errors import TrainingError

IN_A_PROCESS = """
import sys
from worker.training.judging.compare import main
main(sys.argv[1:])
loaded = {"torch", "tensorflow", "super_gradients", "django"} & set(sys.modules)
assert not loaded, loaded
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """wide512 and meng, with train and val parts."""
    write_sets(tmp_path / "data")
    return tmp_path / "data"


def arguments(
    kind: str, data: Path, candidate: Path, active: Path | None = None, panel: Path | None = None
) -> list[str]:
    given = ["--kind", kind, "--data", str(data), "--candidate", str(candidate), "--output", str(data / "out.json")]
    given += ["--panel", str(panel)] if panel else ["--no-panel"]
    if kind == "classifier":
        detector = data / "detector"
        given += ["--detector", str(detector if detector.exists() else tiny_networks.write_detector(detector))]
    return given if active is None else [*given, "--active", str(active)]


def compare(
    kind: str, data: Path, candidate: Path, active: Path | None = None, panel: Path | None = None
) -> dict[str, Any]:
    main(arguments(kind, data, candidate, active, panel))
    return dict(json.loads((data / "out.json").read_text()))


def test_a_classifier_is_judged_on_annotated_boxes_of_the_four_classes(data: Path, tmp_path: Path) -> None:
    network = tiny_networks.write_classifier(tmp_path / "network", window_px=80)
    command = [sys.executable, "-c", IN_A_PROCESS, *arguments("classifier", data, network, network)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((data / "out.json").read_text())
    assert (found["kind"], found["part"], found["figure"]) == ("classifier", "val", "macro_f1")
    assert (found["images"], found["spines"]) == (2, 16), "balls are none of the four classes"
    assert found["candidate"] == found["active"]
    assert found["difference"] == {"value": 0, "low": -1, "high": 1}, "two pictures of one stack are one group"
    assert (found["groups"], found["verdict"]) == (1, "none")
    figures = found["candidate"]
    assert sum(map(sum, figures["confusion"])) == sum(bin_["spines"] for bin_ in figures["calibration"]) == 16
    assert {name: of["spines"] for name, of in figures["by_class"].items()} == dict.fromkeys(figures["by_class"], 4)
    assert list(figures["by_class"]) == ["mushroom", "thin", "stubby", "filopodia"]
    assert len(found["wrong"]) == 16 - round(16 * figures["accuracy"]) > 0
    probabilities = [wrong["probability"] for wrong in found["wrong"]]
    assert probabilities == sorted(probabilities, reverse=True)
    crop = Image.open(io.BytesIO(base64.b64decode(found["wrong"][0]["png"])))
    assert (crop.size, crop.mode) == ((96, 96), "L")
    assert found["wrong"][0]["file_name"].startswith("meng/val/")


def test_a_detector_that_finds_more_is_better_where_it_forgets_nothing(data: Path, tmp_path: Path) -> None:
    good = tiny_networks.write_detector(tmp_path / "good", score_threshold=0.2)
    blind = tiny_networks.write_detector(tmp_path / "blind", score_threshold=1.0)
    write_set(data / "wide512", "test", images=20, classes=("spine",))
    write_set(tmp_path / "old" / "wide512", "val", images=18, classes=("spine",))
    found = compare("detector", data, good, blind, tmp_path / "old")
    assert (found["figure"], found["images"], found["groups"], found["spines"]) == ("f1", 20, 10, 40)
    assert found["candidate"]["f1"] > 0.5
    assert found["active"]["f1"] == 0
    assert found["difference"]["value"] == pytest.approx(found["candidate"]["f1"])
    assert 0 < found["difference"]["low"] <= found["difference"]["value"] <= found["difference"]["high"]
    assert found["thresholds"] == {"candidate": 0.2, "active": 1.0}
    (old,) = found["panel"]
    assert (old["name"], old["groups"], old["verdict"]) == ("wide512", 9, "better")
    assert found["verdict"] == "better"
    assert compare("detector", data, good, blind)["verdict"] == "not shown", "nothing tells what it forgot"
    worse = compare("detector", data, blind, good, tmp_path / "old")
    assert worse["verdict"] == "worse"
    assert any("lost" in reason for reason in worse["reasons"])


def test_a_detector_that_nothing_is_compared_with(data: Path, tmp_path: Path) -> None:
    blind = tiny_networks.write_detector(tmp_path / "blind", score_threshold=1.0)
    missed = compare("detector", data, blind)
    assert (missed["active"], missed["difference"], missed["verdict"]) == (None, None, "none")
    assert {(wrong["true"], wrong["predicted"]) for wrong in missed["wrong"]} == {("spine", "nothing")}


def test_a_report_where_nobody_looked_is_no_error(data: Path, tmp_path: Path) -> None:
    network = tiny_networks.write_detector(tmp_path / "network", score_threshold=0.2)
    truth = write_set(data / "only", "val", images=3, classes=("spine", "ball"))
    marked = json.loads(truth.read_text())
    marked["annotations"] = [each for each in marked["annotations"] if each["category_id"] == 0]
    truth.write_text(json.dumps(marked))
    precision = {}
    for known_within in (None, 1.0):
        source = {"folder": "only", "is_fully_marked": known_within is None, "known_within": known_within}
        (data / "sources.json").write_text(json.dumps({"sources": [source]}))
        precision[known_within] = compare("detector", data, network)["candidate"]["precision"]
    assert precision[None] < 0.4 < precision[1.0]


def test_the_test_part_comes_before_the_val_part_and_sources_say_what_they_are_for(data: Path, tmp_path: Path) -> None:
    write_set(data / "meng", "test", images=5, classes=CLASSES)
    sources = [
        {"folder": "meng", "reference_side_px": 1024, "has_classes": True, "is_fully_marked": False},
        {"folder": "wide512", "box_factor": 0.6},
    ]
    (data / "sources.json").write_text(json.dumps({"sources": sources}))
    found = compare("classifier", data, tiny_networks.write_classifier(tmp_path / "classifier"))
    assert (found["part"], found["images"]) == ("test", 5)
    with pytest.raises(TrainingError, match="“test” has no picture whose spines are marked"):
        compare("detector", data, tiny_networks.write_detector(tmp_path / "detector"))


def test_generous_boxes_are_shrunk_for_the_overlap_but_not_for_the_centre(data: Path, tmp_path: Path) -> None:
    network = tiny_networks.write_detector(tmp_path / "network", score_threshold=0.2)
    write_set(data / "only", "val", images=3, classes=("spine",))
    figures = {}
    for factor in (1.0, 0.4):
        (data / "sources.json").write_text(json.dumps({"sources": [{"folder": "only", "box_factor": factor}]}))
        figures[factor] = compare("detector", data, network)["candidate"]
    assert figures[1.0]["f1"] == figures[0.4]["f1"]
    assert figures[1.0]["iou50_f1"] > figures[0.4]["iou50_f1"] == 0


def test_a_difference_is_drawn_in_pairs() -> None:
    counts = np.array([[8.0, 10, 10], [2, 10, 10]] * 5)
    worse = counts - np.array([1.0, 0, 0])
    difference = f1_difference(counts, worse)
    # Images differ much, the networks by one spine an image in every one: pairs show that and nothing else.
    assert [difference.value, difference.low, difference.high] == pytest.approx([0.1] * 3)
    confusions = np.stack([np.eye(4) * 5] * 6)
    assert macro_f1_difference(confusions, confusions).value == 0


def test_calibration_bins_counted_by_hand() -> None:
    bins = calibration_bins(np.array([0.42, 0.48, 1.0]), np.array([True, False, True]))
    assert [(b.low, b.high, b.spines, b.accuracy) for b in bins] == [(0.4, 0.5, 2, 0.5), (0.9, 1.0, 1, 1.0)]
    assert bins[0].confidence == pytest.approx(0.45)
