"""Naming a spine's shape with the classification network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from spines.statistics.likeness import reduced
from worker.inference.backends import Array, Network
from worker.inference.card import SPINE_CLASSES, ClassifierCard, ClassifierOutput
from worker.inference.detector import Box
from worker.preprocess import crop_windows

ROIS_AT_ONCE = 32

# Mirrored axes of (n, S, S) windows: none, left-right, up-down, both. A turned window keeps its light to the right.
FLIPS: tuple[tuple[int, ...], ...] = ((), (2,), (1,), (1, 2))
FLIPS_OF_TURNED: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))


def flips_of(count: int, *, turned: bool) -> tuple[tuple[int, ...], ...]:
    """The first `count` ways in which (n, S, S) windows are mirrored, as axes: none, then those that keep the light."""
    return (FLIPS_OF_TURNED if turned else FLIPS)[:count]


@dataclass(frozen=True, kw_only=True)
class Classification:
    """A spine's class: all four probabilities (they add up to 1), the likeliest, and whether it is doubtful.

    `likeness` is what the network read of it (`spines.statistics.likeness`), where it was opened to tell.
    """

    class_probabilities: dict[str, float]
    spine_class: str
    uncertain: bool
    likeness: bytes = b""


class _Read(NamedTuple):
    """Of spines: class probabilities (n, 4), and what the last layer read (n, …), None where it does not tell."""

    probabilities: Array
    features: Array | None


class Classifier:
    """The classification network with its card."""

    def __init__(self, card: ClassifierCard, network: Network) -> None:
        self.card = card
        self._network = network

    def __call__(self, normalised: Array, boxes_px: Sequence[Box], *, scale: float = 1.0) -> list[Classification]:
        """Classify each box, in the order given.

        The network sees a window of fixed size around the box's centre, never the box: its size and shape
        tell how a spine was annotated, not what it is.

        Parameters
        ----------
        normalised : (M, N) ndarray of float32 in [0, 1].
        boxes_px : x, y, width, height in pixels of the original image.
        scale : the detector's scale of this image; the window covers the same length of dendrite at any.
        """
        if not boxes_px:
            return []
        boxes = np.asarray(boxes_px, np.float64)
        centres = boxes[:, :2] + boxes[:, 2:] / 2
        named = []
        for first in range(0, len(centres), ROIS_AT_ONCE):
            read = self._read(normalised, centres[first : first + ROIS_AT_ONCE], scale=scale)
            looks = [b""] * len(read.probabilities) if read.features is None else reduced(read.features)
            named += [self._classification(row, look) for row, look in zip(read.probabilities, looks, strict=True)]
        return named

    def _read(self, normalised: Array, centres: NDArray[np.float64], *, scale: float) -> _Read:
        card = self.card
        windows = crop_windows(
            normalised,
            centres,
            window_px=card.window_px / scale,
            size_px=card.input_size_px,
            turned=card.turned_windows,
        )
        windows = windows * np.float32(card.input_scale) + np.float32(card.input_offset)
        flips = flips_of(card.test_time_flips, turned=card.turned_windows)
        views = [self._network(_rgb(np.flip(windows, axes))) for axes in flips]
        probabilities = np.mean([self._calibrated(view[0]) for view in views], axis=0)
        features = np.mean([view[1] for view in views], axis=0) if len(views[0]) > 1 else None
        return _Read(np.asarray(probabilities, np.float32), features)

    def _calibrated(self, outputs: Array) -> Array:
        """Class probabilities (n, 4) after temperature scaling (Guo et al. 2017)."""
        if self.card.output is ClassifierOutput.PROBABILITIES:
            outputs = np.log(np.maximum(outputs, 1e-12))
        logits = outputs.astype(np.float64) / self.card.temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)

    def _classification(self, probabilities: Array, likeness: bytes) -> Classification:
        named = dict(zip(SPINE_CLASSES, probabilities.astype(float).tolist(), strict=True))
        spine_class, uncertain = likeliest(named, uncertain_below=self.card.uncertain_below)
        return Classification(
            class_probabilities=named, spine_class=spine_class, uncertain=uncertain, likeness=likeness
        )


def likeliest(probabilities: Mapping[str, float], *, uncertain_below: float) -> tuple[str, bool]:
    """The class of the greatest probability, and whether that is too small to call it."""
    best = max(probabilities, key=lambda name: probabilities[name])
    return best, probabilities[best] < uncertain_below


def _rgb(windows: Array) -> Array:
    """(n, S, S) to (n, S, S, 3): the network was trained on three equal channels."""
    return np.repeat(windows[..., None], 3, axis=3)
