"""Writes a base of one convolution as the SavedModel that training reads: InceptionV3 takes a minute to build.

Run in a process of its own: `python -m tests.training.small_base FOLDER`.
"""

import sys
from pathlib import Path

import worker.training
from worker.training.classifier.inception import save_for_hub

assert worker.training, "chooses the Keras that hub layers need, before TensorFlow is imported"
import tensorflow as tf  # noqa: E402

if __name__ == "__main__":
    base = tf.keras.Sequential(
        [
            tf.keras.layers.Conv2D(24, 5, strides=4, activation="relu", input_shape=(None, None, 3)),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.GlobalAveragePooling2D(),
        ]
    )
    save_for_hub(base, Path(sys.argv[1]))
