"""Annotated spines from COCO detection files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from spines.errors import InvalidInput

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class TrueImage:
    """One image's annotated spines: boxes as x, y, width, height in pixels, and the name of each's class.

    Near-duplicates, and the planes of one stack, share a `group`; no split may part them.
    """

    file_name: str
    group: str
    boxes_px: tuple[Box, ...]
    classes: tuple[str, ...]
    pixel_size_um: float | None = None

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


def read_truth(path: Path) -> dict[str, TrueImage]:
    """The images of a COCO detection file in its order, by the last component of their names.

    Raises InvalidInput when the file is none, or two of its images have the same last component.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}: name a COCO detection file.") from None
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read as JSON ({error}): name a COCO detection file.") from error
    try:
        images = _images(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"{path} is no COCO detection file: it needs images, annotations with bbox [x, y, width, height], "
            f"and categories ({type(error).__name__}: {error})."
        ) from error
    by_name = {image.last_name: image for image in images}
    if len(by_name) != len(images):
        raise InvalidInput(
            f"Two images of {path} have the same file name in different folders: rename one, since pictures "
            "are matched by their names without folders."
        )
    return by_name


def _images(raw: dict[str, Any]) -> list[TrueImage]:
    names = {category["id"]: str(category["name"]) for category in raw["categories"]}
    boxes: dict[Any, list[Box]] = {image["id"]: [] for image in raw["images"]}
    classes: dict[Any, list[str]] = {image["id"]: [] for image in raw["images"]}
    for annotation in raw["annotations"]:
        x, y, width, height = map(float, annotation["bbox"])
        boxes[annotation["image_id"]].append((x, y, width, height))
        classes[annotation["image_id"]].append(names[annotation["category_id"]])
    return [
        TrueImage(
            file_name=str(image["file_name"]),
            group=str(image.get("source_stack") or image.get("group") or image["file_name"]),
            boxes_px=tuple(boxes[image["id"]]),
            classes=tuple(classes[image["id"]]),
            pixel_size_um=float(image["pixel_size_um"]) if image.get("pixel_size_um") else None,
        )
        for image in raw["images"]
    ]
