"""A frozen dataset as a training folder: COCO files with their pictures, and sources.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spines.storage.kept import kept_picture
from spines.training_sets import KNOWN_CLASSES, PARTS

PICTURES = "pictures"


def write_training_folder(
    manifest: dict[str, Any], folder: Path, *, content_of: Callable[[str], bytes] = kept_picture
) -> None:
    """Write what `python -m worker.training.…  --data` reads. Raises Conflict when a picture is gone.

    `content_of` gives the bytes of a picture by its `file` in the manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source in manifest["sources"]:
        own = [picture for picture in manifest["pictures"] if picture["source"] == source["folder"]]
        place = folder / source["folder"]
        (place / PICTURES).mkdir(parents=True, exist_ok=True)
        for name in sorted({picture["file"] for picture in own}):
            (place / PICTURES / name).write_bytes(content_of(name))
        for part in PARTS:
            pictures = [picture for picture in own if picture["part"] == part]
            if pictures:
                truth = _coco(source, pictures)
                (place / f"{part}.json").write_text(json.dumps(truth, sort_keys=True), encoding="utf-8")
    stated = {"sources": manifest["sources"], "made": manifest["made"]}
    (folder / "sources.json").write_text(json.dumps(stated, sort_keys=True, indent=1), encoding="utf-8")


def _coco(source: dict[str, Any], pictures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    category_ids = {name: number for number, name in enumerate(KNOWN_CLASSES, start=1)}
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        for x, y, width, height, name in picture["boxes"]:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": category_ids[name],
                    "bbox": [x, y, width, height],
                    "area": round(width * height, 2),
                    "iscrowd": 0,
                    "segmentation": [],
                }
            )
    return {
        "info": {"description": source["name"], "licence": source["licence"], "source": source["source"]},
        "categories": [{"id": number, "name": name} for name, number in category_ids.items()],
        "images": [_image(number, picture) for number, picture in enumerate(pictures, start=1)],
        "annotations": annotations,
    }


def _image(number: int, picture: dict[str, Any]) -> dict[str, Any]:
    image = {
        "id": number,
        "file_name": f"{PICTURES}/{picture['file']}",
        "width": picture["width_px"],
        "height": picture["height_px"],
        "group": picture["group"],
    }
    if picture["pixel_size_um"]:
        image["pixel_size_um"] = picture["pixel_size_um"]
    return image
