"""How far an image is from those that a detector was trained on, by what can be counted in its pixels.

An image becomes a vector of grey quantiles, noise, detail by scale, ridges and their polarity. The detector's card
holds such vectors of its training images. The distance to the nearest ones, over how far those are from their own
neighbours, over what one in a hundred training images reaches among those of other groups, is the unlikeness.
What any lab's pictures of dendrites have in common (`worker.inference.evidence`) tells pictures of another lab from
those of another kind. See docs/unlikeness.md.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spines.vocabulary.picture_grades import Grade
from worker.inference.backends import Array
from worker.inference.card import BrokenModel, DetectorCard
from worker.inference.evidence import INDIFFERENT, LENGTH, POLARITY, QUANTITIES, evidence_of

LOOK_VERSION = 2
MOST_UNLIKE = 99.0
NEIGHBOURS = 3
NEIGHBOURS_OF_SPREAD = 5
LEVELS = 6
RIDGE_LEVELS = 4
COHERENCE_LEVELS = (1, 2)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
FEATURES: tuple[str, ...] = (
    "black share",
    "saturated share",
    *(f"grey quantile {quantile}" for quantile in QUANTILES),
    "noise",
    "noise over two pixels",
    *(f"detail over {2**level} px" for level in range(LEVELS)),
    *(f"ridge polarity at {2**level} px" for level in range(RIDGE_LEVELS)),
    *(f"ridge sparseness at {2**level} px" for level in range(RIDGE_LEVELS)),
    *(f"coherence at {2**level} px" for level in COHERENCE_LEVELS),
    "diagonal edges",
)
"""What is counted in an image, in the order of the vectors."""

_GREY_LEVELS = 255
_FAINTEST = 1e-6
_SMALLEST_SIDE_PX = 2 ** (LEVELS + 1)


@dataclass(frozen=True, kw_only=True)
class Graded:
    """How unlike the training images a picture is, 1 being what one of them in a hundred passes, and its grade."""

    unlikeness: float
    grade: Grade


@dataclass(frozen=True, kw_only=True)
class TrainedLook:
    """What the training images of a detector look like.

    A vector v becomes `whitening @ (v - mean)`; `references` (n, k) are training images, so whitened, and `spreads`
    (n,) how far each is from its neighbours of other groups. `threshold` is where the unlikeness is 1. Pictures with
    less of a quantity of evidence than `limits` (len(QUANTITIES),) are of another kind.
    """

    mean: NDArray[np.float64]
    whitening: NDArray[np.float64]
    references: NDArray[np.float64]
    spreads: NDArray[np.float64]
    threshold: float
    limits: NDArray[np.float64]

    def graded(self, normalised: Array, *, scale: float, turned: bool = False) -> Graded:
        """How unlike a plane is, and what that means.

        Parameters
        ----------
        normalised : (M, N) ndarray of float32 in [0, 1], from `worker.preprocess.normalise`.
        scale : pixels of the picture that the networks see to one of the plane.
        turned : the picture was dark on light and the plane is its negative: a stain, whatever the plane looks like.
        """
        unlikeness = self.unlikeness(features_of(normalised, scale=scale))
        evidence = evidence_of(normalised, scale=scale)
        return Graded(unlikeness=unlikeness, grade=self.grade_of(unlikeness, evidence, turned=turned))

    def grade_of(self, unlikeness: float, evidence: NDArray[np.float64] | None, *, turned: bool = False) -> Grade:
        """The grade of a picture of this unlikeness and evidence."""
        if evidence is None:
            return Grade.NO_NEURON
        if turned:  # what told that it is dark on light was there to be seen
            return Grade.OTHER_KIND
        if evidence[LENGTH] < self.limits[LENGTH]:
            return Grade.NO_NEURON
        if abs(evidence[POLARITY]) < self.limits[POLARITY]:  # edges either way, as of things that reflect light
            return Grade.NO_NEURON
        if bool((evidence < self.limits).any()):
            return Grade.OTHER_KIND
        return Grade.AS_TRAINED if unlikeness <= 1 else Grade.OTHER_LAB

    def unlikeness(self, features: NDArray[np.float64] | None) -> float:
        """Of an image's features; above 1 it is unlike. `MOST_UNLIKE` where there is nothing in the image."""
        if features is None:
            return MOST_UNLIKE
        distances = np.linalg.norm(self.references - self.whitening @ (features - self.mean), axis=1)
        return float(min(relative_distance(distances, self.spreads) / self.threshold, MOST_UNLIKE))

    def as_entry(self) -> dict[str, Any]:
        """The `look` entry of a card."""
        return {
            "version": LOOK_VERSION,
            "features": list(FEATURES),
            "mean": _packed(self.mean, "<f4"),
            "whitening": _packed(self.whitening, "<f4"),
            "references": _packed(self.references, "<f2"),
            "spreads": _packed(self.spreads, "<f2"),
            "threshold": round(self.threshold, 5),
            "evidence": dict(zip(QUANTITIES, self.limits.round(4).tolist(), strict=True)),
        }


