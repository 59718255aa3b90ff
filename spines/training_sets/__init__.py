"""Annotated sets of images on disk, as COCO and YOLO write them: plain Python, no Django."""

from enum import StrEnum


class SetFormat(StrEnum):
    """How a set is written down."""

    COCO = "coco"
    YOLO = "yolo"
