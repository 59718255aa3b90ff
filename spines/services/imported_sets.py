"""Bringing annotated sets of images into the product."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from spines.models import ImportedSet, User
from spines.training_sets import SetFormat


def import_set(
    *,
    user: User | None,
    path: Path,
    set_format: SetFormat | str,
    name: str,
    licence: str,
    source: str,
    box_factor: float = 1.0,
    reference_side_px: int | None = None,
    is_fully_marked: bool = True,
    class_names: Mapping[str, str] | None = None,
) -> ImportedSet:
    """Bring in a COCO or YOLO set: a folder, a .zip of one, or a COCO file with its pictures beside it."""
    raise NotImplementedError
