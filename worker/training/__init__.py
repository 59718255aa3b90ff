"""Training of the two networks. Every run is a process of its own: torch and TensorFlow never share one."""

import os

# TensorFlow asks for both when it is first imported: hub.KerasLayer needs tf_keras behind tf.keras, and
# oneDNN, off by default on processors without AVX512, makes a training step several times as fast.
os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
