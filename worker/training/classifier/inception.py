"""InceptionV3: its base out of 8-bit weights, a hub or a SavedModel, and the classifiers built on it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_hub as hub
from numpy.typing import NDArray

from spines.training.recipes import ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.training.run.errors import TrainingError
from worker.training.run.processor import has_bfloat16

# The base's own 0.99 would still remember its coarse 8-bit variances after a short training.
NORM_MOMENTUM = 0.95
EIGHT_BIT_BASE = Path("inception_v3") / "base_uint8.npz"
ANY_PICTURES = (None, None, None, 3)


def use_processor(*, threads: int) -> None:
    """Choose threads and, where the CPU multiplies in bfloat16, that arithmetic; before TensorFlow first computes."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    if not tf.config.list_physical_devices("GPU") and has_bfloat16():
        tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})


def plain_base() -> Any:
    """The convolutional base with average pooling, (N, H, W, 3) in [0, 1] to (N, 2048), untrained."""
    base = tf.keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=ANY_PICTURES[1:], pooling="avg"
    )
    for norm in layers_of(base, tf.keras.layers.BatchNormalization):
        norm.momentum = NORM_MOMENTUM
    return base


def layers_of(base: Any, kind: Any) -> list[Any]:
    """The base's layers of one kind, in their order."""
    return [layer for layer in base.layers if isinstance(layer, kind)]


def load_base(weights: Path) -> Any:
    """The base with stored 8-bit weights.

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

    base = plain_base()
    convolutions = layers_of(base, tf.keras.layers.Conv2D)
    norms = layers_of(base, tf.keras.layers.BatchNormalization)
    for index, (convolution, norm) in enumerate(zip(convolutions, norms, strict=True)):
        convolution.set_weights([tensor(f"Conv2D_{index:02d}_kernel")])
        name = f"BatchNormalization_{index:02d}"
        variance = np.maximum(tensor(f"{name}_moving_variance"), 0)
        norm.set_weights([tensor(f"{name}_beta"), tensor(f"{name}_moving_mean"), variance])
    return base


def estimate_norms(base: Any, batches: Sequence[NDArray[np.float32]]) -> None:
    """Replace the batch norms' stored means and variances by those over batches of windows (n, side, side, 3)."""
    norms = layers_of(base, tf.keras.layers.BatchNormalization)
    for index, batch in enumerate(batches):
        for norm in norms:
            norm.momentum = index / (index + 1)  # the mean over all batches so far
        base(batch, training=True)
    for norm in norms:
        norm.momentum = NORM_MOMENTUM


def save_for_hub(base: Any, folder: Path) -> None:
    """Write a base as the SavedModel that `hub.KerasLayer` reads, for pictures of any size."""
    call = tf.function(lambda pictures, training=False: base(pictures, training=training))
    for training in (True, False):
        call.get_concrete_function(tf.TensorSpec(ANY_PICTURES, tf.float32), training=training)
    saved = tf.train.Checkpoint()
    saved.variables = list(base.variables)
    saved.trainable_variables = list(base.trainable_variables)
    saved.regularization_losses = []
    saved.__call__ = call
    tf.saved_model.save(saved, str(folder))


def base_layer(handle: str, *, size_px: int, trainable: bool) -> Any:
    """The base as a hub layer out of a handle or a SavedModel's folder. Raises TrainingError."""
    try:
        return hub.KerasLayer(handle, input_shape=(size_px, size_px, 3), trainable=trainable)
    except (OSError, ValueError, RuntimeError) as error:
        raise TrainingError(
            f"The base {handle} cannot be loaded ({error}): name a TensorFlow Hub handle that this machine reaches, "
            "or the folder of a SavedModel."
        ) from error


def head_layers(recipe: ClassifierRecipe) -> list[Any]:
    """What stands on the base: a hidden layer where the recipe has one, dropout, four classes.

    A recipe with a hidden layer ends in probabilities, as published; one without in logits.
    """
    layers = tf.keras.layers
    if not recipe.hidden:
        return [layers.Dropout(recipe.dropout), layers.Dense(len(SPINE_CLASSES))]
    return [
        layers.Dense(recipe.hidden, activation="relu"),
        layers.Dropout(recipe.dropout),
        layers.Dense(len(SPINE_CLASSES), activation="softmax"),
    ]


def build_classifier(base: Any, recipe: ClassifierRecipe) -> Any:
    """Build a recipe's classifier on a base: a hub handle, a SavedModel's folder, or a network with pooling.

    Under MirroredStrategy: one replica for each graphics card, or for each logical CPU where there is no card.
    """
    with tempfile.TemporaryDirectory() as folder:
        handle = base
        if not isinstance(base, str):
            save_for_hub(base, Path(folder))
            handle = folder
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        with tf.distribute.MirroredStrategy([device.name for device in devices]).scope():
            layer = base_layer(handle, size_px=recipe.size_px, trainable=recipe.whole)
            return tf.keras.Sequential([layer, *head_layers(recipe)])


def choose_base(data: Path, recipe: ClassifierRecipe, *, start_from: Path | None) -> Any:
    """The base that a run begins with: the recipe's, the network it continues, or the 8-bit one of the folder."""
    if recipe.base:
        return recipe.base
    if start_from is not None:
        return plain_base()
    path = data / EIGHT_BIT_BASE
    if not path.is_file():
        raise TrainingError(
            f"There is nothing to begin with: {path} does not exist. Start from a trained classifier "
            "(--start-from), or name a base (--set base=…, a TensorFlow Hub handle or a SavedModel's folder)."
        )
    return load_base(path)
