"""Traced dendrites: as long as what was drawn, one each, none where there is none."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from spines.accuracy.dendrites import true_length_um
from spines.accuracy.masks import mask_length_px
from spines.measure.tracing import shaft_radius_px, trace_dendrites
from spines.measure.types import Dendrite
from spines.synthesis import Look, MadeImage, draw_parameters, make_image
from spines.synthesis.phantom import FILOPODIUM, MUSHROOM, STUBBY, THIN, PhantomParameters, make_phantom
from tests.domain.made_scenes import PLAIN

PHANTOM = PhantomParameters(
    dendrite_length_um=25.0, spacing_um=1.5, sizes_um=(MUSHROOM, THIN, STUBBY), shaft_photons=300.0
)


def drawn(lines: list[list[tuple[float, float]]], *, side_px: int = 300, radius_px: float = 4.5) -> NDArray[np.uint16]:
    """Polylines as blurred tubes on a noisy background, (side, side)."""
    y, x = np.mgrid[:side_px, :side_px] + 0.5
    tubes = np.zeros((side_px, side_px))
    for line in lines:
        for (x0, y0), (x1, y1) in pairwise(line):
            along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1)
            apart = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
            tubes = np.maximum(tubes, np.sqrt(np.maximum(radius_px**2 - apart**2, 0)) / radius_px)
    light = gaussian_filter(tubes, 1.7) * 400 + 30
    return np.asarray(np.random.default_rng(1).poisson(light), np.uint16)


def made_error(made: MadeImage, traced: list[Dendrite]) -> float:
    scale = made.parameters.pixel_size_um
    truth = true_length_um(made.dendrites[0], side_px=made.parameters.side_px, pixel_size_um=scale)
    return sum(dendrite.length_px for dendrite in traced) * scale / truth - 1


@pytest.mark.parametrize(
    ("pixel_size_um", "rotation_deg", "bend_deg"),
    [(0.04, 10.0, 0.0), (0.07, 45.0, 80.0), (0.1, 68.0, -60.0), (0.15, 90.0, 30.0), (0.2, 157.0, 0.0)],
)
def test_length_and_radius_are_those_drawn_at_every_pixel_size_and_rotation(
    pixel_size_um: float, rotation_deg: float, bend_deg: float
) -> None:
    phantom = make_phantom(
        replace(PHANTOM, pixel_size_um=pixel_size_um, rotation_deg=rotation_deg, bend_deg=bend_deg), seed=3
    )
    (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=pixel_size_um, boxes_px=phantom.boxes_px)
    truth = true_length_um(phantom.dendrite, side_px=len(phantom.pixels), pixel_size_um=pixel_size_um)
    assert dendrite.length_px * pixel_size_um == pytest.approx(truth, rel=0.03)
    assert np.median(dendrite.radius_px) * pixel_size_um == pytest.approx(0.45, abs=0.03)


def test_the_centreline_lies_on_the_drawn_one() -> None:
    phantom = make_phantom(replace(PHANTOM, bend_deg=70.0, rotation_deg=33.0), seed=4)
    (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=0.1, boxes_px=phantom.boxes_px)
    apart = np.hypot(*(dendrite.points_px[:, None] - phantom.dendrite.centreline_px).transpose(2, 0, 1)).min(axis=1)
    assert np.median(apart) < 0.6
    assert apart[2:-2].max() < 1.5
    assert len(dendrite.points_px) < 60


@pytest.mark.parametrize("given", [True, False])
def test_spines_are_no_branches_whether_detected_or_not(given: bool) -> None:
    for seed, spacing_um in ((5, 0.5), (6, 1.0), (7, 2.5)):
        phantom = make_phantom(replace(PHANTOM, spacing_um=spacing_um, rotation_deg=20.0 * seed), seed=seed)
        traced = trace_dendrites(phantom.pixels, pixel_size_um=0.1, boxes_px=phantom.boxes_px if given else ())
        assert len(traced) == 1
        assert traced[0].length_px * 0.1 == pytest.approx(25.9, rel=0.04)


def test_detected_filopodia_are_no_branches() -> None:
    long = replace(FILOPODIUM, length=5.0)
    phantom = make_phantom(replace(PHANTOM, sizes_um=(long, MUSHROOM), rotation_deg=50.0), seed=8)
    assert len(trace_dendrites(phantom.pixels, pixel_size_um=0.1, boxes_px=phantom.boxes_px)) == 1


def test_a_dendrite_that_crosses_a_field_is_traced_from_edge_to_edge() -> None:
    errors = []
    for seed in range(40, 44):
        random = np.random.default_rng(seed)
        parameters = draw_parameters(
            Look.TWO_PHOTON, random, dendrite_count=1, branched=False, background_branch_count=0, depth_drift_um=0.3
        )
        made = make_image(parameters, seed=seed)
        boxes = [spine.box_px for spine in made.visible_spines]
        errors.append(made_error(made, trace_dendrites(made.pixels, pixel_size_um=0.1, boxes_px=boxes)))
    assert abs(np.mean(errors)) < 0.02
    assert np.max(np.abs(errors)) < 0.05


@pytest.mark.parametrize("look", [Look.CUT_OUT, Look.BINARY])
def test_a_cut_out_is_one_dendrite(look: Look) -> None:
    for seed in (50, 51):
        parameters = draw_parameters(look, np.random.default_rng(seed))
        made = make_image(parameters, seed=seed)
        boxes = [spine.box_px for spine in made.spines]
        for scale in (0.1, None):
            traced = trace_dendrites(made.pixels, pixel_size_um=scale, boxes_px=boxes)
            assert len(traced) == 1
            assert abs(made_error(made, traced)) < 0.06


def test_two_dendrites_that_cross_are_two() -> None:
    traced = trace_dendrites(drawn([[(-9, 90), (309, 210)], [(80, -9), (210, 309)]]), pixel_size_um=0.1)
    assert len(traced) == 2
    assert sorted(dendrite.length_px for dendrite in traced) == pytest.approx([320.6, 326.4], rel=0.02)


def test_a_fork_gives_a_dendrite_and_a_branch_from_its_surface() -> None:
    picture = drawn([[(-9, 150), (309, 150)], [(120, 150), (220, 310)]])
    parent, child = trace_dendrites(picture, pixel_size_um=0.1)
    assert parent.length_px == pytest.approx(300, rel=0.02)
    assert np.ptp(parent.points_px[:, 1]) < 6
    assert child.length_px == pytest.approx(np.hypot(94, 150) - 5.3, rel=0.04)
    gap = min(abs(child.points_px[0, 1] - 150), abs(child.points_px[-1, 1] - 150))
    assert 3 < gap < 8


def test_a_short_gap_is_closed() -> None:
    (dendrite,) = trace_dendrites(drawn([[(-9, 150), (140, 150)], [(160, 150), (309, 150)]]), pixel_size_um=0.1)
    assert dendrite.length_px == pytest.approx(300, rel=0.02)


def test_what_carries_spines_is_traced_though_dim_and_what_does_not_is_not() -> None:
    dim = drawn([[(-9, 60), (309, 60)]]).astype(float) - 30
    other = drawn([[(-9, 220), (309, 220)]]).astype(float) - 30
    bright = drawn([[(-9, 140), (309, 140)]]).astype(float)
    picture = bright + 0.15 * dim + 0.15 * other
    boxes = [(float(x), y, 8.0, 8.0) for y in (66.0, 146.0) for x in range(10, 290, 30)]
    traced = trace_dendrites(picture, pixel_size_um=0.1, boxes_px=boxes)
    heights = sorted(round(float(np.median(dendrite.points_px[:, 1])), -1) for dendrite in traced)
    assert heights == [60, 140]


@pytest.mark.parametrize(
    "plane",
    [
        np.zeros((64, 64), np.uint8),
        np.full((80, 50), 1000, np.uint16),
        np.full((40, 40), np.nan),
        np.ones((1, 1)),
        np.arange(18.0).reshape(2, 9),
        np.zeros((300, 300), bool),
    ],
)
def test_nothing_is_traced_where_nothing_is(plane: NDArray[np.generic]) -> None:
    for pixel_size_um in (0.1, None):
        assert trace_dendrites(plane, pixel_size_um=pixel_size_um, boxes_px=[(2, 2, 5, 5)]) == []


@pytest.mark.parametrize("pixel_size_um", [0.05, 0.2, None])
def test_noise_holds_no_dendrite(pixel_size_um: float | None) -> None:
    for seed, light in ((1, 3), (2, 300)):
        noise = np.random.default_rng(seed).poisson(light, (400, 400))
        assert trace_dendrites(noise, pixel_size_um=pixel_size_um) == []
        assert trace_dendrites(gaussian_filter(noise * 1.0, 0.8), pixel_size_um=pixel_size_um) == []


def test_a_cloud_and_a_bright_edge_are_no_dendrites() -> None:
    y, x = np.mgrid[:300, :300]
    cloud = 200 * np.exp(-((x - 150) ** 2 + (y - 120) ** 2) / 2 / 60**2) + 100.0 * (x > 220)
    picture = np.random.default_rng(5).poisson(cloud + 20)
    assert trace_dendrites(picture, pixel_size_um=0.1) == []


def test_without_a_pixel_size_the_same_line_is_found_at_every_size() -> None:
    for pixel_size_um in (0.04, 0.1, 0.2):
        phantom = make_phantom(replace(PHANTOM, pixel_size_um=pixel_size_um, rotation_deg=25.0), seed=9)
        (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=None, boxes_px=phantom.boxes_px)
        assert dendrite.length_px * pixel_size_um == pytest.approx(25.9, rel=0.04)


def test_pixel_types_and_missing_pixels_make_no_difference() -> None:
    phantom = make_phantom(replace(PHANTOM, rotation_deg=15.0), seed=10)
    (dendrite,) = trace_dendrites(phantom.pixels, pixel_size_um=0.1)
    (huge,) = trace_dendrites(phantom.pixels.astype(np.float64) * 1e30 - 1e33, pixel_size_um=0.1)
    holed = phantom.pixels.astype(np.float32)
    holed[:3, :3] = np.nan
    holed[-2, -2] = np.inf
    (patched,) = trace_dendrites(holed, pixel_size_um=0.1)
    for other in (huge, patched):
        assert other.length_px == pytest.approx(dendrite.length_px, rel=0.005)
        assert np.isfinite(other.points_px).all()
        assert np.isfinite(other.radius_px).all()


def test_a_tiny_picture_of_one_dendrite_is_traced() -> None:
    (dendrite,) = trace_dendrites(drawn([[(-9, 20), (60, 30)]], side_px=48), pixel_size_um=0.1)
    assert dendrite.length_px == pytest.approx(48.5, rel=0.05)


def test_points_lie_in_the_picture_and_nothing_given_is_changed() -> None:
    picture = make_image(replace(PLAIN, branched=True, dendrite_count=2), seed=12).pixels
    before, boxes = picture.copy(), np.array([[20.0, 30.0, 9.0, 9.0]])
    for dendrite in trace_dendrites(picture, pixel_size_um=0.1, boxes_px=boxes):  # type: ignore[arg-type]
        assert dendrite.points_px.min() >= 0
        assert dendrite.points_px.max() <= 256
        assert dendrite.radius_px.shape == (len(dendrite.points_px),)
        assert dendrite.radius_px.min() > 0
    assert np.array_equal(picture, before)
    assert boxes.tolist() == [[20.0, 30.0, 9.0, 9.0]]


def test_the_radius_beside_a_drawn_line_is_the_shafts() -> None:
    phantom = make_phantom(replace(PHANTOM, rotation_deg=40.0, dendrite_radius_um=0.6), seed=13)
    line = phantom.dendrite.centreline_px[[20, 300, 600, -20]]
    for shift_px in (0, 2):
        radius = shaft_radius_px(phantom.pixels, line + shift_px, pixel_size_um=0.1)
        assert radius.shape == (4,)
        assert np.median(radius) * 0.1 == pytest.approx(0.6, abs=0.05)
    assert np.isfinite(shaft_radius_px(np.zeros((50, 50), np.uint8), np.array([[3.0, 3.0], [40.0, 9.0]]))).all()


def test_a_masks_own_centreline_is_as_long_as_the_mask() -> None:
    y, x = np.mgrid[:200, :300] + 0.5
    band = np.abs((y - 100) - 0.4 * (x - 150)) / np.hypot(1, 0.4) < 5
    band &= np.abs((x - 150) + 0.4 * (y - 100)) / np.hypot(1, 0.4) < 110
    spine = (np.abs(x - 150) < 3) & (y > 95) & (y < 130)
    assert mask_length_px(band | spine, [(145.0, 106.0, 10.0, 26.0)]) == pytest.approx(220, rel=0.02)
    assert mask_length_px(np.zeros((9, 9), bool), []) == 0
