"""How good a classifier's probabilities are on annotated spines, and the temperature and threshold they ask for."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.evaluation import ScoredImage, score_classes
from worker.inference.backends import Network
from worker.inference.card import SPINE_CLASSES
from worker.inference.classifier import flips_of
from worker.training.data.windows import LabelledSpine, labels_of, serving_windows

Logits = NDArray[np.float64]

TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 101))
THRESHOLDS = np.linspace(0.4, 0.98, 59)
RIGHT_WHEN_CALLED = 0.95
WINDOWS_AT_ONCE = 32
# A detector's box is off an annotated one by about a tenth of its sides.
SHIFTED_VIEWS = 4
SHIFT_OF_BOX = 0.1


def logits_of(
    network: Network, windows: NDArray[np.float32], *, flips: int, gives_logits: bool, turned: bool = False
) -> Logits:
    """(flips, n, 4) logits of (n, side, side, 3) windows and of their mirror images, as serving asks for them."""
    views = []
    for axes in flips_of(flips, turned=turned):
        mirrored = np.ascontiguousarray(np.flip(windows, axes)) if axes else windows
        parts = [
            network(mirrored[first : first + WINDOWS_AT_ONCE])[0] for first in range(0, len(windows), WINDOWS_AT_ONCE)
        ]
        outputs = np.concatenate(parts).astype(np.float64)
        views.append(outputs if gives_logits else np.log(np.maximum(outputs, 1e-12)))
    return np.stack(views)


def probabilities(logits: Logits, temperature: float) -> NDArray[np.float64]:
    """(n, 4): softmax over a temperature, the mean of the (flips, n, 4) views."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = (powers / powers.sum(axis=-1, keepdims=True)).mean(axis=0)
    return shares


def fit_temperature(logits: Logits, labels: NDArray[np.int64]) -> float:
    """Temperature of the lowest negative log-likelihood of (n,) labels (Guo et al. 2017)."""
    rows = np.arange(len(labels))
    losses = [-np.log(np.maximum(probabilities(logits, t)[rows, labels], 1e-12)).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def choose_threshold(found: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The lowest confidence below which a class is left uncertain so that 95 % of the others are right."""
    confidence, right = found.max(axis=1), found.argmax(axis=1) == labels
    for threshold in THRESHOLDS:
        called = confidence >= threshold
        if called.any() and right[called].mean() >= RIGHT_WHEN_CALLED:
            return float(threshold)
    return float(THRESHOLDS[-1])


def shifted_logits(
    network: Network,
    spines: Sequence[LabelledSpine],
    *,
    window: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> tuple[Logits, NDArray[np.int64]]:
    """Logits of each spine's window and of copies shifted like a detector's, (flips, n · 5, 4), and their labels."""
    rng = np.random.default_rng(0)
    shifts = [np.zeros((len(spines), 2))]
    shifts += [SHIFT_OF_BOX * rng.standard_normal((len(spines), 2)) for _ in range(SHIFTED_VIEWS)]
    logits = [logits_of(network, serving_windows(spines, **window, shifts=shift), **asked) for shift in shifts]
    return np.concatenate(logits, axis=1), np.tile(labels_of(spines), len(shifts))


def class_figures(spines: Sequence[LabelledSpine], found: NDArray[np.float64]) -> dict[str, Any]:
    """Accuracy, macro-F1, recalls and calibration of (n, 4) probabilities on annotated spines; images are drawn."""
    by_image: dict[int, list[int]] = {}
    for index, spine in enumerate(spines):
        by_image.setdefault(id(spine.image), []).append(index)
    images = []
    for rows in by_image.values():
        boxes_px = [[index * 10.0, 0.0, 5.0, 5.0] for index in range(len(rows))]
        images.append(
            ScoredImage(
                true_boxes_px=boxes_px,
                true_classes=[SPINE_CLASSES[spines[row].label] for row in rows],
                boxes_px=boxes_px,
                scores=np.ones(len(rows)),
                class_probabilities=found[rows],
            )
        )
    figures = score_classes(images)
    assert figures is not None
    return {
        "accuracy": round(figures.accuracy, 4),
        "accuracy 95 %": [round(bound, 4) for bound in figures.accuracy_95],
        "macro-F1": round(figures.macro_f1, 4),
        "macro-F1 95 %": [round(bound, 4) for bound in figures.macro_f1_95],
        "spines": figures.spines,
        "precision": {name: round(value, 3) for name, value in figures.precision.items()},
        "recall": {name: round(value, 3) for name, value in figures.recall.items()},
        "confusion, rows annotated": [list(row) for row in figures.confusion],
        "expected calibration error": round(figures.expected_calibration_error, 4),
    }