def neighbour_distance(distances: NDArray[np.float64]) -> float:
    """The mean of the `NEIGHBOURS` smallest of (n,)."""
    return float(np.partition(distances, NEIGHBOURS - 1)[:NEIGHBOURS].mean())


def relative_distance(distances: NDArray[np.float64], spreads: NDArray[np.float64]) -> float:
    """The neighbours' distance over the root of their spread: kinds of images that differ much may lie further off."""
    nearest = np.argpartition(distances, NEIGHBOURS_OF_SPREAD - 1)[:NEIGHBOURS_OF_SPREAD]
    return neighbour_distance(distances) / float(np.sqrt(spreads[nearest].mean()))


def read_look(card: DetectorCard) -> TrainedLook | None:
    """The look in a detector's card; None where it has none, or one of other features. Raises BrokenModel."""
    entry = card.raw.get("look")
    if entry is None:
        return None
    try:
        if entry["version"] != LOOK_VERSION or entry["features"] != list(FEATURES):
            return None
        look = TrainedLook(
            mean=_unpacked(entry["mean"], "<f4"),
            whitening=_unpacked(entry["whitening"], "<f4").reshape(-1, len(FEATURES)),
            references=_unpacked(entry["references"], "<f2").reshape(-1, len(FEATURES)),
            spreads=_unpacked(entry["spreads"], "<f2"),
            threshold=float(entry["threshold"]),
            limits=np.array([float(entry["evidence"][name]) for name in QUANTITIES]),
        )
    except (TypeError, KeyError, ValueError):
        look = None
    if look is None or not _is_usable(look):
        raise BrokenModel(
            f"The model card in {card.folder} has no usable look: write it anew with "
            "python -m worker.training.judging.unlikeness, or put the card back from its training run."
        )
    return look


def _is_usable(look: TrainedLook) -> bool:
    count = len(FEATURES)
    return (
        look.mean.shape == (count,)
        and look.whitening.shape == (count, count)
        and len(look.references) == len(look.spreads) >= NEIGHBOURS_OF_SPREAD
        and bool(np.isfinite(look.references).all() and (look.spreads > 0).all())
        and look.threshold > 0
        and bool((look.limits > INDIFFERENT).all() and np.isfinite(look.limits).all())
    )


def features_of(normalised: Array, *, scale: float) -> NDArray[np.float64] | None:
    """The features of a plane, (len(FEATURES),); None where nothing is in it.

    Parameters
    ----------
    normalised : (M, N) ndarray of float32 in [0, 1], from `worker.preprocess.normalise`.
    scale : pixels of the picture that the networks see to one of the plane, from `scale_for`.
    """
    shown = _without_black(normalised)
    if shown is None:
        return None
    if scale != 1:
        height, width = (max(1, round(side * scale)) for side in shown.shape)
        shown = np.asarray(Image.fromarray(shown).resize((width, height), Image.Resampling.BILINEAR), np.float32)
    if min(shown.shape) < _SMALLEST_SIDE_PX:
        shown = np.pad(shown, [(0, max(0, _SMALLEST_SIDE_PX - side)) for side in shown.shape])
    pyramid = [shown]
    for _level in range(LEVELS):
        pyramid.append(_halved(pyramid[-1]))
    ridges = [_ridges(level) for level in pyramid[:RIDGE_LEVELS]]
    edges = [_edges(pyramid[level]) for level in COHERENCE_LEVELS]
    return np.array(
        [
            *_greys(shown),
            *_noise(shown),
            *_detail(pyramid),
            *(polarity for polarity, _ in ridges),
            *(sparseness for _, sparseness in ridges),
            *(coherence for coherence, _ in edges),
            edges[0][1],
        ]
    )


