"""Named ways to train: every number that a run does not take from its command line. Pages show them too."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe:
    """How a detector is trained.

    The network sees pictures enlarged by `network_scale`: most spines are 8 to 15 px wide, little more than
    its finest stride of 8. `scales` is the range of a random scale on top. The first `made_first` of the
    budget shows made images alone, the rest `made_share` of them. `inverted_share` of the crops are shown
    dark on bright, `noisy_share` with the noise of few photons or of a poor detector. A run that starts from
    trained weights skips `made_first` and learns at `continued_rate` times the learning rate; where that network's
    boxes are smaller than `loose_below` times those of a set around the same spines, the set's are shrunk to them.
    """

    network: str = "yolo_nas_s"
    network_scale: float = 1.5
    crop_px: int = 320
    batch: int = 8
    learning_rate: float = 1.5e-3
    continued_rate: float = 0.3
    weight_decay: float = 1e-4
    warm_up_steps: int = 200
    scales: tuple[float, float] = (0.5, 2.0)
    made_images: int = 600
    made_first: float = 0.1
    made_share: float = 0.3
    inverted_share: float = 0.0
    noisy_share: float = 0.4
    loose_below: float = 0.75
    average_decay: float = 0.999
    gradient_norm: float = 10.0
    steps_per_epoch: int = 100
    epochs_per_check: int = 8
    check_images: int = 16


@dataclass(frozen=True, kw_only=True)
class ClassifierRecipe:
    """How a classifier is trained.

    `base` is a TensorFlow Hub handle or the folder of a SavedModel; left empty, it is the 8-bit base of the training
    folder, or the network that the run starts from. `whole` trains the base too; otherwise it stays frozen, its
    features are computed once and a head of `hidden` units is trained on them.

    A window covers `window_px` pixels at the reference scale (0.1 µm a pixel, where that is known) and is resampled
    to `size_px`. `balance` 0 draws classes as often as they are annotated, 1 all equally often. Serving centres
    windows on detected boxes: a training window is shifted by up to `jitter_px`, and up to `jitter_of_box` times the
    sides of its box. `scales` is the range of a random scale, `wide_scales` that of a share `wide_share` of the
    windows: without a pixel size serving shows spines smaller or larger than the reference. Of a batch, `made_share`
    are made spines, `binarised_share` real ones turned into silhouettes, `outline_share` experts' outlines (where the
    training folder has them). `background_share` get haze and another field behind them, `degraded_share` stronger
    blur and noise, `inverted_share` are dark on bright. A frozen base sees `views` changed copies of each spine.
    A run that starts from a trained network averages a share of that network's weights into its own at the end, chosen
    on the val part.
    Serving and judging average `test_time_flips` mirror images, of windows turned towards their light with
    `turned_windows`. Where `patience` is above 0, a run ends when the watched loss has not fallen for as many epochs,
    and keeps the best.
    """

    base: str = ""
    whole: bool = True
    hidden: int = 0
    size_px: int = 96
    window_px: float = 48.0
    batch: int = 32
    learning_rate: float = 3e-4
    continued_rate: float = 0.5
    weight_decay: float = 1e-4
    warm_up_steps: int = 20
    dropout: float = 0.3
    label_smoothing: float = 0.05
    balance: float = 0.5
    jitter_px: float = 2.5
    jitter_of_box: float = 0.1
    scales: tuple[float, float] = (0.8, 1.25)
    wide_scales: tuple[float, float] = (0.45, 1.6)
    wide_share: float = 0.3
    made_images: int = 240
    made_share: float = 0.25
    binarised_share: float = 0.08
    outline_share: float = 0.0
    background_share: float = 0.3
    degraded_share: float = 0.15
    inverted_share: float = 0.04
    views: int = 1
    patience: int = 0
    test_time_flips: int = 2
    turned_windows: bool = True
    steps_per_epoch: int = 60


DETECTOR_RECIPES = {"default": DetectorRecipe()}
CLASSIFIER_RECIPES = {
    "default": ClassifierRecipe(),
    # The published method: a frozen InceptionV3 at 224 px, a dense layer of 1,024, binary images that even out classes.
    "seed": ClassifierRecipe(
        whole=False,
        hidden=1024,
        size_px=224,
        learning_rate=1e-3,
        weight_decay=0.0,
        warm_up_steps=1,
        dropout=0.5,
        label_smoothing=0.0,
        scales=(0.8, 1.25),
        wide_share=0.0,
        made_images=120,
        background_share=0.0,
        degraded_share=0.0,
        inverted_share=0.0,
        views=2,
        turned_windows=False,
        patience=10,
        steps_per_epoch=100,
    ),
}
