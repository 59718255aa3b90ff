"""What a training run starts: a module for each kind of network, in a process of its own."""

from pathlib import Path

from .environment import BASE_DIR, env

__all__ = ["SPINULA_CLASSIFIER_BASE", "SPINULA_PANELS", "SPINULA_SEEN_PICTURES", "SPINULA_TRAINING_MODULES"]

# What a classifier begins with that starts from no version: a TensorFlow Hub handle or the folder of a SavedModel.
SPINULA_CLASSIFIER_BASE = env.str("SPINULA_CLASSIFIER_BASE", default="")

# Training folders of old domains, on which a candidate must not lose: the program's own, and one that a site has.
_PANEL_DATA = env.str("SPINULA_PANEL_DATA", default="")
SPINULA_PANELS = [BASE_DIR / "worker" / "pretrained" / "panel", *([Path(_PANEL_DATA)] if _PANEL_DATA else [])]

# Hashes of the pictures that the shipped networks were trained on: what is among them is never tested on.
SPINULA_SEEN_PICTURES = BASE_DIR / "worker" / "pretrained" / "seen.npz"

SPINULA_TRAINING_MODULES = {"detector": "worker.training.detector", "classifier": "worker.training.classifier"}
