"""An experiment's spines as COCO JSON: images, annotations with box and outline, categories.

https://cocodataset.org/#format-data. Coordinates are pixels of the original image, 0 at its outer corner.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from spines.export.spine_table import ROWS_AT_A_TIME
from spines.models import AnalysisImage, Experiment, Spine
from spines.release import release
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import results_aside, results_of, spines_of
from spines.selectors.results.standing import WHY, reason_of
from spines.vocabulary.classes import DEFAULT, ClassSet
from spines.vocabulary.measures import MEASURES


def category_ids(classes: ClassSet) -> dict[str, int]:
    """Of the classes, and of uncertain as one of its own; the networks' and uncertain have the same in every set."""
    own = tuple(each.key for each in classes.own)
    return {name: number for number, name in enumerate((*DEFAULT.counted, *own), start=1)}


_ATTRIBUTES = {
    "spine_number": "number",
    "network_class": "spine_class",
    "reviewed_class": "reviewed_class",
    "uncertain": "uncertain",
    "source": "source",
    "dendrite_number": "dendrite__number",
    "position_um": "position_um",
    "quality": "quality",
    **{name: name for name in MEASURES},
}
_BOX = ("x_px", "y_px", "width_px", "height_px")


def coco_json(experiment: Experiment, filters: ResultFilters) -> Iterator[str]:
    """A COCO file in pieces, so many spines in memory at a time.

    A spine without an outline has its box alone: its `segmentation` is empty and its `area` that of the box. Images
    that stand aside are left out, and `info` says which.
    """
    yield f'{{"info": {_json(_info(experiment, filters))},\n"licenses": [],\n"images": ['
    yield from _rows(_images(results_of(experiment, filters)))
    yield '],\n"annotations": ['
    ids = category_ids(experiment.classes)
    yield from _rows(_annotations(spines_of(experiment, filters), ids))
    categories = [{"id": n, "name": name, "supercategory": "spine"} for name, n in ids.items()]
    yield f'],\n"categories": {_json(categories)}}}\n'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rows(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    begin = "\n"
    for row in rows:
        yield begin + _json(row)
        begin = ",\n"


def _info(experiment: Experiment, filters: ResultFilters) -> dict[str, Any]:
    now = timezone.now()
    aside = results_aside(experiment, filters).annotate(why=reason_of()).order_by("image__original_name", "image_id")
    return {
        "description": f"{experiment.project.name}: {experiment.name}",
        "contributor": experiment.project.lab.name,
        "version": f"Spinula {release()}",
        "year": now.year,
        "date_created": now.isoformat(timespec="seconds"),
        "images_standing_aside": [
            {"id": pk, "file_name": name, "why": WHY[why]}
            for pk, name, why in aside.values_list("image_id", "image__original_name", "why")
        ],
    }


def _images(results: QuerySet[AnalysisImage]) -> Iterator[dict[str, Any]]:
    subject = "image__cell__subject__"
    fields = {
        "id": "image_id",
        "file_name": "image__original_name",
        "folder": "image__folder",
        "width": "image__width_px",
        "height": "image__height_px",
        "sha256": "image__sha256",
        "pixel_size_um": "pixel_size_um",
        "animal": f"{subject}name",
        "condition": f"{subject}condition__name",
        "detector_version": "analysis__detector__version",
        "classifier_version": "analysis__classifier__version",
        "score_threshold": "score_threshold",
    }
    rows = results.order_by("image__original_name", "image_id").values_list(*fields.values())
    for values in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        row = dict(zip(fields, values, strict=True))
        folder = row.pop("folder")
        yield row | {"file_name": f"{folder}/{row['file_name']}" if folder else row["file_name"]}


def _annotations(found: QuerySet[Spine], ids: dict[str, int]) -> Iterator[dict[str, Any]]:
    fields = ("pk", "analysis_image__image_id", "final_class", "score", "shape__outline_px", *_BOX)
    rows: QuerySet[Spine, tuple[Any, ...]] = found.order_by(
        "analysis_image__image__original_name", "analysis_image__image_id", "number"
    ).values_list(*fields, *_ATTRIBUTES.values())
    for pk, image_id, spine_class, score, outline_px, *rest in rows.iterator(chunk_size=ROWS_AT_A_TIME):
        box_px, attributes = rest[: len(_BOX)], rest[len(_BOX) :]
        yield {
            "id": pk,
            "image_id": image_id,
            "category_id": ids[spine_class],
            "bbox": box_px,
            "area": polygon_area_px2(outline_px) if outline_px else box_px[2] * box_px[3],
            "segmentation": [[side for point in outline_px for side in point]] if outline_px else [],
            "iscrowd": 0,
            "score": score,
            "attributes": dict(zip(_ATTRIBUTES, attributes, strict=True)),
        }


def polygon_area_px2(points_px: Sequence[Sequence[float]]) -> float:
    """Area of a polygon [[x, y], …] by the shoelace formula.

    >>> polygon_area_px2([[0, 0], [4, 0], [4, 3], [0, 3]])
    12.0
    """
    before = (points_px[-1], *points_px)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(before, points_px, strict=False))) / 2
