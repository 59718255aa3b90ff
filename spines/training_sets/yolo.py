"""YOLO sets: pictures and one text file of normalised boxes or outlines for each, as Ultralytics lays them out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from PIL import Image, UnidentifiedImageError

from spines.errors import InvalidInput
from spines.training_sets.classes import ClassNames
from spines.training_sets.folders import SetFolder, list_text, part_of
from spines.training_sets.report import Report
from spines.training_sets.types import PARTS, Box, TrueImage

_BOX_NUMBERS = 4
_LEAST_OUTLINE_NUMBERS = 6
LONGEST_NAME, LONGEST_NUMBER_BITS = 4096, 64


@dataclass(frozen=True)
class _Names:
    """What numbers stand for, and which pictures a data.yaml puts into which part."""

    classes: Mapping[int, str]
    parts: Mapping[str, tuple[str, ...]]  # part: folders or lists, as the file names them


def read_yolo(path: Path, *, report: Report, class_names: Mapping[str, str] | None = None) -> list[TrueImage]:
    """The images of a YOLO set: a folder with data.yaml or classes.txt, or the data.yaml itself.

    Of an outline only the box around it is taken. A picture without a text file is left out, one whose file is
    empty has no spine. Raises InvalidInput when there is no such set.
    """
    root = path.parent if path.is_file() else path
    folder = SetFolder(root)
    described = _described(folder, path, report)
    labels = _labels(folder)
    parts = _parts(folder, described, report)
    names = ClassNames(report, class_names)
    images = []
    for name in folder.pictures:
        if name not in labels:
            report.drop_picture("have no text file of boxes (an empty one says that there is no spine)", name)
            continue
        size_px = _size_px(folder.files[name])
        if size_px is None:
            report.drop_picture("cannot be read as pictures", name)
            continue
        boxes, classes = _boxes(folder.files[labels[name]], name, size_px, described.classes, names, report)
        images.append(
            TrueImage(
                file_name=name,
                group=name,
                boxes_px=tuple(boxes),
                classes=tuple(classes),
                part=parts.get(name, ""),
                path=folder.files[name],
            )
        )
    for name in sorted(set(_label_files(folder)) - set(labels.values())):
        report.drop_file("hold boxes of a picture that is not there", name)
    return images


def _described(folder: SetFolder, path: Path, report: Report) -> _Names:
    yamls = [path.name] if path.is_file() else folder.of_suffix(".yaml", ".yml")
    for name in yamls:
        raw = _yaml(folder.files[name]) if name in folder.files else None
        if isinstance(raw, dict) and "names" in raw:
            for other in yamls:
                if other != name:
                    report.drop_file("describe the set beside another such file", other)
            return _Names(_class_names(raw["names"]), {part: _listed(raw.get(part)) for part in PARTS if raw.get(part)})
    for name in folder.of_suffix(".txt"):
        if PurePosixPath(name).name in ("classes.txt", "obj.names", "labels.txt"):
            lines = [line.strip() for line in _text(folder.files[name]).splitlines()]
            return _Names(dict(enumerate(line for line in lines if line)), {})
    raise InvalidInput(f"{path.name} holds no YOLO set: it needs a data.yaml with names, or a classes.txt.")


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(_text(path))
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:  # numbers of too many digits too
        raise InvalidInput(f"{path.name} cannot be read as YAML: mend it, or give classes.txt.") from error


def _text(path: Path) -> str:
    return list_text(path, errors="replace")


def _class_names(raw: Any) -> dict[int, str]:
    if isinstance(raw, dict):
        return {int(n): str(name) for n, name in raw.items() if _is_plain(n) and str(n).isdecimal() and _is_plain(name)}
    return {n: str(name) for n, name in enumerate(raw) if _is_plain(name)} if isinstance(raw, list) else {}


def _listed(raw: Any) -> tuple[str, ...]:
    return tuple(str(entry) for entry in (raw if isinstance(raw, list) else [raw]) if _is_plain(entry))


def _is_plain(value: Any) -> bool:
    """Whether it is written as it stands: lists in lists, by name, would be written a billion times over."""
    if isinstance(value, int):
        return value.bit_length() <= LONGEST_NUMBER_BITS
    return isinstance(value, float) or (isinstance(value, str) and len(value) <= LONGEST_NAME)


def _label_files(folder: SetFolder) -> Iterable[str]:
    return (name for name in folder.of_suffix(".txt") if "labels" in PurePosixPath(name).parts[:-1])


def _labels(folder: SetFolder) -> dict[str, str]:
    """The text file of each picture: in labels/ where the picture is in images/, else beside it."""
    found = {}
    for name in folder.pictures:
        path = PurePosixPath(name).with_suffix(".txt")
        parts = list(path.parts)
        if "images" in parts[:-1]:
            last = len(parts) - 1 - parts[::-1].index("images")
            parts[last] = "labels"
        for candidate in ("/".join(parts), str(path), f"labels/{path.name}"):
            if candidate in folder.files:
                found[name] = candidate
                break
    return found


def _parts(folder: SetFolder, described: _Names, report: Report) -> dict[str, str]:
    """The part of each picture: as data.yaml says, else as the folders are called."""
    claimed: dict[str, set[str]] = {}
    for part, entries in described.parts.items():
        for entry in entries:
            for name in _pictures_of(entry, folder):
                claimed.setdefault(name, set()).add(part)
    if any(len(parts) > 1 for parts in claimed.values()):
        report.note("The set names the same pictures for two parts, so its split is not used: it is split anew.")
        return {}
    given = {name: next(iter(parts)) for name, parts in claimed.items()}
    return given or {name: part for name in folder.pictures if (part := part_of(str(PurePosixPath(name).parent)))}


def _pictures_of(entry: str, folder: SetFolder) -> list[str]:
    """The pictures in a folder, or in a text file of names, that a data.yaml names relative to anything."""
    wanted = "/".join(part for part in PurePosixPath(entry.replace("\\", "/")).parts if part not in ("/", ".", ".."))
    if wanted.endswith(".txt"):
        lists = [name for name in folder.of_suffix(".txt") if f"/{name}".endswith(f"/{wanted}")]
        lines = _text(folder.files[lists[0]]).splitlines() if lists else []
        found = (folder.find(line.strip(), beside=".") for line in lines if line.strip())
        return [names[0] for names in found if len(names) == 1]
    below = [name for name in folder.pictures if f"/{name}".startswith(f"/{wanted}/") or not wanted]
    return below or [name for name in folder.pictures if f"/{wanted}/" in f"/{name}"]


def _size_px(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as picture:
            return picture.size
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
        return None


def _boxes(
    path: Path,
    picture: str,
    size_px: tuple[int, int],
    class_names: Mapping[int, str],
    names: ClassNames,
    report: Report,
) -> tuple[list[Box], list[str]]:
    boxes, classes = [], []
    for line in _text(path).splitlines():
        if not line.strip():
            continue
        parsed = _box(line.split(), size_px)
        if parsed is None:
            report.drop_box("stand in a line that is neither a box nor an outline", picture)
            continue
        number, box = parsed
        known = names.known(class_names.get(number, str(number)), picture)
        if known:
            boxes.append(box)
            classes.append(known)
    return boxes, classes


def _box(words: list[str], size_px: tuple[int, int]) -> tuple[int, Box] | None:
    """Class number and box in pixels of a line `class cx cy w h`, or of the box around `class x y x y x y …`."""
    try:
        number = float(words[0])
        values = [float(word) for word in words[1:]]
    except ValueError:
        return None
    if not number.is_integer():
        return None
    width, height = size_px
    if len(values) == _BOX_NUMBERS:
        cx, cy, w, h = values
        return int(number), ((cx - w / 2) * width, (cy - h / 2) * height, w * width, h * height)
    if len(values) < _LEAST_OUTLINE_NUMBERS or len(values) % 2:
        return None
    xs, ys = values[::2], values[1::2]
    low_x, low_y = min(xs), min(ys)
    return int(number), (low_x * width, low_y * height, (max(xs) - low_x) * width, (max(ys) - low_y) * height)
