"""Named ways to train: every number that a run does not take from its command line."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe:
    """How a detector is trained."""

    crop_px: int = 256
    batch: int = 8
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    warm_up_steps: int = 100
    scales: tuple[float, float] = (0.75, 1.4)
    average_decay: float = 0.997
    gradient_norm: float = 10.0
    steps_per_epoch: int = 50
    epochs_per_check: int = 6
    check_images: int = 16


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe:
    """How a classifier is trained.

    `window_px` is the side of the window in pixels of a picture of 1024²; `balance` 0 draws classes as often
    as they are annotated, 1 all equally often; `jitter_px` is the largest shift of a window, since serving
    centres it on a detected box.
    """

    size_px: int = 96
    window_px: float = 48.0
    batch: int = 32
    learning_rate: float = 3e-4
    weight_decay: float = 1e-4
    warm_up_steps: int = 20
    dropout: float = 0.3
    label_smoothing: float = 0.05
    balance: float = 0.5
    jitter_px: float = 3.0
    scales: tuple[float, float] = (0.8, 1.25)
    steps_per_epoch: int = 27


DETECTOR_RECIPES = {"default": DetectorRecipe()}
CLASSIFIER_RECIPES = {"default": ClassifierRecipe()}
