"""What a training run starts: a module for each kind of network, in a process of its own."""

from .environment import env

__all__ = ["SPINULA_CLASSIFIER_BASE", "SPINULA_TRAINING_MODULES"]

# What a classifier begins with that starts from no version: a TensorFlow Hub handle or the folder of a SavedModel.
SPINULA_CLASSIFIER_BASE = env.str("SPINULA_CLASSIFIER_BASE", default="")

SPINULA_TRAINING_MODULES = {"detector": "worker.training.detector", "classifier": "worker.training.classifier"}
