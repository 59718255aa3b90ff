"""Exported files: half the bytes, the same answers, and a card that serving accepts."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from worker.inference.backends import Backend, load_network
from worker.inference.card import BrokenModel, check_model_file, load_classifier_card
from worker.training.data.sources import MENG
from worker.training.judging.card import Card, described, write_card
from worker.training.run.errors import TrainingError
from worker.training.run.onnx_file import require_agreement, store_half_weights, write_model

WEIGHTS = np.random.default_rng(5).normal(size=(64, 32)).astype(np.float32)
BATCH = np.random.default_rng(6).random((3, 64), np.float32)


def product() -> onnx.ModelProto:
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 32])],
        [numpy_helper.from_array(WEIGHTS, "weights")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_half(path: Path) -> Path:
    model = product()
    store_half_weights(model)
    write_model(model, path)
    return path


def test_weights_take_16_bits_and_answers_stay_32(tmp_path: Path) -> None:
    path = write_half(tmp_path / "model.onnx")
    stored = {tensor.data_type: tensor for tensor in onnx.load(path).graph.initializer if np.prod(tensor.dims) > 1}
    assert list(stored) == [TensorProto.FLOAT16]
    assert path.stat().st_size < 0.6 * WEIGHTS.nbytes


def test_tiny_weights_keep_their_digits(tmp_path: Path) -> None:
    model = product()
    tiny = WEIGHTS * np.float32(1e-6)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(tiny, "weights"))
    store_half_weights(model)
    write_model(model, tmp_path / "model.onnx")
    require_agreement(tmp_path / "model.onnx", BATCH, [BATCH @ tiny], [2e-8])


@pytest.mark.parametrize("backend", list(Backend))
def test_both_backends_run_the_file(tmp_path: Path, backend: Backend) -> None:
    (got,) = load_network(write_half(tmp_path / "model.onnx"), backend=backend)(BATCH)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, BATCH @ WEIGHTS, atol=0.006)  # the file has them in float16


def test_a_file_that_differs_from_the_network_is_refused(tmp_path: Path) -> None:
    path = write_half(tmp_path / "model.onnx")
    expected = BATCH @ WEIGHTS
    assert 0 < require_agreement(path, BATCH, [expected], [0.05])[0] < 0.05
    with pytest.raises(TrainingError, match=r"differs from the trained network by 0\.5"):
        require_agreement(path, BATCH, [expected + 0.5], [0.05])
    with pytest.raises(TrainingError, match=r"gives \(3, 32\) where"):
        require_agreement(path, BATCH, [expected[:, :5]], [0.05])


def test_serving_reads_the_card_and_refuses_another_file(tmp_path: Path) -> None:
    write_half(tmp_path / "model.onnx")
    card = Card(
        kind="classifier",
        name="made",
        version="2026.1",
        summary="A product.",
        serving={
            "classes": ["mushroom", "thin", "stubby", "filopodia"],
            "window_px": 48.0,
            "input_size_px": 96,
            "input_scale": 1.0,
            "input_offset": 0.0,
            "output": "logits",
            "temperature": 1.5,
            "uncertain_below": 0.6,
        },
        data=(described(MENG, images=1, spines=2),),
        recipe={"steps": 3},
        figures={"accuracy": 0.5},
        figures_command="manage.py evaluate",
        limits=["Made."],
    )
    write_card(card, tmp_path)
    read = load_classifier_card(tmp_path)
    assert (read.name, read.temperature, read.uncertain_below) == ("made", 1.5, 0.6)
    check_model_file(read)
    text = (tmp_path / "card.md").read_text()
    assert MENG.licence in text
    assert "- Made." in text
    (tmp_path / "model.onnx").write_bytes(b"another")
    with pytest.raises(BrokenModel):
        check_model_file(read)
