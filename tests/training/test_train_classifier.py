"""A small classifier trained for a few steps, resumed and exported; and the order of the base's weights.

The network is a hub layer under MirroredStrategy like the real one, on a base of one convolution: building
InceptionV3 takes minutes on two cores. TensorFlow stays in a process of its own.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.training.made_sets import write_sets
from worker.inference.backends import Backend, load_network
from worker.inference.card import check_model_file, load_classifier_card
from worker.inference.classifier import Classifier

ROOT = Path(__file__).resolve().parents[2]
TWO_RUNS = """
import sys
from dataclasses import replace
from pathlib import Path
from worker.training.classifier import parse, train
from worker.training.inception import build_classifier
from spines.recipes import ClassifierRecipe
import tensorflow as tf

folder = Path(sys.argv[1])
base = tf.keras.Sequential([
    tf.keras.layers.Conv2D(24, 5, strides=4, activation="relu", input_shape=(32, 32, 3)),
    tf.keras.layers.BatchNormalization(),
    tf.keras.layers.GlobalAveragePooling2D(),
])
network = build_classifier(base, classes=4, dropout=0.1)
recipe = ClassifierRecipe(size_px=32, window_px=256, batch=4, steps_per_epoch=2)
arguments = ["--data", str(folder / "data"), "--checkpoint", str(folder / "c.npz"), "--output", str(folder / "out")]
train(replace(parse([*arguments, "--steps", "2"]), recipe=recipe), network)
before = network.get_weights()
train(replace(parse([*arguments, "--steps", "3", "--resume", "--held-out-share", "0.5"]), recipe=recipe), network)
assert any((old != new).any() for old, new in zip(before, network.get_weights(), strict=True))
assert len(network.layers[0].trainable_weights) == 4, "the base is trained too"
"""
BASE_ORDER = """
import sys
import numpy as np
import tensorflow as tf
from pathlib import Path
from worker.training.inception import load_base

shapes = tf.keras.applications.InceptionV3(include_top=False, weights=None, input_shape=(75, 75, 3)).layers
kinds = (tf.keras.layers.Conv2D, tf.keras.layers.BatchNormalization)
stored = {}
def put(name, shape, value):
    stored.update({f"{name}_q": np.full(shape, 3, np.uint8), f"{name}_scale": np.float32(0.5), f"{name}_min": value})
for kind, names in zip(kinds, (("kernel",), ("beta", "moving_mean", "moving_variance"))):
    for index, layer in enumerate(l for l in shapes if isinstance(l, kind)):
        for weight, name in zip(layer.weights, names):
            put(f"{kind.__name__}_{index:02d}_{name}", weight.shape, np.float32(-2 if "variance" in name else index))
path = Path(sys.argv[1]) / "base.npz"
np.savez(path, **stored)
base = load_base(path, size_px=75)
convolutions, norms = ([l for l in base.layers if isinstance(l, kind)] for kind in kinds)
assert len(convolutions) == len(norms) == 94
for index, (convolution, norm) in enumerate(zip(convolutions, norms)):
    assert (convolution.get_weights()[0] == index + 1.5).all()
    beta, mean, variance = norm.get_weights()
    assert (beta == index + 1.5).all() and (mean == index + 1.5).all() and (variance == 0).all()
"""


def run(script: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.timeout(300)
def test_a_classifier_is_trained_resumed_exported_and_served(tmp_path: Path) -> None:
    write_sets(tmp_path / "data")
    run(TWO_RUNS, tmp_path)

    lines = [json.loads(line) for line in (tmp_path / "c.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 2, 3]

    card = load_classifier_card(tmp_path / "out")
    check_model_file(card)
    assert card.raw["recipe"]["steps"] == 5
    classify = Classifier(card, load_network(card.model_path, backend=Backend.OPENVINO))
    (found,) = classify(np.random.default_rng(0).random((64, 64), np.float32), [(20.0, 20.0, 9.0, 9.0)])
    assert sum(found.class_probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.timeout(300)
def test_every_8_bit_weight_reaches_its_layer(tmp_path: Path) -> None:
    run(BASE_ORDER, tmp_path)
