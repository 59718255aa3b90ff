"""Real short trainings of both recipes through their command: killed, resumed, continued, exported, refused.

The network is a hub layer under MirroredStrategy like the real one, on a base of one convolution. TensorFlow stays
in processes of its own.
"""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.made_sets import write_sets
from worker.inference.backends import Backend, load_network
from worker.inference.card import PRETRAINED_FOLDER, check_model_file, load_classifier_card
from worker.inference.classifier import Classifier
from worker.training.data.sources import read_training_folder
from worker.training.judging.answers import judged_pictures
from worker.training.judging.compare import Comparing

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("size_px=32", "window_px=24", "batch=4", "steps_per_epoch=2", "made_images=4", "background_share=0.5")
BASE_ORDER = """
import sys
from pathlib import Path
import numpy as np
from worker.training.classifier.inception import layers_of, load_base, plain_base
import tensorflow as tf

kinds = (tf.keras.layers.Conv2D, tf.keras.layers.BatchNormalization)
plain, stored = plain_base(), {}
def put(name, shape, value):
    stored.update({f"{name}_q": np.full(shape, 3, np.uint8), f"{name}_scale": np.float32(0.5), f"{name}_min": value})
for kind, names in zip(kinds, (("kernel",), ("beta", "moving_mean", "moving_variance"))):
    for index, layer in enumerate(layers_of(plain, kind)):
        for weight, name in zip(layer.weights, names):
            put(f"{kind.__name__}_{index:02d}_{name}", weight.shape, np.float32(-2 if "variance" in name else index))
path = Path(sys.argv[1]) / "base.npz"
np.savez(path, **stored)
convolutions, norms = (layers_of(load_base(path), kind) for kind in kinds)
assert len(convolutions) == len(norms) == 94
for index, (convolution, norm) in enumerate(zip(convolutions, norms)):
    assert (convolution.get_weights()[0] == index + 1.5).all()
    beta, mean, variance = norm.get_weights()
    assert (beta == index + 1.5).all() and (mean == index + 1.5).all() and (variance == 0).all()
"""
REFUSALS = """
import pytest
from spines.training.recipes import ClassifierRecipe
from worker.training.classifier import export as export_classifier
from worker.training.classifier.trainer import memory_explained
from worker.training.run.errors import TrainingError
from worker.training.classifier.inception import build_classifier, choose_base, estimate_norms

folder = Path(sys.argv[1])
recipe = ClassifierRecipe(size_px=32)
network = build_classifier(str(folder / "base"), recipe)
windows = np.random.default_rng(0).random((8, 32, 32, 3), np.float32)
path = folder / "model" / "model.onnx"
export_classifier.export(network, path, windows)
good = path.read_bytes()
network.layers[-1].bias.assign(network.layers[-1].bias + 3)
def stale(model):
    model.CopyFrom(__import__("onnx").load(path))
export_classifier.store_half_weights = stale
with pytest.raises(TrainingError, match="differs from the trained network"):
    export_classifier.export(network, path, windows)
assert path.read_bytes() == good and [p.name for p in path.parent.iterdir()] == ["model.onnx"]

for error in (MemoryError(), tf.errors.ResourceExhaustedError(None, None, "OOM")):
    with pytest.raises(TrainingError, match="lower it with batch=16"), memory_explained(recipe):
        raise error
with pytest.raises(TrainingError, match="nothing to begin with.*--start-from"):
    choose_base(folder, recipe, start_from=None)
with pytest.raises(TrainingError, match="nowhere cannot be loaded"):
    build_classifier(str(folder / "nowhere"), recipe)

norm = tf.keras.layers.BatchNormalization(input_shape=(2,))
base = tf.keras.Sequential([norm])
rows = np.random.default_rng(1).normal(5, 2, (6, 400, 2)).astype(np.float32)
estimate_norms(base, list(rows))
assert np.allclose(norm.moving_mean, rows.mean((0, 1)), atol=0.01), norm.moving_mean
assert np.allclose(norm.moving_variance, rows.var(1).mean(0), rtol=0.01), norm.moving_variance
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Annotated sets in `data` and a small base in `base`."""
    folder = tmp_path_factory.mktemp("classifier")
    write_sets(folder / "data")
    done = python("-m", "tests.training.small_base", str(folder / "base"))
    assert done.returncode == 0, done.stderr
    return folder


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def options(prepared: Path, run: str, *more: str) -> list[str]:
    settings = [f"base={prepared / 'base'}", *SMALL]
    named = [part for setting in settings for part in ("--set", setting)]
    return ["--data", str(prepared / "data"), "--run", str(prepared / run), "--threads", "1", *named, *more]


def train(prepared: Path, run: str, *more: str) -> None:
    done = python("-m", "worker.training.classifier", *options(prepared, run, *more))
    assert done.returncode == 0, done.stderr


def said(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "progress.jsonl").read_text().splitlines()]
    return [line for line in lines if "epoch" in line]


