"""What a training run starts: a module for each kind of network, in a process of its own."""

__all__ = ["SPINULA_TRAINING_MODULES"]

SPINULA_TRAINING_MODULES = {"detector": "worker.training.detector", "classifier": "worker.training.classifier"}
