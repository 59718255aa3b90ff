"""How good the found spines are, against annotated ones. Plain numpy, for training and for serving alike.

A prediction hits an annotated spine one to one within an image, the best score choosing first, under one of
two rules: CENTRE, its centre lies within half the longer side of the annotated box from that box's centre;
IOU50, the boxes' intersection over union is at least one half. Of several spines in reach it takes the
nearest (the most overlapping) that is still free.

Classes are compared on the centre-matched pairs whose annotated class is one of the four: others, such as
"ball" or "spine", count as spines for detection only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spines.accuracy.matching import as_boxes, centre_closeness
from worker.bootstrap import Difference, by_group, drawn_sums, interval, paired_difference
from worker.inference.card import SPINE_CLASSES

CALIBRATION_BINS = 10

Floats = NDArray[np.float64]
ClassPairs = tuple[NDArray[np.intp], Floats]


class Rule(StrEnum):
    """When a prediction hits an annotated spine."""

    CENTRE = "centre"
    IOU50 = "iou50"


@dataclass(frozen=True, kw_only=True)
class ScoredImage:
    """One image's annotated and predicted spines; boxes are (n, 4) x, y, width, height in pixels.

    `class_probabilities` is (n, 4) in the order of SPINE_CLASSES, or None when no classes were predicted. Images of one
    `group` (an animal, a dendrite, an acquisition) are drawn together for intervals; "" is a group of its own.
    """

    true_boxes_px: ArrayLike
    true_classes: Sequence[str]
    boxes_px: ArrayLike
    scores: ArrayLike
    class_probabilities: ArrayLike | None = None
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class DetectionFigures:
    """Found against annotated spines; `f1_95` is the 95 % interval from drawing `groups` with replacement."""

    true_spines: int
    predicted_spines: int
    hits: int
    precision: float
    recall: float
    f1: float
    f1_95: tuple[float, float]
    average_precision: float
    groups: int


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """Predicted against annotated classes.

    `confusion` has a row for each annotated and a column for each predicted class, in the order of
    SPINE_CLASSES; `macro_f1` is the mean over the classes that were annotated at all.
    """

    spines: int
    accuracy: float
    accuracy_95: tuple[float, float]
    macro_f1: float
    macro_f1_95: tuple[float, float]
    precision: dict[str, float]
    recall: dict[str, float]
    confusion: tuple[tuple[int, ...], ...]
    expected_calibration_error: float


@dataclass(frozen=True, kw_only=True)
class CalibrationBin:
    """Predictions whose confidence lies from `low` to `high`: how many, their mean confidence, how many are right."""

    low: float
    high: float
    spines: int
    confidence: float
    accuracy: float


def match(rule: Rule, *, true_boxes_px: ArrayLike, boxes_px: ArrayLike, scores: ArrayLike) -> NDArray[np.intp]:
    """For each prediction the index of the annotated spine that it hits, or -1."""
    true, found = as_boxes(true_boxes_px), as_boxes(boxes_px)
    hit = np.full(len(found), -1, np.intp)
    if not len(true):
        return hit
    closeness = _closeness(rule, found, true)
    for index in np.argsort(-np.asarray(scores, float), kind="stable"):
        best = int(closeness[index].argmax())
        if closeness[index, best] > -np.inf:
            hit[index] = best
            closeness[:, best] = -np.inf
    return hit


def score_detections(images: Sequence[ScoredImage], rule: Rule = Rule.CENTRE) -> DetectionFigures:
    """Precision, recall, F1 and average precision over all images together."""
    hits = [found_hits(image, rule) for image in images]
    counts = by_group(detection_counts(images, rule), [image.group for image in images])
    hit, predicted, true = counts.sum(axis=0)
    scores = [np.asarray(image.scores, float) for image in images]
    return DetectionFigures(
        true_spines=int(true),
        predicted_spines=int(predicted),
        hits=int(hit),
        precision=float(hit / max(predicted, 1)),
        recall=float(hit / max(true, 1)),
        f1=float(_f1(np.array([hit, predicted, true]))),
        f1_95=interval(_f1(drawn_sums(counts)), len(counts)),
        average_precision=_average_precision(
            np.concatenate([*hits, np.zeros(0, bool)]), np.concatenate([*scores, np.zeros(0)]), int(true)
        ),
        groups=len(counts),
    )


def found_hits(image: ScoredImage, rule: Rule = Rule.CENTRE) -> NDArray[np.bool_]:
    """For each prediction of an image whether it hits an annotated spine."""
    return match(rule, true_boxes_px=image.true_boxes_px, boxes_px=image.boxes_px, scores=image.scores) >= 0


def detection_counts(images: Sequence[ScoredImage], rule: Rule = Rule.CENTRE) -> Floats:
    """(images, 3): spines hit, spines predicted, spines annotated."""
    hits = [found_hits(image, rule) for image in images]
    counts = [(h.sum(), len(h), len(as_boxes(i.true_boxes_px))) for h, i in zip(hits, images, strict=True)]
    return np.array(counts, float).reshape(-1, 3)


def confusions_of(pairs: Sequence[ClassPairs]) -> Floats:
    """(images, 4, 4): spines by annotated and by predicted class, in the order of SPINE_CLASSES."""
    confusions = np.zeros((len(pairs), 4, 4))
    for confusion, (true, probabilities) in zip(confusions, pairs, strict=True):
        np.add.at(confusion, (true, probabilities.argmax(axis=1)), 1)
    return confusions


def f1_difference(counts: Floats, other_counts: Floats) -> Difference:
    """F1 of detections less another network's, both (groups, 3) over the same groups in the same order."""
    return paired_difference(counts, other_counts, _f1)


