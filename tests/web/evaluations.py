"""Comparisons as a training writes them, for the pages that show them."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from spines.imaging import encode_png

CLASSES = ("mushroom", "thin", "stubby", "filopodia")
PICTURE = base64.b64encode(encode_png(np.full((96, 96), 90, np.uint8))).decode()


def classifier_figures(macro_f1: float) -> dict[str, Any]:
    """Figures of a classifier on 200 spines."""
    right = (0.4, 0.6, 0.62, 0.78, 0.83, 0.97)
    confusion = [[80, 5, 5, 0], [4, 40, 2, 4], [3, 2, 35, 0], [0, 2, 0, 18]]
    return {
        "accuracy": 0.865,
        "accuracy_95": [0.81, 0.91],
        "macro_f1": macro_f1,
        "macro_f1_95": [macro_f1 - 0.05, macro_f1 + 0.04],
        "by_class": {
            name: {"precision": 0.9, "recall": 0.8 + at / 100, "f1": 0.85, "spines": sum(confusion[at])}
            for at, name in enumerate(CLASSES)
        },
        "confusion": confusion,
        "calibration_error": 0.031,
        "calibration": [
            {"low": low, "high": low + 0.1, "spines": 10 + 20 * at, "confidence": low + 0.05, "accuracy": right[at]}
            for at, low in enumerate((0.4, 0.5, 0.6, 0.7, 0.8, 0.9))
        ],
        "called_share": 0.91,
        "called_accuracy": 0.951,
    }


def detector_figures(f1: float) -> dict[str, Any]:
    """Figures of a detector."""
    return {
        "f1": f1,
        "f1_95": [f1 - 0.03, f1 + 0.03],
        "precision": 0.84,
        "recall": 0.8,
        "average_precision": 0.81,
        "iou50_f1": 0.61,
        "iou50_f1_95": [0.58, 0.64],
        "calibration": [
            {"low": i / 5, "high": (i + 1) / 5, "spines": 30, "confidence": i / 5 + 0.1, "accuracy": i / 5 + 0.05}
            for i in range(1, 5)
        ],
    }


def classifier_evaluation(*, active_id: int, active_name: str, is_better: bool = True) -> dict[str, Any]:
    """A candidate beside the active classifier."""
    value = 0.028 if is_better else -0.012
    return {
        "kind": "classifier",
        "part": "test",
        "images": 24,
        "spines": 200,
        "figure": "macro_f1",
        "candidate": classifier_figures(0.84 + value),
        "active": classifier_figures(0.84),
        "difference": {"value": value, "low": value - 0.018, "high": value + 0.018},
        "groups": 12,
        "verdict": "better" if is_better else "not shown",
        "reasons": [
            "On the new pictures it is better: the whole interval of the difference lies above 0."
            if is_better
            else "On the new pictures too little is known: the interval of the difference is wide about 0."
        ],
        "margin": 0.05,
        "panel": [
            {
                "name": "Made images",
                "groups": 24,
                "images": 24,
                "spines": 310,
                "candidate": 0.71,
                "active": 0.7,
                "difference": {"value": 0.01, "low": -0.012, "high": 0.03},
                "verdict": "no worse",
            },
            {
                "name": "Lab of few dendrites",
                "groups": 3,
                "images": 9,
                "spines": 60,
                "candidate": 0.8,
                "active": 0.9,
                "difference": {"value": -0.1, "low": -1.0, "high": 1.0},
                "verdict": "none",
            },
        ],
        "wrong": [
            {"png": PICTURE, "file_name": "a.png", "true": "thin", "predicted": "filopodia", "probability": 0.71},
            {"png": PICTURE, "file_name": "b.png", "true": "mushroom", "predicted": "stubby", "probability": 0.58},
        ],
        "compared_with": {"id": active_id, "name": active_name},
    }


def detector_evaluation() -> dict[str, Any]:
    """A detector that nothing was compared with."""
    return {
        "kind": "detector",
        "part": "val",
        "images": 30,
        "spines": 900,
        "figure": "f1",
        "candidate": detector_figures(0.82),
        "active": None,
        "difference": None,
        "groups": 9,
        "verdict": "none",
        "reasons": ["No other network was compared on these images."],
        "margin": 0.03,
        "panel": [],
        "wrong": [{"png": PICTURE, "file_name": "a.png", "true": "spine", "predicted": "missed", "probability": 0.1}],
        "compared_with": None,
    }
