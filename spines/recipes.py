"""Named ways to train: every number that a run does not take from its command line. Pages show them too."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe:
    """How a detector is trained.

    The network sees pictures enlarged by `network_scale`: most spines are 8 to 15 px wide, little more than
    its finest stride of 8. `scales` is the range of a random scale on top. The first `made_first` of the
    budget shows made images alone, the rest `made_share` of them. `inverted_share` of the crops are shown
    dark on bright.
    """

    network_scale: float = 1.5
    crop_px: int = 320
    batch: int = 8
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-4
    warm_up_steps: int = 200
    scales: tuple[float, float] = (0.7, 1.5)
    made_images: int = 400
    made_first: float = 0.1
    made_share: float = 0.12
    inverted_share: float = 0.06
    average_decay: float = 0.999
    gradient_norm: float = 10.0
    steps_per_epoch: int = 100
    epochs_per_check: int = 8
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