def macro_f1_difference(confusions: Floats, other_confusions: Floats) -> Difference:
    """Macro-F1 of classes less another network's, both (groups, 4, 4) over the same groups in the same order."""
    return paired_difference(confusions, other_confusions, lambda drawn: _class_scores(drawn)[2])


def calibration_bins(confidence: Floats, right: NDArray[np.bool_]) -> list[CalibrationBin]:
    """Predictions by confidence in equal bins, empty ones left out."""
    numbers = _bin_numbers(confidence)
    return [
        CalibrationBin(
            low=number / CALIBRATION_BINS,
            high=(number + 1) / CALIBRATION_BINS,
            spines=int((numbers == number).sum()),
            confidence=float(confidence[numbers == number].mean()),
            accuracy=float(right[numbers == number].mean()),
        )
        for number in np.unique(numbers).tolist()
    ]


def score_classes(images: Sequence[ScoredImage]) -> ClassFigures | None:
    """Class figures on centre-matched spines; None where no such pair has a class on both sides."""
    return score_class_pairs([_class_pairs(image) for image in images], groups=[image.group for image in images])


def score_class_pairs(pairs: Sequence[ClassPairs], *, groups: Sequence[str]) -> ClassFigures | None:
    """Class figures of annotated class indices (k,) and predicted probabilities (k, 4) an image; None without any."""
    confusions = confusions_of(pairs)
    total = confusions.sum(axis=0)
    if not total.any():
        return None
    # Pictures without a spine of the four classes say nothing, so they are no groups.
    seen = [number for number, (true, _) in enumerate(pairs) if len(true)]
    of_groups = by_group(confusions[seen], [groups[number] for number in seen])
    drawn = drawn_sums(of_groups)
    precision, recall, macro_f1 = _class_scores(total)
    truth = np.concatenate([true for true, _ in pairs])
    predicted = np.concatenate([probabilities for _, probabilities in pairs])
    return ClassFigures(
        spines=int(total.sum()),
        accuracy=float(_accuracy(total)),
        accuracy_95=interval(_accuracy(drawn), len(of_groups)),
        macro_f1=float(macro_f1),
        macro_f1_95=interval(_class_scores(drawn)[2], len(of_groups)),
        precision=dict(zip(SPINE_CLASSES, precision.tolist(), strict=True)),
        recall=dict(zip(SPINE_CLASSES, recall.tolist(), strict=True)),
        confusion=tuple(tuple(int(n) for n in row) for row in total),
        expected_calibration_error=_calibration_error(predicted, truth),
    )


