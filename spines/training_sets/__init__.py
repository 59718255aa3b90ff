"""Annotated sets of images on disk, as COCO and YOLO write them: plain Python, no Django."""

from spines.training_sets.coco import read_truth
from spines.training_sets.report import Report, report_lines
from spines.training_sets.types import KNOWN_CLASSES, NO_CLASS, OTHER_CLASS, PARTS, Box, SetFormat, TrueImage

__all__ = [
    "KNOWN_CLASSES",
    "NO_CLASS",
    "OTHER_CLASS",
    "PARTS",
    "Box",
    "Report",
    "SetFormat",
    "TrueImage",
    "read_truth",
    "report_lines",
]
