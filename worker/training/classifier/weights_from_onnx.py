"""Native weights of a classifier that only has its ONNX file, so that a training can continue it.

    python -m worker.training.classifier.weights_from_onnx MODELFOLDER --data FOLDER --output FOLDER

The file holds batch norms folded into their convolutions. Folded or not, the network written here answers as the file
does; the norms' means are those on the training windows, so that it answers alike while it is trained.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tensorflow as tf
from numpy.typing import NDArray
from onnx import numpy_helper

from worker.inference.backends import Backend, load_network
from worker.inference.card import CARD_FILE, MODEL_FILE
from worker.training.classifier.inception import layers_of, plain_base
from worker.training.data.sources import read_training_folder
from worker.training.data.windows import load_spines, serving_windows
from worker.training.run.console import exit_code
from worker.training.run.errors import TrainingError
from worker.training.run.weights import save_weights_file

WINDOWS = 256
TOLERANCE = 0.02

Weights = NDArray[np.float32]


class Graph:
    """The tensors of an ONNX file of InceptionV3 with one dense layer."""

    def __init__(self, path: Path) -> None:
        graph = onnx.load(path).graph
        self.stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.convolutions: dict[int, Any] = {}
        for node in graph.node:
            if node.op_type == "Conv" and (number := re.search(r"conv2d(?:_(\d+))?/", node.name)):
                self.convolutions[int(number[1] or 0)] = node
        self.norms = {
            int(number[1] or 0): node
            for node in graph.node
            if node.op_type == "BatchNormalization"
            and (number := re.search(r"batch_normalization(?:_(\d+))?/", node.input[2]))
        }
        (product,) = (node for node in graph.node if node.op_type == "MatMul")
        (added,) = (node for node in graph.node if node.op_type == "Add")
        self.head = [self.tensor(product.input[1]), self.tensor(added.input[1])]

    def tensor(self, name: str) -> Weights:
        """A tensor, its 16 bits turned back."""
        if name in self.stored:
            return np.asarray(self.stored[name], np.float32)
        return np.asarray(self.stored[f"{name}_half"], np.float32) * np.float32(self.stored[f"{name}_factor"])

    def layer(self, number: int, epsilon: float) -> tuple[Weights, list[Weights], bool]:
        """Kernel, [beta, mean, variance] and whether the norm was folded, of a convolution by its number."""
        node = self.convolutions[number]
        kernel = self.tensor(node.input[1]).transpose(2, 3, 1, 0)
        if number in self.norms:
            beta, mean, variance = map(self.tensor, self.norms[number].input[2:5])
            return kernel, [beta, mean, variance], False
        beta = self.tensor(node.input[2]) if len(node.input) > 2 else np.zeros(kernel.shape[-1], np.float32)
        return kernel, [beta, np.zeros_like(beta), np.full_like(beta, 1 - epsilon)], True


def by_number(layers: list[Any]) -> dict[int, Any]:
    """Layers by the number in their name, in which they were made; the file's names have the same."""
    ordered = sorted(layers, key=lambda layer: int((re.search(r"_(\d+)$", layer.name) or ["", "0"])[1]))
    return dict(enumerate(ordered))


def base_from(graph: Graph, windows: NDArray[np.float32]) -> Any:
    """The base of the file."""
    base = plain_base()
    convolutions = by_number(layers_of(base, tf.keras.layers.Conv2D))
    norms = by_number(layers_of(base, tf.keras.layers.BatchNormalization))
    folded = []
    for number, convolution in convolutions.items():
        norm = norms[number]
        kernel, figures, is_folded = graph.layer(number, norm.epsilon)
        convolution.set_weights([kernel])
        norm.set_weights(figures)
        if is_folded:
            folded.append((convolution, norm))
    means = tf.keras.Model(base.input, [tf.reduce_mean(c.output, axis=(0, 1, 2)) for c, _ in folded])(windows)
    for (_, norm), mean in zip(folded, means, strict=True):
        beta, _, variance = norm.get_weights()
        norm.set_weights([beta + mean.numpy(), mean.numpy(), variance])
    return base


def write_weights(folder: Path, *, data: Path, output: Path) -> None:
    """Write weights.npz and the card of a model folder's ONNX file to `output`. Raises TrainingError."""
    graph = Graph(folder / MODEL_FILE)
    spines = load_spines(read_training_folder(data), "train")[::3][:WINDOWS]
    network = load_network(folder / MODEL_FILE, backend=Backend.ONNXRUNTIME)
    windows = serving_windows(spines, window_px=48.0, size_px=96)
    base = base_from(graph, windows)
    kernel, bias = graph.head
    difference = np.abs(base(windows[:32]).numpy() @ kernel + bias - network(windows[:32])[0]).max()
    if difference > TOLERANCE:
        raise TrainingError(f"{folder} holds no InceptionV3 that can be read back: it differs by {difference:.3g}.")
    named = {f"base_{i:03d}": variable.numpy() for i, variable in enumerate(base.variables)}
    save_weights_file(output, named | {"head_000": kernel, "head_001": bias})
    shutil.copy(folder / CARD_FILE, output / CARD_FILE)


def main(arguments: list[str]) -> None:
    """Read the command line and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.classifier.weights_from_onnx", description=__doc__)
    parser.add_argument("model", type=Path, help="folder with model.onnx and card.json")
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--output", type=Path, required=True, help="folder for weights.npz and card.json")
    known = parser.parse_args(arguments)
    write_weights(known.model, data=known.data, output=known.output)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
