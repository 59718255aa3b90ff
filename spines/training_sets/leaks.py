"""Pictures that stand on both sides of a split, or nearly so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from spines.errors import InvalidInput
from spines.training_sets.coco import read_coco
from spines.training_sets.fingerprints import Fingerprint, fingerprint, near_duplicates
from spines.training_sets.folders import part_of
from spines.training_sets.report import Report
from spines.training_sets.types import TrueImage
from spines.training_sets.yolo import read_yolo


@dataclass(frozen=True)
class Leak:
    """Two pictures of different parts that are nearly the same, or the same key in different parts."""

    first: str
    second: str
    first_part: str
    second_part: str
    why: str

    def __str__(self) -> str:
        return f"{self.first} ({self.first_part}) and {self.second} ({self.second_part}): {self.why}"


def find_leaks(
    names: Sequence[str],
    parts: Sequence[str],
    fingerprints: Sequence[Fingerprint],
    keys: Sequence[Sequence[str]] | None = None,
) -> list[Leak]:
    """The leaks between pictures of different parts, near-duplicates first, then shared keys."""
    leaks = [
        Leak(names[p.first], names[p.second], parts[p.first], parts[p.second], f"alike to {p.correlation:.2f}")
        for p in near_duplicates(fingerprints, apart=parts)
    ]
    first_in: dict[str, dict[str, str]] = defaultdict(dict)
    for name, part, own in zip(names, parts, keys or [()] * len(names), strict=True):
        for key in own:
            first_in[key].setdefault(part, name)
    for key, places in sorted(first_in.items()):
        (first_part, first), *others = places.items()
        leaks += [Leak(first, other, first_part, part, f"both have {key}") for part, other in others]
    return leaks


def find_leaks_in_folder(folder: Path) -> tuple[int, list[Leak]]:
    """How many pictures of a COCO or YOLO set with given parts were looked at, and the leaks between its parts.

    Keys of different subfolders (sources) are told apart. Raises InvalidInput when there is no such set, or no split.
    """
    images = [image for image in _read(folder) if image.part]
    if len({image.part for image in images}) < 2:
        raise InvalidInput(f"{folder} has no two parts: it needs lists or folders called train, val or test.")
    fingerprints = [_fingerprint_of(image) for image in images]
    known = [n for n, found in enumerate(fingerprints) if found is not None]
    leaks = find_leaks(
        [images[n].file_name for n in known],
        [images[n].part for n in known],
        [found for found in fingerprints if found is not None],
        [[f"{_source(images[n])}{key}" for key in images[n].keys] for n in known],
    )
    return len(known), leaks


def _read(folder: Path) -> list[TrueImage]:
    try:
        return read_coco(folder, report=Report())
    except InvalidInput:
        return read_yolo(folder, report=Report())


def _source(image: TrueImage) -> str:
    """The subfolder of a training folder, where keys have a meaning of their own; "" in a set by itself."""
    name, _, rest = image.file_name.partition("/")
    return f"{name}/" if "/" in rest and not part_of(name) else ""


def _fingerprint_of(image: TrueImage) -> Fingerprint | None:
    assert image.path is not None
    try:
        with Image.open(image.path) as picture:
            return fingerprint(np.asarray(picture if picture.mode.startswith("I") else picture.convert("L")))
    except OSError:
        return None
