"""Figures of a network and of the one in use on the same pictures, as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from worker.bootstrap import by_group
from worker.evaluation import (
    Rule,
    ScoredImage,
    calibration_bins,
    confusions_of,
    detection_counts,
    f1_difference,
    found_hits,
    macro_f1_difference,
    match,
    score_class_pairs,
    score_detections,
)
from worker.inference.card import SPINE_CLASSES
from worker.training.judging.answers import FoundBoxes, JudgedImage, NamedSpines
from worker.training.judging.operating_point import THRESHOLDS

Figures = dict[str, Any]


def classifier_figures(images: Sequence[JudgedImage], named: Sequence[NamedSpines]) -> Figures:
    """Accuracy, macro-F1, figures by class, confusion, calibration, and the share that is called."""
    groups = [judged.group for judged in images]
    figures = score_class_pairs([(of.labels, of.probabilities) for of in named], groups=groups)
    assert figures is not None, "judged pictures have spines"
    probabilities = np.concatenate([of.probabilities for of in named])
    right = probabilities.argmax(axis=1) == np.concatenate([of.labels for of in named])
    called = np.concatenate([of.called for of in named])
    confusion = np.array(figures.confusion)
    return {
        "accuracy": figures.accuracy,
        "accuracy_95": figures.accuracy_95,
        "macro_f1": figures.macro_f1,
        "macro_f1_95": figures.macro_f1_95,
        "by_class": {
            name: {
                "precision": (precision := figures.precision[name]),
                "recall": (recall := figures.recall[name]),
                "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
                "spines": int(confusion[index].sum()),
            }
            for index, name in enumerate(SPINE_CLASSES)
        },
        "confusion": figures.confusion,
        "calibration_error": figures.expected_calibration_error,
        "calibration": [asdict(each) for each in calibration_bins(probabilities.max(axis=1), right)],
        "called_share": float(called.mean()),
        "called_accuracy": float(right[called].mean()) if called.any() else None,
    }


def classifier_difference(
    images: Sequence[JudgedImage], named: Sequence[NamedSpines], active: Sequence[NamedSpines]
) -> Figures:
    """Macro-F1 less that of the network in use; groups of pictures are drawn."""
    groups = [judged.group for judged in images]
    both = (by_group(confusions_of([(of.labels, of.probabilities) for of in each]), groups) for each in (named, active))
    return asdict(macro_f1_difference(*both))


def detector_figures(images: Sequence[JudgedImage], found: Sequence[FoundBoxes]) -> Figures:
    """F1, precision, recall and average precision by centres, F1 by overlap, and calibration."""
    by_centre, by_overlap = scored(images, found), scored(images, found, tight=True)
    centre, overlap = score_detections(by_centre), score_detections(by_overlap, Rule.IOU50)
    hits = np.concatenate([found_hits(image) for image in by_centre])
    scores = np.concatenate([np.asarray(image.scores, np.float64) for image in by_centre])
    return {
        "f1": centre.f1,
        "f1_95": centre.f1_95,
        "precision": centre.precision,
        "recall": centre.recall,
        "average_precision": centre.average_precision,
        "iou50_f1": overlap.f1,
        "iou50_f1_95": overlap.f1_95,
        "calibration": [asdict(each) for each in calibration_bins(scores, hits)],
    }


def detector_curve(images: Sequence[JudgedImage], found: Sequence[FoundBoxes]) -> list[dict[str, float]]:
    """Precision and recall at thresholds 0.02 apart, one row a threshold; none where nothing is reported."""
    by_centre = scored(images, found)
    hits = np.concatenate([found_hits(image) for image in by_centre])
    scores = np.concatenate([np.asarray(image.scores, np.float64) for image in by_centre])
    true_spines = max(sum(len(image.boxes_px) for image in images), 1)
    passed = [(round(float(at), 2), scores >= at) for at in THRESHOLDS[::2]]
    return [
        {
            "threshold": at,
            "precision": round(float(hits[above].mean()), 4),
            "recall": round(float(hits[above].sum()) / true_spines, 4),
        }
        for at, above in passed
        if above.any()
    ]


def detector_difference(
    images: Sequence[JudgedImage], found: Sequence[FoundBoxes], active: Sequence[FoundBoxes]
) -> Figures:
    """Centre-F1 less that of the network in use; groups of pictures are drawn."""
    groups = [judged.group for judged in images]
    both = (by_group(detection_counts(scored(images, each)), groups) for each in (found, active))
    return asdict(f1_difference(*both))


def scored(images: Sequence[JudgedImage], found: Sequence[FoundBoxes], *, tight: bool = False) -> list[ScoredImage]:
    """What was found beside what was annotated, with the boxes shrunk to the spines (`tight`) or as they are.

    A report where nobody looked counts only if it hits a spine by its centre.
    """
    rows = [(judged, of, _counting(judged, of)) for judged, of in zip(images, found, strict=True)]
    return [
        ScoredImage(
            true_boxes_px=judged.tight_boxes_px if tight else judged.boxes_px,
            true_classes=judged.image.classes,
            boxes_px=[of.boxes_px[i] for i in counting],
            scores=[of.scores[i] for i in counting],
            group=judged.group,
        )
        for judged, of, counting in rows
    ]


def _counting(judged: JudgedImage, of: FoundBoxes) -> list[int]:
    hits = match(Rule.CENTRE, true_boxes_px=judged.boxes_px, boxes_px=of.boxes_px, scores=of.scores) >= 0
    counting: list[int] = np.flatnonzero(hits | judged.is_known(of.boxes_px)).tolist()
    return counting
