"""How well a network does, by the names of the figures that trainings and comparisons write."""

from __future__ import annotations

FIGURES = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "f1": "F1, centre rule",
    "precision": "Precision",
    "recall": "Recall",
    "average_precision": "Average precision",
    "iou50_f1": "F1, half the area shared",
    "calibration_error": "Calibration error",
    "called_share": "Called, not left uncertain",
    "called_accuracy": "Accuracy of those called",
}
"""As a page calls them, in its order."""
