"""Made images as a microscope and its files give them: focus, noise, lines, cut-outs, bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import label

from spines.synthesis import Look, Visibility, draw_parameters, make_image
from tests.domain.made_scenes import PLAIN, series_image

FLAT = replace(PLAIN, spines_per_um=0.0, background=0.4, background_unevenness=0.0, haze=0.0, bit_depth=16)


def test_what_is_out_of_focus_is_dimmer_and_wider() -> None:
    sharp = make_image(replace(PLAIN, spines_per_um=0.0, gamma=1.0), seed=7)
    drifting = make_image(replace(PLAIN, spines_per_um=0.0, depth_drift_um=6.0), seed=7)
    (dendrite,) = drifting.dendrites
    columns, rows = np.floor(dendrite.centreline_px).astype(int).T
    far = np.abs(dendrite.depth_um) > 3
    assert far.any()
    assert drifting.pixels[rows, columns][far].mean() < 0.5 * sharp.pixels[rows, columns][far].mean()


def test_cut_out_is_black_around_one_dendrite() -> None:
    made = series_image(Look.CUT_OUT, 1)
    assert len(made.dendrites) == 1
    assert np.mean(made.pixels == 0) > 0.7
    assert made.pixels.max() > 100


def test_binary_has_two_values() -> None:
    assert set(np.unique(series_image(Look.BINARY, 1).pixels)) == {0, 255}


def test_sixteen_bits_keep_an_offset_and_twelve_bits_of_range() -> None:
    made = make_image(replace(PLAIN, bit_depth=16), seed=1)
    assert made.pixels.dtype == np.uint16
    assert made.pixels.min() >= 100
    assert 255 < made.pixels.max() <= 4095


def test_a_scene_whose_background_branches_all_miss_the_picture_is_drawn() -> None:
    for seed in range(40):
        made = make_image(replace(PLAIN, side_px=64, background_branch_count=8), seed=seed)
        assert made.pixels.max() > 0


@pytest.mark.parametrize("shaft_photons", [25.0, 500.0])
def test_noise_is_that_of_counted_photons(shaft_photons: float) -> None:
    made = make_image(replace(FLAT, shaft_photons=shaft_photons, read_noise_photons=0.0), seed=1)
    photons = (made.pixels.astype(float) - 100) / 3995 / FLAT.exposure * shaft_photons
    background = _without_dendrites(photons)
    steps = np.diff(background, axis=1)
    assert np.nanvar(steps) / 2 == pytest.approx(np.nanmean(background), rel=0.1)


def test_grain_is_smoother_where_asked() -> None:
    sharp = _without_dendrites(make_image(FLAT, seed=1).pixels)
    smooth = _without_dendrites(make_image(replace(FLAT, grain_px=0.7), seed=1).pixels)
    assert np.nanstd(np.diff(smooth, axis=0)) < 0.5 * np.nanstd(np.diff(sharp, axis=0))


def test_scanned_lines_are_off_by_less_than_asked() -> None:
    for seed in range(4):
        even = replace(PLAIN, background_unevenness=0.0)
        straight = make_image(even, seed=seed)
        jittered = make_image(replace(even, line_jitter_px=1.5), seed=seed)
        assert jittered.spines == straight.spines
        assert jittered.pixels.mean() == pytest.approx(straight.pixels.mean(), rel=0.02)
        uneven = [np.abs(np.diff(made.pixels.astype(int), axis=0)).mean() for made in (straight, jittered)]
        assert uneven[1] > uneven[0]


def test_all_of_a_cut_out_hangs_together_with_what_can_be_seen() -> None:
    for number in range(8):
        made = series_image(Look.CUT_OUT, number, side_px=256)
        seen = np.zeros(made.pixels.shape, np.bool_)
        for dendrite in made.dendrites:
            columns, rows = np.floor(dendrite.centreline_px).astype(int).clip(0, 255).T
            seen[rows, columns] = True
        for spine in made.visible_spines:
            x, y, width, height = (int(value) for value in spine.box_px)
            seen[max(y - 2, 0) : y + height + 2, max(x - 2, 0) : x + width + 2] = True
        # Compression leaves specks of a few grey values beside edges.
        parts, count = label(made.pixels > made.pixels.max() // 5)
        assert set(np.unique(parts[seen])) >= set(range(1, count + 1))


@pytest.mark.parametrize("look", [Look.TWO_PHOTON, Look.CUT_OUT])
def test_drawn_scenes_differ_as_files_of_microscopes_do(look: Look) -> None:
    random = np.random.default_rng(0)
    drawn = [draw_parameters(look, random) for _ in range(200)]

    def share(of: list[bool]) -> float:
        return sum(of) / len(of)

    assert 0.1 < share([scene.bit_depth == 16 for scene in drawn]) < 0.35
    assert 0.2 < share([scene.jpeg_quality is not None for scene in drawn]) < 0.6
    assert 0.3 < share([scene.crowding > 0 for scene in drawn]) < 0.7
    assert 0.2 < share([scene.line_jitter_px > 0 for scene in drawn]) < 0.7
    assert 0.03 < share([scene.exposure > 0.9 for scene in drawn]) < 0.9
    assert not any(scene.bit_depth == 16 and scene.jpeg_quality is not None for scene in drawn)


@pytest.mark.slow
def test_drawn_fields_hold_saturation_overlap_and_spines_over_and_under_the_shaft() -> None:
    made = [series_image(Look.TWO_PHOTON, number, side_px=256) for number in range(24)]
    saturated = [np.mean(image.pixels >= (255 if image.pixels.dtype == np.uint8 else 4095)) for image in made]
    assert max(saturated) > 0.005
    assert np.median(saturated) < 0.002
    assert sum(spine.visibility is Visibility.HIDDEN_BY_SHAFT for image in made for spine in image.spines) > 24
    assert sum(_overlapping([spine.box_px for spine in image.visible_spines]) for image in made) > 24


def test_crowded_spines_stand_nearer_to_each_other() -> None:
    def near(crowding: float) -> float:
        scenes = [make_image(replace(PLAIN, crowding=crowding), seed=seed) for seed in range(6)]
        steps = [np.diff(np.sort([spine.position_um for spine in made.spines])) for made in scenes]
        return float(np.mean(np.concatenate(steps) < 0.3))

    assert near(0.6) > 1.3 * near(0.0)


def _without_dendrites(pixels: NDArray[np.generic]) -> NDArray[np.float64]:
    """The picture with not-a-number about its dendrite."""
    made = make_image(replace(FLAT, read_noise_photons=0.0), seed=1)
    away = np.array(pixels, np.float64)
    for x, y in made.dendrites[0].centreline_px[::4]:
        away[max(int(y) - 20, 0) : int(y) + 20, max(int(x) - 20, 0) : int(x) + 20] = np.nan
    return away


def _overlapping(boxes: list[tuple[float, float, float, float]]) -> int:
    return sum(
        a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
        for index, a in enumerate(boxes)
        for b in boxes[:index]
    )
