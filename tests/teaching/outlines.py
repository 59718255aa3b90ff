"""`python -m tests.teaching.outlines`: experts' outlines of single spines as an annotated set of another laboratory.

The only spines with classes at hand that the shipped classifier never saw: silhouettes of 250², the dendrite taken off,
called mushroom, stubby or thin (Ghani et al. 2017). Every fifth of each class is kept apart as `val`, to judge on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from PIL import Image

from worker.training.data.binarise import load_outlines
from worker.training.data.coco import AnnotatedImage

NAME = "outlines"
KEPT_APART = 5  # one of so many of each class
SOURCES = {"sources": [{"folder": NAME, "name": NAME, "has_classes": True}]}


def write_outlines(data: Path, folder: Path) -> None:
    """A training folder with one spine a picture, each a group of its own. Raises TrainingError."""
    seen: Counter[str] = Counter()
    parts: dict[str, list[AnnotatedImage]] = {"train": [], "val": []}
    for outline in load_outlines(data):
        (spine_class,) = outline.classes
        parts["train" if seen[spine_class] % KEPT_APART else "val"].append(outline)
        seen[spine_class] += 1
    for part, outlines in parts.items():
        _write_part(folder / NAME, part, outlines, classes=sorted(seen))
    (folder / "sources.json").write_text(json.dumps(SOURCES))


def _write_part(folder: Path, part: str, outlines: list[AnnotatedImage], *, classes: list[str]) -> None:
    (folder / part).mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, outline in enumerate(outlines):
        name = f"{part}/{outline.group}"
        Image.fromarray(outline.grey).save(folder / name)
        images.append({"id": number, "file_name": name, "group": outline.group})
        annotations += [
            {"id": number, "image_id": number, "category_id": classes.index(of_class), "bbox": box}
            for box, of_class in zip(outline.boxes_px.tolist(), outline.classes, strict=True)
        ]
    named = [{"id": number, "name": name} for number, name in enumerate(classes)]
    (folder / f"{part}.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": named})
    )


def main(arguments: list[str]) -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.teaching.outlines", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of the annotated sets, with ghani_masks in it")
    parser.add_argument("folder", type=Path, help="where to write; outlines/train.json there is taught")
    options = parser.parse_args(arguments)
    write_outlines(options.data, options.folder)


if __name__ == "__main__":
    main(sys.argv[1:])
