"""ImageJ ROIs as roifile reads them back, and the COCO file as pycocotools does."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from pycocotools.coco import COCO
from roifile import ROI_TYPE, ImagejRoi, roiread

from spines.export.coco import coco_json
from spines.export.imagej_rois import write_rois
from spines.models import AnalysisImage, Dendrite, Image, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import dendrites_of, spines_of, standing_spines
from spines.vocabulary.classes import DEFAULT
from tests.domain.exported import OUTLINE_PX, make_exported_study
from tests.factories import Study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return make_exported_study()


@pytest.fixture
def result(study: Study) -> AnalysisImage:
    return AnalysisImage.objects.get(image__cell__subject__name="A1, left")


def rois_of(result: AnalysisImage, path: Path) -> dict[str, ImagejRoi]:
    with path.open("wb") as file:
        write_rois(file, spines=standing_spines(result), dendrites=result.dendrites.all())
    read = roiread(path)
    assert isinstance(read, list)
    return {roi.name: roi for roi in read}


def test_rois_have_the_names_of_the_tables(result: AnalysisImage, tmp_path: Path) -> None:
    assert list(rois_of(result, tmp_path / "r.zip")) == [
        *("d01", "d02"),
        *("s001_mushroom", "s002_thin", "s003_stubby", "s004_filopodia", "s005_uncertain", "s007_thin", "s008_stubby"),
    ]


def test_spines_are_polygons_from_the_corners_of_pixels(result: AnalysisImage, tmp_path: Path) -> None:
    rois = rois_of(result, tmp_path / "r.zip")
    assert {roi.roitype for name, roi in rois.items() if name[0] == "s"} == {ROI_TYPE.POLYGON}
    np.testing.assert_allclose(rois["s001_mushroom"].coordinates(), OUTLINE_PX, atol=1e-4)
    box = [[11, 10], [23, 10], [23, 24], [11, 24]]
    np.testing.assert_allclose(rois["s002_thin"].coordinates(), box)


def test_dendrites_are_lines_from_the_centres_of_pixels(result: AnalysisImage, tmp_path: Path) -> None:
    line = rois_of(result, tmp_path / "r.zip")["d01"]
    assert line.roitype == ROI_TYPE.POLYLINE
    points_px = result.dendrites.get(number=1).points_px
    np.testing.assert_allclose(line.coordinates(), np.array(points_px) - 0.5)


def test_strokes_have_the_colours_of_the_classes_and_rois_show_on_every_plane(
    result: AnalysisImage, tmp_path: Path
) -> None:
    rois = rois_of(result, tmp_path / "r.zip")
    for name, roi in rois.items():
        assert (roi.position, roi.c_position, roi.z_position, roi.t_position) == (0, 0, 0, 0)
        if name[0] == "s":
            assert roi.stroke_color == bytes((255, *DEFAULT.styles[name.partition("_")[2]].rgb))


def test_an_experiment_has_a_folder_an_image(study: Study, tmp_path: Path) -> None:
    everything = ResultFilters()
    with (tmp_path / "r.zip").open("wb") as file:
        write_rois(
            file,
            spines=spines_of(study.experiment, everything),
            dendrites=dendrites_of(study.experiment, everything),
            folder_of="{}_{}".format,
        )
    read = roiread(tmp_path / "r.zip")
    assert isinstance(read, list)
    spines = spines_of(study.experiment, everything).count()
    assert len(read) == spines + Dendrite.objects.count() == 12
    with ZipFile(tmp_path / "r.zip") as archive:
        folders = {name.rpartition("/")[0] for name in archive.namelist()}
    assert folders == {
        "{}_{}".format(*of) for of in Image.objects.exclude(cell=None).values_list("pk", "original_name")
    }


@pytest.fixture
def coco(study: Study, tmp_path: Path) -> COCO:
    path = tmp_path / "coco.json"
    path.write_text("".join(coco_json(study.experiment, ResultFilters())))
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def test_pycocotools_counts_what_the_database_counts(coco: COCO, study: Study) -> None:
    names = {each["name"]: each["id"] for each in coco.loadCats(coco.getCatIds())}
    assert list(names) == ["mushroom", "thin", "stubby", "filopodia", "uncertain"]
    counted = {name: len(coco.getAnnIds(catIds=[number])) for name, number in names.items()}
    standing = spines_of(study.experiment, ResultFilters())
    assert counted == {name: standing.filter(final_class=name).count() for name in names}
    assert sum(counted.values()) == 9
    assert len(coco.getImgIds()) == 3


def test_outlines_become_masks_of_their_size(coco: COCO, result: AnalysisImage) -> None:
    spine = Spine.objects.get(shape__isnull=False)
    annotation: dict[str, Any] = coco.loadAnns([spine.pk])[0]
    assert annotation["bbox"] == [10, 10, 12, 14]
    assert annotation["score"] == 0.8
    assert annotation["segmentation"] == [[10.25, 10.5, 22.75, 10.5, 22.5, 24.0, 10.0, 23.75]]
    mask = coco.annToMask(annotation)
    assert mask.shape == (result.image.height_px, result.image.width_px)
    assert annotation["area"] == pytest.approx(167.2, abs=0.1)
    assert mask.sum() == pytest.approx(annotation["area"], rel=0.1)
    image = coco.loadImgs([result.image_id])[0]
    assert image["file_name"] == 'día 1/シナプス, "b".tif'
    assert (image["animal"], image["pixel_size_um"]) == ("A1, left", 0.1)
    assert annotation["attributes"]["head_width_um"] == 0.6


def test_a_spine_without_an_outline_is_its_box(coco: COCO) -> None:
    spine = Spine.objects.filter(shape=None, rejected=False).first()
    assert spine is not None
    annotation = coco.loadAnns([spine.pk])[0]
    assert (annotation["segmentation"], annotation["area"]) == ([], 12 * 14)


def test_an_experiment_without_results_is_an_empty_file(study: Study) -> None:
    nothing = ResultFilters(conditions=("elsewhere",))
    read = json.loads("".join(coco_json(study.experiment, nothing)))
    assert (read["images"], read["annotations"], len(read["categories"])) == ([], [], 5)
