"""Outlines that people drew, in ImageJ ROIs, COCO and tables: overlapping ones, one that goes around a hole."""

from __future__ import annotations

import contextlib
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from roifile import roiread

from spines.export.coco import coco_json
from spines.export.imagej_rois import write_rois
from spines.export.spine_table import spine_table_csv
from spines.measure.polygons import polygon_area
from spines.models import Image, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of, standing_spines
from spines.services.review.outlines import set_outline
from tests.domain.phantom_results import measured_image, result_of  # noqa: F401
from tests.factories import Study
from tests.phantom_images import PIXEL_SIZE_UM

pytestmark = pytest.mark.django_db


def square(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y], [x + side, y], [x + side, y + side], [x, y + side]]


def ring(x: float, y: float, side: float, hole: float) -> list[list[float]]:
    """A square around a square hole, as one polygon: it goes in at its first corner, and out the same way."""
    off = (side - hole) / 2
    inner = square(x + off, y + off, hole)
    return [*square(x, y, side), [x, y], inner[0], *inner[:0:-1], inner[0]]


@pytest.fixture
def drawn(study: Study, image: Image) -> dict[int, list[list[float]]]:
    """Outlines by the numbers of their spines: two that overlap by half, one with a hole."""
    first, second, third = standing_spines(result_of(image)).order_by("number")[:3]
    x, y = round(first.x_px), round(first.y_px)
    at = (round(third.x_px), round(third.y_px))
    outlines = {first: square(x, y, 10), second: square(x + 5, y, 10), third: ring(*at, 12, 6)}
    for spine, outline in outlines.items():
        set_outline(user=study.owner, spine_id=spine.pk, outline_px=outline)
    return {spine.number: outline for spine, outline in outlines.items()}


def test_rois_are_the_polygons_that_were_drawn(
    image: Image, drawn: dict[int, list[list[float]]], tmp_path: Path
) -> None:
    with (tmp_path / "r.zip").open("wb") as file:
        write_rois(file, spines=standing_spines(result_of(image)), dendrites=result_of(image).dendrites.all())
    rois = roiread(tmp_path / "r.zip")
    assert isinstance(rois, list)
    by_name = {roi.name.partition("_")[0]: roi for roi in rois}
    for number, outline in drawn.items():
        np.testing.assert_allclose(by_name[f"s{number:03}"].coordinates(), outline, atol=1e-3)


def test_coco_masks_are_as_large_as_what_was_drawn(
    study: Study, image: Image, drawn: dict[int, list[list[float]]], tmp_path: Path
) -> None:
    path = tmp_path / "coco.json"
    path.write_text("".join(coco_json(study.experiment, ResultFilters())))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(path))
    areas = {1: 100, 2: 100, 3: 144 - 36}
    masks = {}
    for place, (number, outline) in enumerate(drawn.items(), start=1):
        annotation: dict[str, Any] = coco.loadAnns([Spine.objects.get(number=number).pk])[0]
        assert annotation["segmentation"] == [[side for point in outline for side in point]]
        assert annotation["area"] == pytest.approx(areas[place])
        masks[place] = coco.annToMask(annotation)
    assert [int(masks[place].sum()) for place in (1, 2)] == [100, 100]
    assert int((masks[1] & masks[2]).sum()) == 50, "each has the place that both take"
    assert int(masks[3].sum()) == pytest.approx(areas[3], rel=0.2), "the hole is none of it; pixels of the slit may be"


def test_the_table_has_the_measures_of_what_was_drawn(study: Study, drawn: dict[int, list[list[float]]]) -> None:
    table = "".join(spine_table_csv(spines_of(study.experiment, ResultFilters())))
    rows = {int(row["spine_number"]): row for row in csv.DictReader(io.StringIO(table))}
    for number, outline in drawn.items():
        area_um2 = polygon_area(np.array(outline)) * PIXEL_SIZE_UM**2
        assert float(rows[number]["area_um2"]) == pytest.approx(area_um2, abs=0.001)
        assert rows[number]["quality"] == "trusted"
