"""A detector trained for two steps: stopped, resumed, exported, served. torch stays in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from tests.training.made_sets import dots, write_sets
from worker.inference.backends import Backend, load_network
from worker.inference.card import check_model_file, load_detector_card
from worker.inference.detector import Detector
from worker.training.judging.compare import main

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
TINY = ("crop_px=64", "batch=2", "steps_per_epoch=1", "epochs_per_check=2", "check_images=1", "made_images=2")


CALLS = """
import json, sys
from worker.training.detector.trainer import main

for call in json.loads(sys.argv[1]):
    main(call)
"""


def train(data: Path, *calls: list[str]) -> None:
    """Train once a call, all in one process: super-gradients takes seconds to import."""
    settings = [word for setting in TINY for word in ("--set", setting)]
    whole = [["--data", str(data), *settings, *call] for call in calls]
    run = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(whole)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def progress_of(run: Path) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in (run / "progress.jsonl").read_text().splitlines()]
    return [line for line in lines if "epoch" in line]


@pytest.mark.timeout(300)
def test_a_detector_is_trained_resumed_exported_served_and_trained_on(tmp_path: Path) -> None:
    write_sets(tmp_path / "data")
    run, again = tmp_path / "run", tmp_path / "again"
    unmoved = ["--set", "learning_rate=1e-9", "--set", "average_decay=0"]
    train(
        tmp_path / "data",
        ["--run", str(run), "--steps", "1"],
        ["--run", str(run), "--steps", "2", "--resume"],
        ["--run", str(again), "--steps", "1", "--start-from", str(run / "model"), *unmoved],
    )

    epochs = progress_of(run)
    assert [epoch["step"] for epoch in epochs] == [1, 2]
    assert np.isfinite([[epoch["loss"], epoch["val_loss"]] for epoch in epochs]).all()
    assert {"wide512_f1", "meng_f1"} <= epochs[1].keys()

    card = load_detector_card(run / "model")
    check_model_file(card)
    assert card.raw["recipe"]["steps"] == 2
    assert card.network_scale == card.raw["recipe"]["network_scale"] == 1.5
    assert [entry["name"] for entry in card.raw["data"]] == ["wide512", "meng", "made images"]
    large = [t.data_type for t in onnx.load(card.model_path).graph.initializer if np.prod(t.dims) > 1000]
    assert set(large) == {TensorProto.FLOAT16}

    openvino, onnxruntime = (load_network(card.model_path, backend=backend) for backend in Backend)
    batch = np.random.default_rng(0).random((2, 3, 96, 160), np.float32)
    for one, other in zip(openvino(batch), onnxruntime(batch), strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)  # px
    Detector(card, onnxruntime)(dots(100, [(40, 60)]).astype(np.float32) / np.float32(255))

    began, *trained = progress_of(again)
    assert (began["epoch"], began["step"], [epoch["epoch"] for epoch in trained]) == (0, 0, [1])
    assert {"val_loss", "val_f1"} <= began.keys()
    following = load_detector_card(again / "model").raw
    assert following["recipe"]["share kept of the earlier network"] >= 0.5, "24 spines choose little"
    assert following["score_threshold"] == card.score_threshold
    assert "trained on from yolo-nas-s-spines" in (again / "model" / "card.md").read_text()
    names = [(entry["name"], "through yolo-nas-s-spines" in entry["part"]) for entry in following["data"]]
    assert names == [(name, old) for old in (False, True) for name in ("wide512", "meng", "made images")]
    assert any("24 spines, and 100 are needed" in limit for limit in following["limits"])
    # The card's figures are those of the comparison: one evaluator.
    compared = tmp_path / "evaluation.json"
    named = ["--data", str(tmp_path / "data"), "--candidate", str(again / "model"), "--output", str(compared)]
    main(["--kind", "detector", "--no-panel", "--backend", "onnxruntime", *named])
    found = json.loads(compared.read_text())["candidate"]
    for figure, stated in (("f1", "centre-F1"), ("iou50_f1", "IoU50-F1"), ("average_precision", "average precision")):
        assert following["figures"][f"all val {stated}"] == round(found[figure], 4)

    with np.load(run / "model" / "weights.npz") as before, np.load(again / "model" / "weights.npz") as after:
        kernel = next(name for name in before.files if before[name].dtype == np.float16)
        np.testing.assert_allclose(before[kernel], after[kernel], atol=1e-3)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [([], "wide512/train.json"), (["--set", "colour=red"], "A recipe has no field “colour”")],
)
def test_what_cannot_be_trained_is_a_sentence(tmp_path: Path, options: list[str], sentence: str) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "train", "detector", "--data", str(tmp_path), "--run", str(tmp_path), *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert sentence in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