def compared_alone(model: Path, data: Path) -> dict[str, Any]:
    """The figures of a model folder as a comparison of networks takes them."""
    detector = PRETRAINED_FOLDER / "detector"
    comparing = Comparing("classifier", model, None, detector=detector, backend=Backend.ONNXRUNTIME, threads=0)
    found, _ = comparing.on(judged_pictures(read_training_folder(data), for_classes=True).images)
    figures: dict[str, Any] = found["candidate"]
    return figures


def weights(folder: Path) -> dict[str, Any]:
    with np.load(folder / "model" / "weights.npz") as stored:
        return dict(stored)


@pytest.mark.timeout(400)
def test_a_run_that_is_killed_goes_on_where_it_was_and_is_served(prepared: Path) -> None:
    command = [sys.executable, "-m", "worker.training.classifier", *options(prepared, "run", "--steps", "100000")]
    folder = prepared / "run"
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training:
        until = time.monotonic() + 180
        while not ((folder / "progress.jsonl").is_file() and len(said(folder)) >= 3):
            assert training.poll() is None
            assert time.monotonic() < until
            time.sleep(0.2)
        training.send_signal(signal.SIGKILL)
    before = said(folder)
    steps = before[-1]["step"] + 5
    train(prepared, "run", "--resume", "--steps", str(steps))

    after = said(folder)
    assert after[: len(before)] == before
    first = after[len(before)]
    assert first["epoch"] - before[-1]["epoch"] in {1, 2}, "what was checkpointed is not trained again"
    assert after[-1]["step"] == steps
    assert after[-1]["done"] == 1
    assert {"loss", "val_loss", "accuracy", "val_accuracy", "minutes"} <= set(first)

    card = load_classifier_card(folder / "model")
    check_model_file(card)
    assert card.raw["recipe"]["steps"] == steps
    figures = card.raw["figures"]
    assert 0 <= figures["val called share"] <= 1
    assert any("24 spines of meng" in limit for limit in card.raw["limits"])
    compared = compared_alone(folder / "model", prepared / "data")
    assert figures["val macro-F1"] == pytest.approx(compared["macro_f1"], abs=1e-4), "one evaluator, one figure"
    assert figures["val confusion, rows annotated"] == [list(row) for row in compared["confusion"]]
    assert {source["name"] for source in card.raw["data"]} == {"meng", "wide512", "made images", "base"}
    classify = Classifier(card, load_network(card.model_path, backend=Backend.OPENVINO))
    (found,) = classify(np.random.default_rng(0).random((64, 64), np.float32), [(20.0, 20.0, 9.0, 9.0)])
    assert sum(found.class_probabilities.values()) == pytest.approx(1, abs=1e-5)

    train(prepared, "continued", "--start-from", str(folder / "model"), "--set", "learning_rate=0", "--steps", "1")
    old, new = weights(folder), weights(prepared / "continued")
    assert old.keys() == new.keys()
    np.testing.assert_allclose(old["head_000"], new["head_000"], atol=1e-6)  # averaged with itself
    assert "(through inception-v3-spines" in (prepared / "continued" / "model" / "card.md").read_text()


@pytest.mark.timeout(300)
def test_the_published_recipe_trains_a_head_on_a_frozen_base(prepared: Path) -> None:
    train(prepared, "seed", "--recipe", "seed", "--set", "hidden=16", "--steps", "6")
    folder = prepared / "seed"
    kept = (folder / "features.npz").stat().st_mtime_ns
    card = load_classifier_card(folder / "model")
    assert card.raw["output"] == "probabilities"
    assert (card.raw["recipe"]["hidden"], card.raw["recipe"]["whole"]) == (16, False)
    assert [weights(folder)[f"head_{i:03d}"].shape for i in range(4)] == [(24, 16), (16,), (16, 4), (4,)]
    (probabilities,) = load_network(card.model_path, backend=Backend.ONNXRUNTIME)(np.zeros((2, 32, 32, 3), np.float32))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    with np.load(folder / "features.npz") as stored:
        counts = stored["classes"].sum(axis=0)
        assert stored["features"].shape == (counts.sum(), 24)
    assert len(set(counts.tolist())) == 1, "silhouettes even the classes out"

    base = {name: value for name, value in weights(folder).items() if name.startswith("base_")}
    train(prepared, "seed", "--recipe", "seed", "--set", "hidden=16", "--steps", "8", "--resume")
    assert (folder / "features.npz").stat().st_mtime_ns == kept, "features are computed once"
    assert said(folder)[-1]["step"] == 8
    for name, value in base.items():
        np.testing.assert_array_equal(value, weights(folder)[name])


@pytest.mark.timeout(300)
def test_bases_are_read_whole_and_what_cannot_go_on_says_why(prepared: Path) -> None:
    done = python("-c", BASE_ORDER + REFUSALS, str(prepared))
    assert done.returncode == 0, done.stderr
