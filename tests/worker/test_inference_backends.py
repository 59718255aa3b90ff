"""Both backends give what the ONNX file says, and only the chosen one is loaded."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.worker import tiny_networks
from worker.inference.backends import Backend, BackendMissing, load_network
from worker.inference.card import PRETRAINED_FOLDER
from worker.inference.pipeline import PipelineResult, load_pipeline


@pytest.mark.parametrize("backend", list(Backend))
def test_the_tiny_detector_gives_known_boxes_at_any_tile_size(backend: str, detector_folder: Path) -> None:
    network = load_network(detector_folder / "model.onnx", backend=backend, threads=1)
    for height_px, width_px in ((64, 96), (32, 32), (64, 96)):
        batch = np.zeros((2, 3, height_px, width_px), np.float32)
        batch[1, :, 8:16, 16:24] = 0.75
        boxes, scores = network(batch)
        cells = height_px * width_px // 64
        assert boxes.shape == (2, cells, 4)
        assert scores.shape == (2, cells, 1)
        assert scores[0].max() == 0
        best = scores[1, :, 0].argmax()
        assert scores[1, best, 0] == pytest.approx(0.75)
        assert boxes[1, best].tolist() == [12, 4, 28, 20]


@pytest.mark.parametrize("backend", list(Backend))
def test_an_earlier_answer_is_not_overwritten_by_the_next_call(backend: str, detector_folder: Path) -> None:
    network = load_network(detector_folder / "model.onnx", backend=backend, threads=1)
    first = network(np.ones((1, 3, 32, 32), np.float32))[1]
    network(np.zeros((1, 3, 32, 32), np.float32))
    assert first.min() == 1


@pytest.mark.parametrize("backend", list(Backend))
def test_a_mirrored_view_gives_what_its_copy_gives(backend: str, classifier_folder: Path) -> None:
    network = load_network(classifier_folder / "model.onnx", backend=backend, threads=1)
    batch = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    (mirrored,) = network(batch[:, :, ::-1])
    (copied,) = network(batch[:, :, ::-1].copy())
    (straight,) = network(batch)
    assert np.array_equal(mirrored, copied)
    assert not np.allclose(mirrored, straight)


@pytest.mark.parametrize("backend", list(Backend))
def test_what_the_last_layer_reads_is_one_more_output(backend: str, classifier_folder: Path) -> None:
    path = classifier_folder / "model.onnx"
    batch = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    (logits,) = load_network(path, backend=backend, threads=1)(batch)
    same, features = load_network(path, backend=backend, threads=1, features=True)(batch)
    assert np.allclose(same, logits)
    assert np.allclose(features, batch.reshape(3, -1))


def test_a_network_without_such_a_layer_stays_as_it_is(detector_folder: Path) -> None:
    network = load_network(detector_folder / "model.onnx", backend="openvino", threads=1, features=True)
    assert len(network(np.zeros((1, 3, 32, 32), np.float32))) == 2


@pytest.mark.parametrize(("backend", "others"), [("openvino", ["onnxruntime"]), ("onnxruntime", ["openvino"])])
def test_only_the_chosen_backend_is_imported(backend: str, others: list[str], detector_folder: Path) -> None:
    program = (
        "import json, sys; from pathlib import Path\n"
        "import worker.inference.pipeline\n"
        "from worker.inference.backends import load_network\n"
        "frameworks = {'openvino', 'onnxruntime', 'torch', 'tensorflow', 'onnx'}\n"
        "before = sorted(frameworks & set(sys.modules))\n"
        f"load_network(Path({str(detector_folder / 'model.onnx')!r}), backend={backend!r}, threads=1)\n"
        "print(json.dumps([before, sorted(frameworks & set(sys.modules))]))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    before, after = json.loads(done.stdout)
    assert before == []
    assert after == [backend]
    assert not set(others) & set(after)


def test_an_unknown_backend_is_told_with_the_setting_to_change(detector_folder: Path) -> None:
    with pytest.raises(BackendMissing, match="SPINULA_INFERENCE_BACKEND to openvino or onnxruntime"):
        load_network(detector_folder / "model.onnx", backend="caffe")


def test_a_backend_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, detector_folder: Path) -> None:
    monkeypatch.delitem(sys.modules, "worker.inference.onnxruntime_backend", raising=False)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(BackendMissing, match="onnxruntime is not installed"):
        load_network(detector_folder / "model.onnx", backend="onnxruntime")


def test_compiled_networks_are_kept_where_asked(detector_folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load_network(detector_folder / "model.onnx", backend="openvino", threads=1, cache_folder=cache)
    assert any(cache.iterdir())


def _agree(one: PipelineResult, other: PipelineResult, *, sure_from: float) -> None:
    """Each finds what the other is sure of."""
    for these, those in ((one, other), (other, one)):
        sure = [spine for spine in these.spines if spine.score >= sure_from]
        assert sure
        for spine in sure:
            twin = min(those.spines, key=lambda each: math.dist(each.box_px, spine.box_px))
            assert twin.box_px == pytest.approx(spine.box_px, abs=0.1)
            assert twin.score == pytest.approx(spine.score, abs=0.005)
            assert twin.class_probabilities == pytest.approx(spine.class_probabilities, abs=0.005)


def test_the_backends_agree_on_tiny_networks(detector_folder: Path, classifier_folder: Path) -> None:
    random = np.random.default_rng(5)
    plane = tiny_networks.plane_with_spines(720, 720, [(x, y) for x in range(1, 90, 7) for y in range(1, 90, 9)])
    plane = np.clip(plane + random.normal(30, 8, plane.shape), 0, 255).astype(np.uint8)
    one, other = (
        load_pipeline(backend=backend, threads=1, detector_dir=detector_folder, classifier_dir=classifier_folder)
        for backend in Backend
    )
    _agree(one.analyse(plane), other.analyse(plane), sure_from=one.detector_card.score_threshold + 0.05)


def test_the_backends_agree_on_the_networks_that_come_with_the_program() -> None:
    assert (PRETRAINED_FOLDER / "detector" / "card.json").is_file()
    plane = tiny_networks.dendrite_like(320, 320)
    one, other = (load_pipeline(backend=backend, threads=1) for backend in Backend)
    _agree(one.analyse(plane), other.analyse(plane), sure_from=one.detector_card.score_threshold + 0.05)
