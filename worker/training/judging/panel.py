"""Old domains, on which a network must not lose what the one in use can do.

A panel is a training folder. One comes with the program (`SHIPPED_PANEL`): made pictures, since those of the sets that
the networks were trained on are not in it. Runs add what their site has: sets and labs that let themselves be used
(`spines.services.datasets.panel`), and `SPINULA_PANEL_DATA`. `python -m worker.training.judging.panel FOLDER` writes
the shipped one anew.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from spines.synthesis import Look
from worker.inference.card import PRETRAINED_FOLDER, SPINE_CLASSES
from worker.training.data.coco import AnnotatedImage
from worker.training.data.made_images import FLUORESCENT, make_annotated
from worker.training.data.sources import SOURCES_NAME, read_training_folder
from worker.training.data.windows import make_annotated_classes
from worker.training.judging.answers import JudgedImage, pictures_of
from worker.training.run.console import exit_code

SHIPPED_PANEL = PRETRAINED_FOLDER / "panel"
MOST_PICTURES = 48
"""Of a domain: more would take minutes, and groups count, not pictures."""

MADE_PICTURES = 24
MADE_SIDE_PX = 256
MADE_SEED = 2_000_003
CLASSED_LOOKS = (Look.TWO_PHOTON, Look.CUT_OUT)
JPEG_QUALITY = 92
ABOUT: dict[str, Any] = {"licence": "Apache-2.0", "source": "spines.synthesis, this program"}
SOURCES = (
    ABOUT | {"folder": "made_fields", "name": "Made fields", "has_classes": False},
    ABOUT | {"folder": "made_classes", "name": "Made spines of four classes", "has_classes": True},
)


@dataclass(frozen=True, kw_only=True)
class Domain:
    """Pictures of one origin."""

    name: str
    images: list[JudgedImage]

    @property
    def groups(self) -> int:
        """How many are independent of each other."""
        return len({judged.group for judged in self.images})


def domains_of(folders: Sequence[Path], *, for_classes: bool) -> list[Domain]:
    """Every old domain that can say something of a classifier (`for_classes`) or a detector.

    Raises TrainingError, InvalidInput for a broken folder.
    """
    return [domain for folder in folders for domain in _of_folder(folder, for_classes=for_classes)]


def _of_folder(folder: Path, *, for_classes: bool) -> Iterator[Domain]:
    data = read_training_folder(folder)
    part = data.judged_part()
    for source in data.sources:
        if images := pictures_of(data, source, part, for_classes=for_classes):
            yield Domain(name=source.name or source.folder, images=spread(images, MOST_PICTURES))


def spread(images: Sequence[JudgedImage], most: int) -> list[JudgedImage]:
    """At most so many, from as many groups as can be: one of each in turn."""
    of_groups: dict[str, list[JudgedImage]] = {}
    for image in images:
        of_groups.setdefault(image.group, []).append(image)
    members = list(of_groups.values())
    turns = sorted((place, number) for number, own in enumerate(members) for place in range(len(own)))
    return [members[number][place] for place, number in turns[:most]]


def write_made_panel(folder: Path) -> None:
    """Draw the made pictures of the shipped panel, the same ones each time."""
    fields = make_annotated(MADE_PICTURES, seed=MADE_SEED, looks=FLUORESCENT, side_px=MADE_SIDE_PX)
    classed = make_annotated_classes(MADE_PICTURES, seed=MADE_SEED, looks=CLASSED_LOOKS, side_px=MADE_SIDE_PX)
    for source, images in zip(SOURCES, (fields, classed), strict=True):
        _write_part(folder / source["folder"], images)
    (folder / SOURCES_NAME).write_text(json.dumps({"sources": SOURCES, "made": {"images": 0, "seed": 0}}, indent=1))


def _write_part(place: Path, images: Sequence[AnnotatedImage]) -> None:
    (place / "pictures").mkdir(parents=True, exist_ok=True)
    names = (*SPINE_CLASSES, "spine")
    listed: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, image in enumerate(images):
        name = f"pictures/{number:02}.jpg"
        Image.fromarray(image.grey).save(place / name, quality=JPEG_QUALITY)
        entry = {"id": number, "file_name": name, "group": str(number), "unknown": _rounded(image.unknown_px.tolist())}
        listed.append(entry | ({"pixel_size_um": round(image.pixel_size_um, 4)} if image.pixel_size_um else {}))
        annotations += [
            {"id": len(annotations) + at, "image_id": number, "category_id": names.index(of_class), "bbox": box}
            for at, (box, of_class) in enumerate(zip(_rounded(image.boxes_px.tolist()), image.classes, strict=True))
        ]
    categories = [{"id": at, "name": name} for at, name in enumerate(names)]
    truth = {"images": listed, "annotations": annotations, "categories": categories}
    (place / "test.json").write_text(json.dumps(truth))


def _rounded(boxes: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[round(value, 1) for value in box] for box in boxes]


def main(arguments: list[str]) -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.judging.panel", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write; the program's own is worker/pretrained/panel")
    write_made_panel(parser.parse_args(arguments).folder)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
