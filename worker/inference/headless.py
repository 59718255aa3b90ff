"""Files and folders in, predictions out: what `manage.py analyse` does, without a database."""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from spines.errors import InvalidInput, UnreadableImage
from spines.export.dictionary import SPINES
from spines.imaging.sniffing import detect_format
from spines.measure.blur import withheld_classes
from spines.measure.rules import RULE_PRESETS, rule_class
from spines.measure.types import Quality, SpineMeasures
from spines.vocabulary.measures import MEASURES
from worker.inference.card import SPINE_CLASSES
from worker.inference.pipeline import FoundSpine
from worker.inference.scale import ChosenScale

IMAGE_SUFFIXES = frozenset((".tif", ".tiff", ".lsm", ".czi", ".nd2", ".lif", ".oib", ".oif", ".png", ".jpg", ".jpeg"))
COMPANION_FOLDER_SUFFIX = ".files"  # beside an OIF: its planes, read through the OIF

_TOLD = {
    *("pixel_size_um", "dendrite_number", "position_px", "position_um", "side", "spine_number"),
    *("x_px", "y_px", "width_px", "height_px", "detection_score", "spine_class", "network_class", "uncertain"),
    *(f"p_{name}" for name in SPINE_CLASSES),
    *("quality", *MEASURES, *(f"rule_class_{preset}" for preset in RULE_PRESETS)),
    *("detector_version", "classifier_version"),
}
SCALE_COLUMNS = ("scale_pixel_um", "scale_source", "scale_sureness", "seen_pixel_um", "scale_doubt")
"""Of its table of images, how the networks saw the image."""
CSV_COLUMNS = ("file_name", *(name for name in SPINES.header if name in _TOLD), *SCALE_COLUMNS)
"""The path as it was given, which no database knows; of the data dictionary's table of spines, those columns that can
be told without one; and the scale."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A found spine with the image it is on; `number` counts from 1 within the image, in reading order.

    `measures` are None where nobody asked for them, `blur_um` where the picture's blur is not known, `scale` where the
    boxes were given.
    """

    file_name: str
    number: int
    spine: FoundSpine
    pixel_size_um: float | None
    measures: SpineMeasures | None = None
    blur_um: float | None = None
    scale: ChosenScale | None = None


def find_images(paths: Sequence[Path]) -> list[Path]:
    """The images among files and folders, folders searched to the bottom, in a stable order, each once.

    A named file is taken whatever it is called. In folders, files with an image's name ending or an
    image's content are taken; hidden ones are not.

    Raises InvalidInput when a path does not exist.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            candidates: Iterator[Path] = (p for p in _walk(path) if _looks_like_image(p))
        elif path.is_file():
            candidates = iter((path,))
        else:
            raise InvalidInput(f"There is no file or folder {path}: check the path.")
        for candidate in candidates:
            found.setdefault(candidate.resolve(), candidate)
    return list(found.values())


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not f.endswith(COMPANION_FOLDER_SUFFIX))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)


def _looks_like_image(path: Path) -> bool:
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return True
    try:
        detect_format(path, name=path.name)
    except (UnreadableImage, OSError):
        return False
    return True


def check_output(path: Path) -> None:
    """Raise InvalidInput, before any work is done, when `path` cannot be written."""
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder: name a file with --output.")
    if not path.parent.is_dir():
        raise InvalidInput(f"There is no folder {path.parent} for the output: make it first.")
    if not os.access(path.parent, os.W_OK):
        raise InvalidInput(f"The folder {path.parent} cannot be written to: name another file with --output.")


def write_json(path: Path, predictions: Sequence[Prediction]) -> None:
    """Write a COCO results list, one object a spine, in one step: the file is whole or not there."""
    rows = [json.dumps(_as_object(prediction), ensure_ascii=False) for prediction in predictions]
    with replacing(path) as file:
        file.write("[" + ",".join(f"\n{row}" for row in rows) + "\n]\n")


def _as_object(prediction: Prediction) -> dict[str, Any]:
    spine = prediction.spine
    return {
        "file_name": prediction.file_name,
        "bbox": [round(side, 2) for side in spine.box_px],
        "score": round(spine.score, 4),
        "spine_class": spine.spine_class,
        "class_probabilities": {name: round(p, 4) for name, p in spine.class_probabilities.items()},
    }


def write_csv(path: Path, predictions: Sequence[Prediction], *, detector_version: str, classifier_version: str) -> None:
    """Write one row a spine, units in the column names, in one step."""
    with replacing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        for prediction in predictions:
            versions = {"detector_version": detector_version, "classifier_version": classifier_version}
            row = _found(prediction) | _measured(prediction) | versions | _scale(prediction.scale)
            writer.writerow(row[name] for name in CSV_COLUMNS)


def _found(prediction: Prediction) -> dict[str, str | int | float]:
    """Cells of what the networks say."""
    spine = prediction.spine
    x, y, width, height = (round(side, 2) for side in spine.box_px)
    return {
        "file_name": prediction.file_name,
        "pixel_size_um": "" if prediction.pixel_size_um is None else prediction.pixel_size_um,
        "spine_number": prediction.number,
        "x_px": x,
        "y_px": y,
        "width_px": width,
        "height_px": height,
        "detection_score": round(spine.score, 4),
        "spine_class": "uncertain" if spine.uncertain else spine.spine_class,
        "network_class": spine.spine_class,
        "uncertain": str(spine.uncertain).lower(),
        **{f"p_{name}": round(spine.class_probabilities[name], 4) for name in SPINE_CLASSES},
    }


def _measured(prediction: Prediction) -> dict[str, str | int]:
    """Cells of place, measures and rule-derived classes; empty where a value cannot be told."""
    measures = prediction.measures or SpineMeasures(quality=Quality.NO_DENDRITE)
    seat, scale = measures.seat, prediction.pixel_size_um
    return {
        "dendrite_number": "" if seat is None else seat.dendrite + 1,
        "position_px": cell(seat.position_px if seat else None),
        "position_um": cell(seat.position_px * scale if seat and scale else None),
        "side": "" if seat is None else seat.side,
        "quality": measures.quality.value,
        **{name: cell(measures.value(name)) for name in MEASURES},
        **{f"rule_class_{preset}": _by_rules(preset, measures, prediction.blur_um) for preset in RULE_PRESETS},
    }


def _by_rules(preset: str, measures: SpineMeasures, blur_um: float | None) -> str:
    found = rule_class(preset, measures)
    return "" if found is None or found in withheld_classes(preset, blur_um) else found


def _scale(scale: ChosenScale | None) -> dict[str, str]:
    """Cells of the scale at which the image was analysed; empty where the boxes were given."""
    if scale is None:
        return dict.fromkeys(SCALE_COLUMNS, "")
    told = (
        cell(scale.pixel_um),
        scale.source.value,
        cell(scale.sureness),
        cell(scale.seen_pixel_um),
        scale.doubt.value,
    )
    return dict(zip(SCALE_COLUMNS, told, strict=True))


def cell(value: float | None) -> str:
    """A number to six digits; nothing for none."""
    return "" if value is None else f"{value:.6g}"


@contextmanager
def replacing(path: Path) -> Iterator[IO[str]]:
    """A text file that takes the place of `path` when the block ends without an error."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    partial = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except BaseException:
        partial.unlink()
        raise


def _umask() -> int:
    """Which permissions new files do without; it can only be read by setting it."""
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