def _closeness(rule: Rule, found: Floats, true: Floats) -> Floats:
    """(n, m): the higher the better a prediction fits an annotated spine, -inf where it does not hit it."""
    if rule is Rule.CENTRE:
        return centre_closeness(found, true)
    low = np.maximum(found[:, None, :2], true[:, :2])
    high = np.minimum(found[:, None, :2] + found[:, None, 2:], true[:, :2] + true[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    overlap = shared / np.maximum(found[:, None, 2:].prod(axis=2) + true[:, 2:].prod(axis=1) - shared, 1e-9)
    return np.where(overlap >= 0.5, overlap, -np.inf)


def _f1(counts: Floats) -> Floats:
    """F1 from (…, 3) hits, predicted, annotated; 1 where there is nothing to find and nothing found."""
    hits, spines = counts[..., 0], counts[..., 1] + counts[..., 2]
    return np.where(spines > 0, 2 * hits / np.maximum(spines, 1), 1.0)


def _average_precision(hits: NDArray[np.bool_], scores: Floats, true_spines: int) -> float:
    """Area under the precision-recall curve, precision made falling (Everingham et al. 2010, all points)."""
    ranked = hits[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best_from_here[ranked].sum() / max(true_spines, 1))


def _class_pairs(image: ScoredImage) -> ClassPairs:
    """Annotated class indices (k,) and predicted probabilities (k, 4) of the centre-matched spines."""
    if image.class_probabilities is None:
        return np.zeros(0, np.intp), np.zeros((0, 4))
    found = match(Rule.CENTRE, true_boxes_px=image.true_boxes_px, boxes_px=image.boxes_px, scores=image.scores)
    rows = [i for i, j in enumerate(found) if j >= 0 and image.true_classes[j] in SPINE_CLASSES]
    true = np.array([SPINE_CLASSES.index(image.true_classes[found[i]]) for i in rows], np.intp)
    return true, np.asarray(image.class_probabilities, float).reshape(-1, 4)[rows]


def _accuracy(confusion: Floats) -> Floats:
    """From (…, 4, 4)."""
    right = np.trace(confusion, axis1=-2, axis2=-1)
    return np.asarray(right / np.maximum(confusion.sum(axis=(-2, -1)), 1), float)


def _class_scores(confusion: Floats) -> tuple[Floats, Floats, Floats]:
    """Precision (…, 4), recall (…, 4) and macro-F1 (…) from (…, 4, 4)."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    annotated = confusion.sum(axis=-1)
    recall = right / np.maximum(annotated, 1)
    precision = right / np.maximum(confusion.sum(axis=-2), 1)
    f1 = 2 * recall * precision / np.maximum(recall + precision, 1e-9)
    present = annotated > 0
    macro_f1 = np.where(present, f1, 0).sum(axis=-1) / np.maximum(present.sum(axis=-1), 1)
    return precision, recall, macro_f1


def _calibration_error(probabilities: Floats, true: NDArray[np.intp]) -> float:
    """Expected calibration error of the likeliest class, equal bins (Guo et al. 2017)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    bins = _bin_numbers(confidence)
    gaps = [confidence[bins == b].sum() - right[bins == b].sum() for b in range(CALIBRATION_BINS)]
    return float(np.abs(gaps).sum() / max(len(true), 1))


def _bin_numbers(confidence: Floats) -> NDArray[np.intp]:
    return np.minimum((confidence * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