def _without_black(image: Array) -> Array | None:
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def _greys(image: Array) -> list[float]:
    """Black and saturated share and quantiles of what is not black."""
    counts = np.bincount((image * _GREY_LEVELS + 0.5).astype(np.uint8).ravel(), minlength=_GREY_LEVELS + 1)
    above = np.cumsum(counts[1:])
    quantiles = [(1 + int(np.searchsorted(above, share * above[-1]))) / _GREY_LEVELS for share in QUANTILES]
    return [
        float(np.sqrt(counts[0] / image.size)),
        float(np.sqrt(counts[-1] / image.size)),
        *(float(np.sqrt(quantile)) for quantile in quantiles),
    ]


def _noise(image: Array) -> list[float]:
    """Logarithm of the usual second difference where there is light, over one pixel and over two."""
    thinned = []
    for step in (1, 2):
        middle = image[step:-step:2, step:-step]
        bent = np.abs(2 * middle - image[step:-step:2, : -2 * step] - image[step:-step:2, 2 * step :])
        lit = bent[middle > 1 / _GREY_LEVELS]
        thinned.append(float(np.log(np.median(lit) + 1e-3)) if lit.size else float(np.log(1e-3)))
    return thinned


def _detail(pyramid: list[Array]) -> list[float]:
    """Logarithm of the variance that goes with each halving."""
    variances = [float(level.var()) for level in pyramid]
    return [0.5 * float(np.log(max(fine - coarse, 0.0) + _FAINTEST)) for fine, coarse in pairwise(variances)]


def _ridges(image: Array) -> tuple[float, float]:
    """Skewness of second differences, positive for bright ridges on dark, and logarithm of their kurtosis."""
    across = 2 * image[:, 1:-1] - image[:, :-2] - image[:, 2:]
    down = 2 * image[1:-1] - image[:-2] - image[2:]
    second, third, fourth = 0.0, 0.0, 0.0
    for bent in (across.ravel(), down.ravel()):
        square = bent * bent
        second += float(square.mean()) / 2
        third += float((square @ bent) / bent.size) / 2
        fourth += float((square @ square) / bent.size) / 2
    if second < 1e-12:
        return 0.0, 0.0
    skewness = third / second**1.5
    return float(np.arcsinh(skewness)), float(np.log(fourth / second**2))


def _edges(image: Array) -> tuple[float, float]:
    """How far edges keep one direction within 4 pixels, 0 to 1, and how much of them lies on the diagonals."""
    across = image[:-1, 1:] - image[:-1, :-1]
    down = image[1:, :-1] - image[:-1, :-1]
    xx, yy, xy = (_halved(_halved(product)) for product in (across * across, down * down, across * down))
    energy = float((xx + yy).sum())
    if energy < _FAINTEST:
        return 0.0, 0.0
    return float(np.hypot(xx - yy, 2 * xy).sum()) / energy, 2 * float(np.abs(xy).sum()) / energy


def _halved(image: Array) -> Array:
    """Means of 2 × 2 pixels; an odd last row or column is left out."""
    height, width = (side // 2 * 2 for side in image.shape)
    rows = image[:height:2, :width] + image[1:height:2, :width]
    return np.asarray((rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25))


def _packed(values: NDArray[np.float64], kind: str) -> str:
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")


def _unpacked(text: str, kind: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text, validate=True), kind).astype(np.float64)
