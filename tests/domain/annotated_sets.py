"""Small annotated sets on disk in COCO's and YOLO's layouts, of made pictures that differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

SIDE_PX = 128
BOXES = ([20, 20, 10, 12], [60, 40, 14, 10])


def field(number: int, *, side_px: int = SIDE_PX) -> NDArray[np.uint8]:
    """A grey field of blobs and lines, another one for every number."""
    grown = gaussian_filter(np.random.default_rng(number).normal(size=(side_px, side_px)), side_px / 32)
    stretched = (grown - grown.min()) / np.ptp(grown)
    return np.asarray(np.rint(stretched**3 * 220), np.uint8)


def copied(grey: NDArray[np.uint8], *, shift_px: tuple[int, int] = (5, -4), noise: float = 6.0) -> NDArray[np.uint8]:
    """The same field, shifted and noisy, as a microscope sees it a moment later."""
    down, right = shift_px
    moved = np.pad(grey, 16, mode="reflect")[16 - down : -16 - down or None, 16 - right : -16 - right or None]
    noisy = moved * 0.9 + np.random.default_rng(0).normal(0, noise, grey.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def write_coco(
    folder: Path,
    pictures: Mapping[str, NDArray[np.uint8]],
    *,
    part: str = "all",
    boxes: Sequence[Sequence[float]] = BOXES,
    classes: Sequence[str] = ("mushroom", "thin"),
    of_image: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write pictures and one COCO file, every picture with the same boxes, classes in turn. Returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(set(classes))
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, grey) in enumerate(pictures.items(), start=1):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(grey).save(folder / name)
        size = {"width": grey.shape[1], "height": grey.shape[0]}
        images.append({"id": number, "file_name": name, **size, **(of_image or {}).get(name, {})})
        for box, spine_class in zip(boxes, classes, strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": names.index(spine_class),
                    "bbox": list(box),
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    path = folder / f"{part}.json"
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    return path


def write_yolo(folder: Path, *, parts: Sequence[str] = ("train", "val"), pictures: int = 2) -> Path:
    """Write a YOLO folder, images/<part> and labels/<part>, a box and an outline a picture. Returns the folder."""
    number = 0
    for part in parts:
        for kind in ("images", "labels"):
            (folder / kind / part).mkdir(parents=True)
        for _ in range(pictures):
            number += 1
            Image.fromarray(field(number)).save(folder / "images" / part / f"{number}.png")
            lines = ["0 0.5 0.25 0.125 0.0625", "1 0.25 0.5 0.375 0.5 0.375 0.625 0.25 0.625"]
            (folder / "labels" / part / f"{number}.txt").write_text("\n".join(lines))
    listed = "".join(f"{part}: ../{part}/images\n" for part in parts)
    (folder / "data.yaml").write_text(f"path: /somewhere/else\n{listed}nc: 2\nnames: ['mushroom', 'Stubby']\n")
    return folder
