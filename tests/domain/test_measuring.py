"""A result written with its pixels has dendrites, seated spines and measures; without a pixel size none in µm."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from spines.models import AnalysisImage, Density, Image, Spine
from spines.services.analyses import jobs
from spines.services.analyses.measuring import basis_of, measure, plane_as_analysed, write_measures
from spines.services.images.uploads import add_image
from spines.synthesis.phantom import Phantom, PhantomParameters, make_phantom
from spines.vocabulary.measures import MEASURES
from spines.vocabulary.picture_scale import ScaleSource, UsedScale
from tests.factories import TIMINGS, Study, found, queue_analysis

pytestmark = pytest.mark.django_db

PIXEL_SIZE_UM = 0.09


@pytest.fixture(scope="module")
def made() -> Phantom:
    """A dendrite of 20 µm with mushroom spines every 2 µm."""
    return make_phantom(PhantomParameters(pixel_size_um=PIXEL_SIZE_UM, rotation_deg=20), seed=4)


def analysed(
    study: Study, folder: Path, made: Phantom, *, calibrated: bool = True, scale: UsedScale | None = None
) -> AnalysisImage:
    """The made picture uploaded, and a result with its true boxes written as a worker writes it."""
    path = folder / "made.tif"
    resolution = (1 / PIXEL_SIZE_UM, 1 / PIXEL_SIZE_UM)
    tifffile.imwrite(path, made.pixels, imagej=True, resolution=resolution, metadata={"unit": "um"})
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="made.tif")
    if not calibrated:
        Image.objects.filter(pk=image.pk).update(pixel_size_um=None, pixel_size_source="")
    job = jobs.claim(queue_analysis(study, [image]).images.get().pk)
    assert job is not None
    boxes = [found(box_px=spine.box_px) for spine in made.spines]
    assert jobs.record_result(job, spines=boxes, timings=TIMINGS, plane=made.pixels, scale=scale)
    return AnalysisImage.objects.get(pk=job.row.pk)


def test_dendrite_spines_and_density_agree_with_what_was_made(study: Study, tmp_path: Path, made: Phantom) -> None:
    result = analysed(study, tmp_path, made)
    dendrite = result.dendrites.get()
    truth = made.dendrite
    assert dendrite.length_um == pytest.approx(truth.length_um, rel=0.05)
    assert dendrite.length_um == pytest.approx(dendrite.length_px * PIXEL_SIZE_UM)
    assert result.brightness == pytest.approx(float(made.pixels.mean()), rel=1e-4)
    assert result.noise is not None
    assert 0 <= result.noise < 0.2
    seated = result.spines.filter(dendrite=dendrite)
    assert seated.count() >= 0.9 * len(made.spines) > 5
    assert dendrite.density.spines == seated.count()
    length_um = dendrite.length_um or math.nan
    assert dendrite.density.spines_per_um == pytest.approx(seated.count() / length_um)
    assert dendrite.density.spines_per_10_um == pytest.approx(10 * seated.count() / length_um)
    assert not seated.exclude(position_um__gte=0, position_um__lte=length_um + 1e-6).exists()
    assert result.measure_s is not None
    assert result.measure_s > 0


def test_measures_stand_where_the_outline_is_trusted_and_nowhere_else(
    study: Study, tmp_path: Path, made: Phantom
) -> None:
    result = analysed(study, tmp_path, made)
    trusted = result.spines.filter(quality="trusted")
    assert trusted.count() >= 5
    assert not trusted.exclude(length_um__gt=0, head_width_um__gt=0, area_um2__gt=0).exists()
    for spine in trusted:
        assert len(spine.shape.outline_px) > 4
        # Of this blur, a mushroom by either preset may be another class's spine: it is withheld.
        assert set(spine.rule_classes) <= {"dendritic_spine_counter", "golgi"}
        assert "mushroom" not in spine.rule_classes.values()
    for spine in result.spines.exclude(quality="trusted"):
        assert spine.quality
        assert all(getattr(spine, name) is None for name in MEASURES)


def test_without_a_pixel_size_there_are_lines_and_outlines_but_nothing_in_micrometres(
    study: Study, tmp_path: Path, made: Phantom
) -> None:
    result = analysed(study, tmp_path, made, calibrated=False)
    assert result.dendrites.exists()
    assert not result.dendrites.filter(length_um__isnull=False).exists()
    assert not Density.objects.filter(dendrite__analysis_image=result, spines_per_um__isnull=False).exists()
    assert result.spines.filter(dendrite__isnull=False, position_px__isnull=False).exists()
    for name in ("position_um", *MEASURES):
        assert not result.spines.filter(**{f"{name}__isnull": False}).exists()
    assert not result.spines.exclude(rule_classes={}).exists()


def test_measuring_again_changes_nothing(study: Study, tmp_path: Path, made: Phantom) -> None:
    result = analysed(study, tmp_path, made)
    names = ("number", "position_um", "quality", *MEASURES)
    before = list(result.spines.values_list(*names)), list(result.dendrites.values_list("number", "length_um"))
    for trace in (True, False):
        basis = basis_of(result, trace=trace)
        write_measures(result, measure(plane_as_analysed(result), basis))
    assert list(result.spines.values_list(*names)) == before[0]
    assert list(result.dendrites.values_list("number", "length_um")) == before[1]


def test_rejected_spines_count_in_no_density(study: Study, tmp_path: Path, made: Phantom) -> None:
    result = analysed(study, tmp_path, made)
    dendrite = result.dendrites.get()
    one = result.spines.filter(dendrite=dendrite).first()
    assert one is not None
    counted = dendrite.density.spines
    Spine.objects.filter(pk=one.pk).update(rejected=True)
    density = Density.objects.get(dendrite=dendrite)
    assert density.spines == counted - 1
    assert density.spines_per_um == pytest.approx((counted - 1) / (dendrite.length_um or math.nan))


def test_a_result_of_a_view_that_shows_nothing_has_no_dendrite(study: Study, tmp_path: Path, made: Phantom) -> None:
    result = analysed(study, tmp_path, replace(made, pixels=np.zeros_like(made.pixels), spines=()))
    assert not result.dendrites.exists()
    assert not result.spines.exists()


def test_dendrites_are_looked_for_at_the_scale_that_the_picture_told(
    study: Study, tmp_path: Path, made: Phantom
) -> None:
    told = UsedScale(pixel_um=PIXEL_SIZE_UM, source=ScaleSource.SEEN, sureness=0.9, seen_pixel_um=PIXEL_SIZE_UM)
    result = analysed(study, tmp_path, made, calibrated=False, scale=told)
    stated = measure(made.pixels, replace(basis_of(result), lines=None, pixel_size_um=PIXEL_SIZE_UM))
    assert stated.traced is not None
    assert [line.points_px.tolist() for line in stated.traced] == list(
        result.dendrites.order_by("number").values_list("points_px", flat=True)
    )
    assert basis_of(result).seen_pixel_um == PIXEL_SIZE_UM
    assert result.dendrites.get().length_um is None  # no pixel size, no micrometres

    AnalysisImage.objects.filter(pk=result.pk).update(scale_source=ScaleSource.STATED)
    assert basis_of(AnalysisImage.objects.get(pk=result.pk)).seen_pixel_um is None
