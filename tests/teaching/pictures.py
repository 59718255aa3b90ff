"""Some pictures of an annotated set, as a lab would hand them over: no parts, no pixel size, its own groups."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def chosen(truth: dict[str, Any], count: int, *, seed: int) -> list[dict[str, Any]]:
    """`count` images of as many groups as can be, one of each in turn; a smaller choice lies within a larger one."""
    of_groups: dict[str, list[dict[str, Any]]] = {}
    for image in truth["images"]:
        name = str(image.get("group") or image.get("source_stack") or image["id"])
        of_groups.setdefault(name, []).append(image)
    order = np.random.default_rng(seed).permutation(sorted(of_groups)).tolist()
    turns = sorted((place, number) for number, name in enumerate(order) for place in range(len(of_groups[name])))
    return [of_groups[order[number]][place] for place, number in turns[:count]]


def write_zip(path: Path, truth_path: Path, count: int, *, seed: int) -> None:
    """A zip of the chosen pictures and their annotations, under names that state no part."""
    truth: dict[str, Any] = json.loads(truth_path.read_text())
    images = chosen(truth, count, seed=seed)
    numbers = {image["id"] for image in images}
    kept = [
        {name: value for name, value in image.items() if name != "pixel_size_um"}
        | {"file_name": Path(image["file_name"]).name}
        for image in images
    ]
    annotations = [each for each in truth["annotations"] if each["image_id"] in numbers]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ours.json", json.dumps(truth | {"images": kept, "annotations": annotations}))
        for image in images:
            archive.write(truth_path.parent / image["file_name"], Path(image["file_name"]).name)
