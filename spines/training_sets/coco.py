"""COCO detection files: strictly, as what figures are computed from, or leniently, as a set to bring in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from spines.errors import InvalidInput
from spines.training_sets.classes import ClassNames
from spines.training_sets.folders import SetFolder, list_text, part_of
from spines.training_sets.report import Report
from spines.training_sets.types import Box, TrueImage

KEYS = {"group": "group", "source_stack": "stack", "acquisition_date": "date"}
"""Fields of a COCO image that say what it has in common with others, and what they are called in `keys`."""


def read_truth(path: Path) -> dict[str, TrueImage]:
    """The images of a COCO detection file in its order, by the last component of their names.

    Raises InvalidInput when the file is none, or two of its images have the same last component.
    """
    images = _parse(_load(path), path, report=None)
    by_name = {image.last_name: image for image in images}
    if len(by_name) != len(images):
        raise InvalidInput(
            f"Two images of {path} have the same file name in different folders: rename one, since pictures "
            "are matched by their names without folders."
        )
    return by_name


def read_coco(path: Path, *, report: Report, class_names: Mapping[str, str] | None = None) -> list[TrueImage]:
    """The images of a COCO set: a file with its pictures beside it, or a folder of files, one a part.

    What cannot be used is left out and told to `report`. Raises InvalidInput when there is no COCO file.
    """
    root = path.parent if path.is_file() else path
    folder = SetFolder(root)
    lists = [path.name] if path.is_file() else folder.of_suffix(".json")
    loaded = {name: raw for name in lists if (raw := _if_coco(folder.files[name], name, report))}
    if not loaded:
        raise InvalidInput(
            f"{path.name} holds no COCO detection file: it needs a .json with images, annotations and categories."
        )
    parts = {name: part_of(name) for name in loaded}
    if any(parts.values()):
        for name in [name for name, part in parts.items() if not part]:
            report.drop_file("lists of pictures beside files for train, val and test", name)
            del loaded[name]
    names = ClassNames(report, class_names)
    return [
        replace(located, part=parts[name])
        for name, raw in loaded.items()
        for image in _parse(raw, folder.files[name], report=report, names=names)
        if (located := _locate(image, folder, beside=str(PurePosixPath(name).parent), report=report))
    ]


def _locate(image: TrueImage, folder: SetFolder, *, beside: str, report: Report) -> TrueImage | None:
    found = folder.find(image.file_name, beside=beside)
    if not found:
        report.drop_picture("are listed but not there", image.file_name)
        return None
    if len(found) > 1:
        report.drop_picture("are listed by a name that several pictures have", image.file_name)
        return None
    return replace(image, file_name=found[0], path=folder.files[found[0]])


def _load(path: Path) -> Any:
    try:
        return json.loads(list_text(path))
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {path}: name a COCO detection file.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} cannot be read as JSON ({error}): name a COCO detection file.") from error


def _if_coco(path: Path, name: str, report: Report) -> Any:
    try:
        raw = _load(path)
    except InvalidInput:
        report.drop_file("cannot be read as JSON", name)
        return None
    if not isinstance(raw, dict) or not {"images", "annotations", "categories"} <= raw.keys():
        report.drop_file("are no COCO detection files", name)
        return None
    return raw


def _parse(raw: Any, path: Path, *, report: Report | None, names: ClassNames | None = None) -> list[TrueImage]:
    try:
        return _images(raw, report, names)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(
            f"{path} is no COCO detection file: it needs images, annotations with bbox [x, y, width, height], "
            f"and categories ({type(error).__name__}: {error})."
        ) from error


def _images(raw: Any, report: Report | None, names: ClassNames | None) -> list[TrueImage]:
    categories = {category["id"]: str(category["name"]) for category in raw["categories"]}
    listed: dict[Any, dict[str, Any]] = {}
    for image in raw["images"]:
        if report is not None and image["id"] in listed:
            report.drop_picture("have the number of another picture", str(image["file_name"]))
        else:
            listed[image["id"]] = image
    boxes: dict[Any, list[Box]] = {number: [] for number in listed}
    classes: dict[Any, list[str]] = {number: [] for number in listed}
    for annotation in raw["annotations"]:
        name = str(listed.get(annotation.get("image_id"), {}).get("file_name", "no picture"))
        try:
            if report is not None and annotation.get("iscrowd"):
                raise _Unusable("mark a crowd, not one spine")
            box, category = _box(annotation, listed, categories)
        except (KeyError, TypeError, ValueError) as error:
            if report is None:
                raise
            report.drop_box(str(error.args[0]) if isinstance(error, _Unusable) else "have no box of four numbers", name)
            continue
        known = names.known(category, name) if names else category
        if known:
            boxes[annotation["image_id"]].append(box)
            classes[annotation["image_id"]].append(known)
    return [_image(image, boxes[number], classes[number]) for number, image in listed.items()]


class _Unusable(ValueError):
    """An annotation that no spine can be read from."""


def _box(annotation: dict[str, Any], listed: Mapping[Any, object], categories: Mapping[Any, str]) -> tuple[Box, str]:
    if annotation["image_id"] not in listed:
        raise _Unusable("belong to a picture that is not listed")
    if annotation["category_id"] not in categories:
        raise _Unusable("have a class that is not listed")
    x, y, width, height = map(float, annotation["bbox"])
    return (x, y, width, height), categories[annotation["category_id"]]


def _image(image: dict[str, Any], boxes: list[Box], classes: list[str]) -> TrueImage:
    pixel_size_um = image.get("pixel_size_um")
    width, height = image.get("width"), image.get("height")
    return TrueImage(
        file_name=str(image["file_name"]),
        group=str(image.get("source_stack") or image.get("group") or image["file_name"]),
        boxes_px=tuple(boxes),
        classes=tuple(classes),
        pixel_size_um=float(pixel_size_um) if pixel_size_um else None,
        keys=tuple(f"{key}:{image[field]}" for field, key in KEYS.items() if image.get(field)),
        size_px=(int(width), int(height)) if width and height else None,
        unknown_px=tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in image.get("unknown", ())),
    )
