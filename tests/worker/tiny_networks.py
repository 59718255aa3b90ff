"""Networks small enough to reason about, with the signatures of the real ones."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

CELL_PX = 8
"""The tiny detector scores each cell of 8 × 8 px with its mean, and boxes it with 16 × 16 px."""

OPSET = [helper.make_opsetid("", 17)]


def write_detector(folder: Path, **card: Any) -> Path:
    """A detector that finds bright cells, at any tile size, and its card."""
    constants = {
        "channel_from": [0],
        "channel_to": [1],
        "axis_1": [1],
        "columns": 3,
        "rows": 2,
        "as_scores": [0, -1, 1],
        "as_boxes": [0, 4, -1],
    }
    initialisers = [numpy_helper.from_array(np.array(v, np.int64), k) for k, v in constants.items()]
    numbers = {"zero": 0.0, "cell": float(CELL_PX), "half": CELL_PX / 2, "reach": float(CELL_PX)}
    initialisers += [numpy_helper.from_array(np.array(v, np.float32), k) for k, v in numbers.items()]
    node = helper.make_node
    nodes = [
        node("Slice", ["images", "channel_from", "channel_to", "axis_1"], ["grey"]),
        node("AveragePool", ["grey"], ["means"], kernel_shape=[CELL_PX] * 2, strides=[CELL_PX] * 2),
        node("Reshape", ["means", "as_scores"], ["scores"]),
        node("Mul", ["means", "zero"], ["zeros"]),
        node("Add", ["zeros", "cell"], ["steps"]),
    ]
    for axis in ("columns", "rows"):
        nodes += [
            node("CumSum", ["steps", axis], [f"{axis}_ends"]),
            node("Sub", [f"{axis}_ends", "half"], [f"{axis}_centres"]),
            node("Sub", [f"{axis}_centres", "reach"], [f"{axis}_low"]),
            node("Add", [f"{axis}_centres", "reach"], [f"{axis}_high"]),
        ]
    nodes += [
        node("Concat", ["columns_low", "rows_low", "columns_high", "rows_high"], ["planes"], axis=1),
        node("Reshape", ["planes", "as_boxes"], ["flat"]),
        node("Transpose", ["flat"], ["boxes"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny_detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, "height", "width"])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["n", "a", 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", "a", 1]),
        ],
        initialisers,
    )
    return _write(folder, graph, detector_card() | card)


def write_classifier(folder: Path, *, weights: NDArray[np.float32] | None = None, **card: Any) -> Path:
    """A classifier whose logits are `weights` (4 windows × S × S summed pixel by pixel), and its card."""
    size = card.get("input_size_px", 16)
    if weights is None:
        weights = np.random.default_rng(3).normal(size=(4, size, size)).astype(np.float32)
    matrix = np.repeat(weights[..., None], 3, axis=3).reshape(4, -1).T / 3
    initialisers = [
        numpy_helper.from_array(matrix.astype(np.float32), "weights"),
        numpy_helper.from_array(np.array([0, -1], np.int64), "as_rows"),
    ]
    graph = helper.make_graph(
        [
            helper.make_node("Reshape", ["images", "as_rows"], ["rows"]),
            helper.make_node("MatMul", ["rows", "weights"], ["logits"]),
        ],
        "tiny_classifier",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", size, size, 3])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 4])],
        initialisers,
    )
    return _write(folder, graph, classifier_card() | card)


def detector_card() -> dict[str, Any]:
    """What a detector's card must hold, but its sha256."""
    return {
        "kind": "detector",
        "name": "tiny",
        "version": "1",
        "classes": ["spine"],
        "score_threshold": 0.5,
        "nms_iou": 0.5,
        "nms_centre_distance": 0.3,
        "target_pixel_size_um": None,
    }


def classifier_card() -> dict[str, Any]:
    """What a classifier's card must hold, but its sha256."""
    return {
        "kind": "classifier",
        "name": "tiny",
        "version": "1",
        "classes": ["mushroom", "thin", "stubby", "filopodia"],
        "window_px": 32,
        "input_size_px": 16,
        "input_scale": 1.0,
        "input_offset": 0.0,
        "output": "logits",
        "temperature": 1.0,
        "uncertain_below": 0.5,
    }


def write_both(folder: Path) -> tuple[Path, Path]:
    """Folders of a detector and a classifier under `folder`."""
    return write_detector(folder / "detector"), write_classifier(folder / "classifier")


def _write(folder: Path, graph: onnx.GraphProto, card: dict[str, Any]) -> Path:
    folder.mkdir(parents=True)
    model = helper.make_model(graph, opset_imports=OPSET, ir_version=8)
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    (folder / "model.onnx").write_bytes(content)
    card = card | {"sha256": hashlib.sha256(content).hexdigest()}
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def plane_with_spines(
    height_px: int, width_px: int, cells: list[tuple[int, int]], *, value: int = 200
) -> NDArray[np.uint8]:
    """A dark plane with bright cells of the tiny detector's size; `cells` are (column, row) of the cell grid."""
    plane = np.zeros((height_px, width_px), np.uint8)
    for column, row in cells:
        plane[row * CELL_PX : (row + 1) * CELL_PX, column * CELL_PX : (column + 1) * CELL_PX] = value
    return plane


def dendrite_like(height_px: int, width_px: int) -> NDArray[np.uint8]:
    """A blurred shaft across the plane with knobs on thin necks on both sides, in mild noise."""
    rows, columns = np.mgrid[:height_px, :width_px].astype(float)
    middle = height_px / 2 + 0.1 * columns
    plane = 130 * np.exp(-(((rows - middle) / 6) ** 2))
    for number, x in enumerate(range(20, width_px - 20, 28)):
        side = -1 if number % 2 else 1
        foot = height_px / 2 + 0.1 * x
        head = foot + side * 17
        between = (rows - foot) * side
        neck = np.exp(-(((columns - x) / 1.5) ** 2)) * ((between > 0) & (between < 17))
        plane += 90 * neck + 170 * np.exp(-((rows - head) ** 2 + (columns - x) ** 2) / 16)
    noise = np.random.default_rng(9).normal(14, 3, plane.shape)
    return np.asarray(np.clip(plane + noise, 0, 255), np.uint8)
