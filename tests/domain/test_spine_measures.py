"""Spines measured: on phantoms of known size, and where there is nothing to be trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from spines.accuracy.levels import level_errors
from spines.accuracy.shapes import jittered, neck_widths, size_errors, true_dendrite, with_head
from spines.measure import image
from spines.measure.image import measure_image, remeasure
from spines.measure.types import Box, Dendrite, Quality, SpineMeasures
from spines.synthesis.phantom import FILOPODIUM, STUBBY, Phantom, PhantomParameters, make_phantom
from spines.synthesis.shapes import Sizes

USUAL = PhantomParameters(
    pixel_size_um=0.1, dendrite_length_um=14, spacing_um=2, bare_ends_um=1, sizes_um=(with_head(0.9),)
)
HORIZONTAL = Dendrite(points_px=np.array([[10.0, 50.0], [90.0, 50.0]]), radius_px=np.array([4.0, 4.0]))


def measured(phantom: Phantom, boxes_px: list[Box] | None = None) -> list[SpineMeasures]:
    return remeasure(
        phantom.pixels,
        phantom.boxes_px if boxes_px is None else boxes_px,
        [true_dendrite(phantom)],
        pixel_size_um=phantom.parameters.pixel_size_um,
    ).spines


def values(spines: list[SpineMeasures], name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    assert {spine.quality for spine in spines} == {Quality.TRUSTED}
    return np.array([getattr(spine, name) for spine in spines], np.float64)


@pytest.mark.parametrize("rotation_deg", [0, 30, 45, 75, 90, 160])
def test_heads_and_lengths_are_those_drawn_however_the_dendrite_lies(rotation_deg: float) -> None:
    phantom = make_phantom(replace(USUAL, rotation_deg=rotation_deg, bend_deg=30), seed=5)
    spines = measured(phantom)
    assert values(spines, "head_width_um").mean() == pytest.approx(0.9, abs=0.05)
    assert values(spines, "length_um").mean() == pytest.approx(phantom.spines[0].sizes_um.length, abs=0.05)
    assert values(spines, "head_width_um").std() < 0.03
    assert values(spines, "length_um").std() < 0.05


@pytest.mark.parametrize("pixel_size_um", [0.04, 0.08, 0.15, 0.2])
def test_heads_and_lengths_are_those_drawn_at_any_magnification(pixel_size_um: float) -> None:
    phantom = make_phantom(replace(USUAL, pixel_size_um=pixel_size_um, rotation_deg=20), seed=5)
    spines = measured(phantom)
    assert values(spines, "head_width_um").mean() == pytest.approx(0.9, abs=0.05)
    assert values(spines, "length_um").mean() == pytest.approx(phantom.spines[0].sizes_um.length, abs=0.05)
    assert values(spines, "neck_length_um").mean() == pytest.approx(0.7, abs=0.1)


def test_loose_and_shifted_boxes_give_the_same_sizes() -> None:
    phantom = make_phantom(replace(USUAL, rotation_deg=20), seed=5)
    tight, loose = measured(phantom), measured(phantom, jittered(phantom.boxes_px, 2.0, seed=1))
    for name in ("head_width_um", "length_um"):
        assert np.abs(values(tight, name) - values(loose, name)).max() < 0.08


def test_a_wider_neck_is_reported_wider_and_one_below_the_resolution_as_wide_as_the_blur() -> None:
    reported = []
    for neck_width_um in (0.15, 0.5, 0.7):
        phantom = make_phantom(replace(USUAL, sizes_um=(with_head(1.2, neck_width_um),)), seed=5)
        reported.append(values(measured(phantom), "neck_width_um").mean())
    assert reported[0] == pytest.approx(USUAL.lateral_fwhm_um, abs=0.1)
    assert reported[0] < reported[1] - 0.05 < reported[2] - 0.1


@pytest.mark.parametrize("sizes", [STUBBY, FILOPODIUM], ids=["stubby", "filopodium"])
def test_spines_of_one_width_have_no_neck(sizes: Sizes) -> None:
    phantom = make_phantom(replace(USUAL, sizes_um=(sizes,), rotation_deg=20), seed=5)
    spines = measured(phantom)
    assert values(spines, "length_um").mean() == pytest.approx(sizes.length, abs=0.06)
    assert [spine.neck_width_um for spine in spines].count(None) >= len(spines) - 1
    assert [spine.neck_length_um for spine in spines].count(None) >= len(spines) - 1


def test_a_head_whose_neck_is_too_faint_to_measure_has_a_neck_without_a_width() -> None:
    faint = replace(USUAL, sizes_um=(with_head(0.9, 0.04),), shaft_photons=60.0)
    spines = measured(make_phantom(faint, seed=5))
    unmeasured = [spine for spine in spines if spine.neck_width_um is None]
    assert unmeasured
    assert all(spine.neck_length_um is not None and spine.neck_length_um > 0.4 for spine in unmeasured)


def test_area_and_brightness_go_with_the_size_of_the_head() -> None:
    small, large = (
        measured(make_phantom(replace(USUAL, sizes_um=(with_head(width),)), seed=5)) for width in (0.7, 1.1)
    )
    assert values(small, "area_um2").mean() < values(large, "area_um2").mean() - 0.3
    # The light of a ball goes with its volume, the shaft's with its diameter.
    grown = values(large, "intensity_ratio").mean() / values(small, "intensity_ratio").mean()
    assert grown == pytest.approx((1.1 / 0.7) ** 3, rel=0.2)


def test_brightness_does_not_depend_on_exposure_offset_or_type() -> None:
    phantom = make_phantom(USUAL, seed=5)
    plain = values(measured(phantom), "intensity_ratio")
    other = remeasure(
        phantom.pixels.astype(np.float32) * 0.01 - 7, phantom.boxes_px, [true_dendrite(phantom)], pixel_size_um=0.1
    )
    assert values(other.spines, "intensity_ratio") == pytest.approx(plain, rel=1e-3)


def test_outlines_hold_heads_and_midlines_lead_from_the_surface_to_the_tip() -> None:
    phantom = make_phantom(replace(USUAL, rotation_deg=30), seed=5)
    for made, spine in zip(phantom.spines, measured(phantom), strict=True):
        assert spine.outline_px is not None
        assert spine.midline_px is not None
        base, tip = made.midline_px
        assert np.hypot(*(spine.midline_px[0] - base)) < 3
        assert np.hypot(*(spine.midline_px[-1] - tip)) < 1.5
        x, y, width, height = made.box_px
        low, high = spine.outline_px.min(axis=0), spine.outline_px.max(axis=0)
        assert np.all(low > np.array([x, y]) - 4)
        assert np.all(high < np.array([x + width, y + height]) + 4)
        assert not np.allclose(spine.outline_px[0], spine.outline_px[-1])


def test_without_a_pixel_size_there_are_outlines_but_no_micrometres() -> None:
    phantom = make_phantom(USUAL, seed=5)
    spines = remeasure(phantom.pixels, phantom.boxes_px, [true_dendrite(phantom)], pixel_size_um=None).spines
    for spine in spines:
        assert spine.quality is Quality.TRUSTED
        assert spine.outline_px is not None
        assert spine.midline_px is not None
        assert spine.seat is not None
        assert {
            spine.length_um,
            spine.head_width_um,
            spine.neck_width_um,
            spine.neck_length_um,
            spine.area_um2,
            spine.intensity_ratio,
        } == {None}


def test_traced_and_measured_in_one_go() -> None:
    phantom = make_phantom(replace(USUAL, dendrite_length_um=20, bare_ends_um=3, rotation_deg=30), seed=6)
    found = measure_image(phantom.pixels, phantom.boxes_px, pixel_size_um=0.1)
    assert len(found.spines) == len(phantom.spines)
    trusted = [spine for spine in found.spines if spine.quality is Quality.TRUSTED]
    assert len(trusted) >= len(found.spines) - 1
    assert np.median(values(trusted, "head_width_um")) == pytest.approx(0.9, abs=0.05)
    assert np.median(values(trusted, "length_um")) == pytest.approx(phantom.spines[0].sizes_um.length, abs=0.08)


def test_a_spine_that_cannot_be_trusted_has_no_measures_and_says_why() -> None:
    phantom = make_phantom(USUAL, seed=5)
    x, y, width, height = phantom.boxes_px[2]
    spine = phantom.spines[2]
    foot = phantom.dendrite.centreline_px[len(phantom.dendrite.centreline_px) // 2]
    away = y - 30 if spine.side < 0 else y + 30
    boxes = {
        Quality.OVER_DENDRITE: (foot[0] - 3, foot[1] - 3, 6.0, 6.0),
        Quality.FAINT: (x + 20, y, width, height),
        Quality.NO_DENDRITE: (x, away - 40 if spine.side < 0 else away + 40, width, height),
    }
    for quality, (found,) in ((quality, measured(phantom, [box])) for quality, box in boxes.items()):
        assert found.quality is quality
        assert found.outline_px is None
        assert found.length_um is None
        assert found.head_width_um is None
        assert (found.seat is None) == (quality is Quality.NO_DENDRITE)


def test_two_heads_that_run_together_are_not_measured() -> None:
    close = replace(USUAL, spacing_um=0.35, sizes_um=(with_head(0.9),), lateral_fwhm_um=0.5)
    phantom = make_phantom(close, seed=5)
    spines = measured(phantom)
    assert np.mean([spine.quality is Quality.MERGED for spine in spines]) > 0.9


def test_neighbours_that_touch_in_the_blur_are_told_apart() -> None:
    # On one side every second spine stands: heads of 0.7 µm, 1.2 µm apart.
    phantom = make_phantom(replace(USUAL, spacing_um=0.6, sizes_um=(with_head(0.7),)), seed=5)
    spines = measured(phantom)
    trusted = [spine for spine in spines if spine.quality is Quality.TRUSTED]
    assert len(trusted) > 0.7 * len(spines)
    assert values(trusted, "head_width_um").mean() == pytest.approx(0.7, abs=0.08)


def test_a_spine_on_the_edge_of_the_picture_is_not_measured() -> None:
    phantom = make_phantom(USUAL, seed=5)
    upper = next(index for index, spine in enumerate(phantom.spines) if spine.side < 0)
    x, y, width, height = phantom.boxes_px[upper]
    cut = int(y + 0.4 * height)
    dendrite = true_dendrite(phantom)
    moved = Dendrite(points_px=dendrite.points_px - [0, cut], radius_px=dendrite.radius_px)
    box = (x, 0.0, width, y + height - cut)
    (spine,) = remeasure(phantom.pixels[cut:], [box], [moved], pixel_size_um=0.1).spines
    assert spine.quality is Quality.CUT_BY_EDGE
    assert spine.length_um is None


@pytest.mark.slow
def test_many_spines_are_measured_in_portions_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    phantom = make_phantom(replace(USUAL, spacing_um=0.7, sizes_um=(with_head(0.7),)), seed=5)
    whole = measured(phantom)
    monkeypatch.setattr(image, "SPINES_AT_ONCE", 3)
    assert [spine.quality for spine in measured(phantom)] == [spine.quality for spine in whole]
    assert [spine.head_width_um for spine in measured(phantom)] == [spine.head_width_um for spine in whole]


def test_nothing_in_nothing_out() -> None:
    plane = np.zeros((64, 64), np.uint8)
    assert remeasure(plane, [], [HORIZONTAL], pixel_size_um=0.1).spines == []
    assert remeasure(plane, [], [], pixel_size_um=None).spines == []
    (spine,) = remeasure(plane, [(10.0, 10.0, 8.0, 8.0)], [], pixel_size_um=0.1).spines
    assert spine == SpineMeasures(quality=Quality.NO_DENDRITE)
    (flat,) = remeasure(
        np.zeros((100, 100), np.uint8), [(40.0, 36.0, 6.0, 8.0)], [HORIZONTAL], pixel_size_um=0.1
    ).spines
    assert flat.quality is Quality.FAINT
    assert flat.seat is not None


@pytest.mark.parametrize("box", [(-30.0, 45.0, 8.0, 8.0), (40.0, 20.0, 0.5, 0.5), (0.0, 0.0, 100.0, 100.0)])
def test_odd_boxes_get_a_quality_and_no_error(box: Box) -> None:
    plane = np.random.default_rng(1).poisson(5, (100, 100)).astype(np.uint16)
    plane[46:54, 10:90] += 200
    (spine,) = remeasure(plane, [box], [HORIZONTAL], pixel_size_um=0.1).spines
    assert spine.quality is not Quality.TRUSTED


@pytest.mark.slow
def test_the_printed_errors_are_within_what_is_promised() -> None:
    usual, given = islice(size_errors(phantoms=1), 2)
    for row in (usual, given):
        assert row.spines == 20
        assert row.untrusted <= 0.05
        assert abs(row.head_bias_um) <= 0.05
        assert abs(row.length_bias_um) <= 0.05
    neck = next(neck_widths())
    assert neck.true_um == 0.1
    assert neck.reported == 0 or neck.reported_um > 0.2


def test_the_edge_of_a_ball_lies_lower_than_half_of_its_peak() -> None:
    for row in level_errors():
        if row.width_um >= 1.5 * row.lateral_fwhm_um:
            assert abs(row.ball_at_edge_level_um) < 0.1
        if row.width_um >= 2 * row.lateral_fwhm_um:
            assert row.ball_at_half_um < -0.1
            assert abs(row.disc_at_half_um) < 0.07


@pytest.mark.parametrize("option", ["masks", "annotated"])
def test_the_command_says_what_a_folder_of_pictures_lacks(tmp_path: Path, option: str) -> None:
    with pytest.raises(CommandError, match="no annotations"):
        call_command("measure_accuracy", **{option: tmp_path})


def test_the_command_tells_how_many_annotated_spines_are_measured(tmp_path: Path) -> None:
    phantom = make_phantom(USUAL, seed=5)
    folder = tmp_path / "made"
    folder.mkdir()
    Image.fromarray((phantom.pixels >> 4).clip(0, 255).astype(np.uint8)).save(folder / "1.png")
    truth = {
        "images": [{"id": 1, "file_name": "made/1.png"}],
        "annotations": [{"image_id": 1, "bbox": list(box)} for box in [*phantom.boxes_px, (2.0, 2.0, 4.0, 4.0)]],
    }
    (tmp_path / "made.json").write_text(json.dumps(truth))
    said = StringIO()
    call_command("measure_accuracy", annotated=folder, stdout=said)
    measured_share = len(phantom.spines) / (len(phantom.spines) + 1)
    assert f"| trusted | {measured_share:.1%} |" in said.getvalue()
    assert f"| no dendrite | {1 - measured_share:.1%} |" in said.getvalue()
