"""ONNX files: weights stored in 16 bits, and a check that a file does what the framework did."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from worker.inference.backends import Backend, load_network
from worker.training.run.errors import TrainingError

# Smaller tensors (biases, anchors' constants) stay in 32 bits: they weigh nothing.
HALF_FROM_VALUES = 256


def store_half_weights(model: onnx.ModelProto) -> None:
    """Store large float32 initialisers in 16 bits, turned back by a cast and a factor in front of their users.

    Each is divided by the power of two above its largest value first: folding a batch norm of large variance
    makes weights so small that float16 would keep few of their digits. Input, output and arithmetic stay
    float32; OpenVINO and ONNX Runtime compute the weights once, when they load the file.
    """
    restored, factors = [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < HALF_FROM_VALUES:
            continue
        name = tensor.name
        factor = np.exp2(np.ceil(np.log2(max(np.abs(values).max(), np.finfo(np.float32).tiny)))).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array((values / factor).astype(np.float16), f"{name}_half"))
        factors.append(numpy_helper.from_array(factor, f"{name}_factor"))
        restored.append(helper.make_node("Cast", [f"{name}_half"], [f"{name}_cast"], to=TensorProto.FLOAT))
        restored.append(helper.make_node("Mul", [f"{name}_cast", f"{name}_factor"], [name]))
    model.graph.initializer.extend(factors)
    nodes = restored + list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def write_model(model: onnx.ModelProto, path: Path) -> None:
    """Check the model against the ONNX rules and write it."""
    onnx.checker.check_model(model, full_check=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def require_agreement(
    path: Path, batch: NDArray[np.float32], expected: Sequence[NDArray[np.float32]], tolerances: Sequence[float]
) -> list[float]:
    """Compare a file's outputs on one batch, run by ONNX Runtime, with the framework's.

    Returns
    -------
    The largest absolute difference of every output; raises TrainingError where one is above its tolerance.
    """
    differences = []
    outputs = load_network(path, backend=Backend.ONNXRUNTIME)(batch)
    for got, wanted, tolerance in zip(outputs, expected, tolerances, strict=True):
        if got.shape != wanted.shape:
            raise TrainingError(f"{path} gives {got.shape} where the trained network gives {wanted.shape}.")
        difference = float(np.abs(got - wanted).max())
        if difference > tolerance:
            raise TrainingError(
                f"{path} differs from the trained network by {difference:.4g}, more than {tolerance:g}: "
                "it is not to be used."
            )
        differences.append(difference)
    return differences
