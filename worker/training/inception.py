"""InceptionV3: its 8-bit base turned into a local SavedModel, and the classifier built on it."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_hub as hub
from numpy.typing import NDArray

from spines.recipes import ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.training.errors import TrainingError

# The base's own 0.99 would still remember its coarse 8-bit variances after a short training.
NORM_MOMENTUM = 0.95


def load_base(weights: Path, *, size_px: int) -> Any:
    """Build the convolutional base with average pooling, (N, size, size, 3) in [0, 1] to (N, 2048).

    `weights` holds one uint8 tensor, scale and minimum per weight, in the order of the layers of
    `tf.keras.applications.InceptionV3`; variances are clipped at 0, eight bits put some below.
    """
    try:
        stored = np.load(weights)
    except (OSError, ValueError) as error:
        raise TrainingError(f"{weights} cannot be read as the InceptionV3 base ({error}): put it there.") from error

    def tensor(name: str) -> NDArray[np.float32]:
        values: NDArray[np.float32] = stored[f"{name}_q"] * stored[f"{name}_scale"] + stored[f"{name}_min"]
        return values

    base = tf.keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(size_px, size_px, 3), pooling="avg"
    )
    kinds = (tf.keras.layers.Conv2D, tf.keras.layers.BatchNormalization)
    convolutions, norms = ([layer for layer in base.layers if isinstance(layer, kind)] for kind in kinds)
    for index, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True)):
        convolution.set_weights([tensor(f"Conv2D_{index:02d}_kernel")])
        name = f"BatchNormalization_{index:02d}"
        variance = np.maximum(tensor(f"{name}_moving_variance"), 0)
        norm.set_weights([tensor(f"{name}_beta"), tensor(f"{name}_moving_mean"), variance])
        norm.momentum = NORM_MOMENTUM
    return base


def build_classifier(base: Any, *, classes: int, dropout: float) -> Any:
    """Build a classifier: the base as a hub layer out of a local SavedModel, dropout, one dense layer of logits.

    Under MirroredStrategy, which trains one replica for each graphics card; the whole network is trained.
    """
    with tempfile.TemporaryDirectory() as folder, tf.distribute.MirroredStrategy().scope():
        base.save(folder, save_format="tf", include_optimizer=False)
        return tf.keras.Sequential(
            [
                hub.KerasLayer(folder, input_shape=base.input_shape[1:], trainable=True),
                tf.keras.layers.Dropout(dropout),
                tf.keras.layers.Dense(classes),
            ]
        )


def build_from_recipe(data: Path, recipe: ClassifierRecipe) -> Any:
    """Build the classifier of a recipe on the 8-bit base below `data`."""
    base = load_base(data / "inception_v3" / "base_uint8.npz", size_px=recipe.size_px)
    return build_classifier(base, classes=len(SPINE_CLASSES), dropout=recipe.dropout)


def save_weights(path: Path, network: Any, *, steps: int) -> None:
    """Keep a network's weights and the steps they took, so that a process killed here leaves the file before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, *network.get_weights(), steps=np.array(steps))
    part.replace(path)


def load_weights(path: Path, network: Any) -> int:
    """Put kept weights into a network of the same recipe; the steps they took."""
    if not path.is_file():
        raise TrainingError(f"There is no checkpoint at {path}: train without --resume to begin one.")
    with np.load(path) as kept:
        network.set_weights([kept[f"arr_{index}"] for index in range(len(kept.files) - 1)])
        return int(kept["steps"])
