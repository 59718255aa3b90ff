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

ROOT = Path(__file__).resolve().parents[2]
TWO_RUNS = """
import sys
from dataclasses import replace
from pathlib import Path
from worker.training.detector import parse, train_and_export, Trainer
from spines.recipes import DetectorRecipe

folder = Path(sys.argv[1])
arguments = ["--data", str(folder / "data"), "--checkpoint", str(folder / "d.pt"), "--output", str(folder / "out")]
recipe = DetectorRecipe(crop_px=64, batch=2, steps_per_epoch=1, epochs_per_check=2, check_images=1)
Trainer(replace(parse([*arguments, "--steps", "1"]), recipe=recipe)).train()
train_and_export(replace(parse([*arguments, "--steps", "2", "--resume"]), recipe=recipe))
"""


@pytest.mark.timeout(300)
def test_a_detector_is_trained_resumed_exported_and_served(tmp_path: Path) -> None:
    write_sets(tmp_path / "data")
    run = subprocess.run(
        [sys.executable, "-c", TWO_RUNS, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr

    lines = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert [line.get("step") for line in lines] == [1, 2, None]
    assert np.isfinite([line["loss"] for line in lines[:2]]).all()
    assert {"wide512_f1", "meng_f1"} <= lines[1].keys()

    card = load_detector_card(tmp_path / "out")
    check_model_file(card)
    assert card.raw["recipe"]["steps"] == 2
    large = [t.data_type for t in onnx.load(card.model_path).graph.initializer if np.prod(t.dims) > 1000]
    assert set(large) == {TensorProto.FLOAT16}

    openvino, onnxruntime = (load_network(card.model_path, backend=backend) for backend in Backend)
    batch = np.random.default_rng(0).random((2, 3, 96, 160), np.float32)
    for one, other in zip(openvino(batch), onnxruntime(batch), strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)
    Detector(card, onnxruntime)(dots(100, [(40, 60)]).astype(np.float32) / np.float32(255))


@pytest.mark.timeout(120)
def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "manage.py", "train", "detector", "--data", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "train.json" in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
