"""The one form that annotated images have in memory, whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from spines.synthesis.parameters import SPINE_CLASSES

Box = tuple[float, float, float, float]

PARTS = ("train", "val", "test")
OTHER_CLASS = "ball"
"""A spine of none of the four classes: round, without a visible neck."""
NO_CLASS = "spine"
"""A spine whose class nobody named."""
REVIEWED = "reviewed"
"""The folder of what labs reviewed in a training folder; no imported set has it."""
KNOWN_CLASSES = (*SPINE_CLASSES, OTHER_CLASS, NO_CLASS)


class SetFormat(StrEnum):
    """How a set is written down."""

    COCO = "coco"
    YOLO = "yolo"


PIXEL_SIZES_UM = (0.001, 10.0)
"""µm a pixel that a picture of spines can have, the least and the most."""


@dataclass(frozen=True, kw_only=True)
class TrueImage:
    """One image's annotated spines: boxes as x, y, width, height in pixels, and the name of each's class.

    Near-duplicates, and the planes of one stack, share a `group`; no split may part them.

    Attributes
    ----------
    pixel_size_um : µm a pixel, None where the set does not say.
    part : "train", "val" or "test" where the set gives its split, else "".
    unknown_px : boxes of what may be a spine or not, so that nobody asks for it.
    keys : what the set says that pictures have in common: "group:…", "stack:…", "date:…".
    size_px : width and height as the set states them.
    path : where the picture lies, once it has been looked for.
    """

    file_name: str
    group: str
    boxes_px: tuple[Box, ...]
    classes: tuple[str, ...]
    pixel_size_um: float | None = None
    part: str = ""
    keys: tuple[str, ...] = ()
    size_px: tuple[int, int] | None = None
    unknown_px: tuple[Box, ...] = ()
    path: Path | None = None

    @property
    def last_name(self) -> str:
        """The last component of the file's name, by which pictures are matched."""
        return last_component(self.file_name)


def last_component(file_name: str) -> str:
    """The name without its folders, written with either slash.

    >>> last_component("val/000235.jpg")
    '000235.jpg'
    """
    return PurePosixPath(file_name.replace("\\", "/")).name
