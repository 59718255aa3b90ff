"""The dendrites of analysed files as a table: length, spines on each by class, densities."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spines.errors import InvalidInput
from spines.export.shared_columns import densities_of
from spines.measure.types import Dendrite
from spines.selectors.results.filters import CLASSES
from spines.vocabulary.classes import DEFAULT
from spines.vocabulary.densities import columns
from worker.inference.files import FileResult
from worker.inference.headless import cell, replacing

DENSITIES = densities_of(DEFAULT)
SUFFIXES = (".csv", ".json")
_COUNTS = ("spines", *CLASSES)
DENDRITE_COLUMNS = (
    *("file_name", "pixel_size_um", "dendrite_number", "length_px", "length_um"),
    *_COUNTS,
    *(name for name, _ in columns({}, None, DENSITIES)),
    "grade",
)


@dataclass(frozen=True, kw_only=True)
class TracedDendrite:
    """A dendrite with the image it is on and its spines by class; `number` counts from 1 within the image."""

    file_name: str
    number: int
    dendrite: Dendrite
    spines: Counter[str]
    pixel_size_um: float | None
    grade: str
    """Of the picture it is on, or ""; of the last two grades it is not to be counted before somebody looked."""

    def row(self) -> dict[str, Any]:
        """Values by column, None where there is none."""
        length_px, scale = self.dendrite.length_px, self.pixel_size_um
        length_um = None if scale is None else length_px * scale
        counts = {name: self.spines[name] for name in CLASSES}
        row: dict[str, Any] = {"file_name": self.file_name, "dendrite_number": self.number, "length_px": length_px}
        row |= {"length_um": length_um, "spines": self.spines.total(), **counts}
        return row | dict(columns(counts, length_um, DENSITIES)) | {"pixel_size_um": scale, "grade": self.grade}


def check_suffix(path: Path) -> None:
    """Raise InvalidInput for a file that is to be neither CSV nor JSON."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"{path} is neither CSV nor JSON: give --dendrites a name that ends in .csv or .json.")


def dendrites_of(result: FileResult, *, file_name: str, pixel_size_um: float | None) -> Iterator[TracedDendrite]:
    """The dendrites of a measured file; spines on none of them are counted with none."""
    assert result.measures is not None
    on: dict[int, Counter[str]] = {}
    for spine, measures in zip(result.spines, result.measures.spines, strict=True):
        if measures.seat is not None:
            counted = "uncertain" if spine.uncertain else spine.spine_class
            on.setdefault(measures.seat.dendrite, Counter())[counted] += 1
    for index, dendrite in enumerate(result.measures.dendrites):
        yield TracedDendrite(
            file_name=file_name,
            number=index + 1,
            dendrite=dendrite,
            spines=on.get(index, Counter()),
            pixel_size_um=pixel_size_um,
            grade=result.grade,
        )


def write_dendrites(path: Path, dendrites: Sequence[TracedDendrite]) -> None:
    """Write one row a dendrite, in one step; as JSON with its points and radii in pixels, too."""
    with replacing(path) as file:
        if path.suffix.lower() == ".csv":
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(DENDRITE_COLUMNS)
            for each in dendrites:
                row = each.row()
                writer.writerow(cell(v) if isinstance(v := row[name], float) else v for name in DENDRITE_COLUMNS)
        else:
            rows = [json.dumps(each.row() | _shape(each.dendrite), ensure_ascii=False) for each in dendrites]
            file.write("[" + ",".join(f"\n{row}" for row in rows) + "\n]\n")


def _shape(dendrite: Dendrite) -> dict[str, Any]:
    return {"points_px": dendrite.points_px.round(2).tolist(), "radius_px": dendrite.radius_px.round(2).tolist()}
