"""Made images as files: TIFF with its pixel size, and the truth beside them in COCO's layout."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tifffile

from spines.errors import Conflict, InvalidInput
from spines.synthesis.parameters import SPINE_CLASSES, Look
from spines.synthesis.scene import make_series_image
from spines.synthesis.truth import MadeImage, MadeSpine

TRUTH_NAME = "truth.json"


@dataclass(frozen=True, kw_only=True)
class Series:
    """A folder of made images: picture `n` depends on look, sizes, seed and n alone."""

    look: Look
    seed: int
    side_px: int = 512
    pixel_size_um: float = 0.1
    coloured: bool = False

    def make(self, number: int) -> MadeImage:
        """Picture `number`, counted from 1."""
        return make_series_image(
            self.look,
            seed=self.seed,
            number=number,
            side_px=self.side_px,
            pixel_size_um=self.pixel_size_um,
            coloured=self.coloured,
        )


def write_tiff(path: Path, made: MadeImage) -> None:
    """Write the picture as ImageJ's TIFF, which says the pixel size in µm; the same picture gives the same bytes."""
    per_um = 1 / made.parameters.pixel_size_um
    tifffile.imwrite(path, made.pixels, imagej=True, resolution=(per_um, per_um), metadata={"unit": "um"})


def write_series(
    folder: Path, series: Series, *, count: int, processes: int = 1, report: Callable[[int], None] | None = None
) -> Path:
    """Write `count` pictures and `truth.json` into a folder, which is made where missing.

    Parameters
    ----------
    report
        Called with the number of pictures written so far.

    Returns
    -------
    Path
        The truth file.

    Raises
    ------
    InvalidInput
        When count, side or pixel size are out of range.
    Conflict
        When the folder holds a truth file already.
    """
    if count < 1:
        raise InvalidInput("A folder of made images needs at least one image.")
    truth = folder / TRUTH_NAME
    if truth.exists():
        raise Conflict(f"{folder} holds made images already. Choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(_write_picture, folder, series)
    records: list[dict[str, Any]] = []
    numbers = range(1, count + 1)
    if processes == 1:
        _gather(map(write, numbers), records, report)
    else:
        with ProcessPoolExecutor(processes) as pool:
            _gather(pool.map(write, numbers, chunksize=4), records, report)
    truth.write_text(
        json.dumps(coco_truth(records, description=f"Made images, {series.look.value}, seed {series.seed}"))
    )
    return truth


def picture_record(file_name: str, made: MadeImage) -> dict[str, Any]:
    """All that is known about one picture, as plain values for JSON."""
    return {
        "file_name": file_name,
        "width": made.pixels.shape[1],
        "height": made.pixels.shape[0],
        "pixel_size_um": made.parameters.pixel_size_um,
        "look": made.parameters.look.value,
        "dendrites": [
            {
                "number": dendrite.number,
                "centreline_px": dendrite.centreline_px.round(2).tolist(),
                "length_um": round(dendrite.length_um, 4),
                "length_3d_um": round(dendrite.length_3d_um, 4),
            }
            for dendrite in made.dendrites
        ],
        "spines": [_spine_record(spine) for spine in made.spines],
    }


def _spine_record(spine: MadeSpine) -> dict[str, Any]:
    record = asdict(spine)
    return record | {f"{name}_um": size for name, size in record.pop("sizes_um").items()}


def coco_truth(records: Iterable[dict[str, Any]], *, description: str) -> dict[str, Any]:
    """A COCO detection set of `picture_record`s.

    `annotations` holds the visible spines, what a detector can be asked for; `unseen_spines` the others, in the same
    layout. Both carry every field of `MadeSpine` besides COCO's own, and each of its sizes as a field.
    """
    category_ids = {name: number for number, name in enumerate(SPINE_CLASSES, start=1)}
    images: list[dict[str, Any]] = []
    seen: list[dict[str, Any]] = []
    unseen: list[dict[str, Any]] = []
    for image_id, record in enumerate(records, start=1):
        images.append({"id": image_id} | {key: value for key, value in record.items() if key != "spines"})
        for spine in record["spines"]:
            kept = seen if spine["visibility"] == "visible" else unseen
            kept.append(
                {
                    "id": len(seen) + len(unseen) + 1,
                    "image_id": image_id,
                    "category_id": category_ids[spine["spine_class"]],
                    "bbox": list(spine["box_px"]),
                    "area": round(spine["projected_area_um2"] / record["pixel_size_um"] ** 2),
                    "iscrowd": 0,
                    "segmentation": [],
                }
                | {key: value for key, value in spine.items() if key != "box_px"}
            )
    return {
        "info": {"description": description},
        "licenses": [],
        "categories": [{"id": number, "name": name} for name, number in category_ids.items()],
        "images": images,
        "annotations": seen,
        "unseen_spines": unseen,
    }


def _write_picture(folder: Path, series: Series, number: int) -> dict[str, Any]:
    made = series.make(number)
    file_name = f"made_{series.look.value}_{number:05d}.tif"
    write_tiff(folder / file_name, made)
    return picture_record(file_name, made)


def _gather(
    made: Iterable[dict[str, Any]], records: list[dict[str, Any]], report: Callable[[int], None] | None
) -> None:
    for record in made:
        records.append(record)
        if report is not None:
            report(len(records))
