"""Small annotated sets in the layout of the training data: bright dots on a dark line, one class a size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = ("mushroom", "stubby", "ball", "thin", "filopodia")


def dots(side_px: int, centres_px: list[tuple[float, float]], *, sigma_px: float = 3.0) -> NDArray[np.uint8]:
    """(side, side) picture with one bright dot at every centre (x, y)."""
    rows, columns = np.mgrid[:side_px, :side_px] + 0.5
    grey = np.zeros((side_px, side_px))
    for x, y in centres_px:
        grey = np.maximum(grey, np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma_px**2)))
    return np.rint(grey * 255).astype(np.uint8)


def write_set(folder: Path, part: str, *, images: int, classes: tuple[str, ...], side_px: int = 128) -> Path:
    """Write one part: `images` pictures with two spines of each class; returns its COCO file."""
    rng = np.random.default_rng(images)
    (folder / part).mkdir(parents=True)
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number in range(images):
        centres = [tuple(rng.uniform(20, side_px - 20, 2)) for _ in range(2 * len(classes))]
        name = f"{part}/{number}.png"
        Image.fromarray(dots(side_px, centres)).save(folder / name)
        listed.append({"id": number, "file_name": name, "source_stack": f"{part}-{number // 2}"})
        annotations += [
            {
                "id": len(annotations) + index,
                "image_id": number,
                "category_id": index % len(classes),
                "bbox": [x - 6, y - 6, 12, 12],
            }
            for index, (x, y) in enumerate(centres)
        ]
    truth = folder / f"{part}.json"
    categories = [{"id": index, "name": name} for index, name in enumerate(classes)]
    truth.write_text(json.dumps({"images": listed, "annotations": annotations, "categories": categories}))
    return truth


def write_sets(data: Path) -> None:
    """Write both sources with their parts train and val below `data`."""
    for part, images in (("train", 3), ("val", 2)):
        write_set(data / "wide512", part, images=images, classes=("spine",))
        write_set(data / "meng", part, images=images, classes=CLASSES)
