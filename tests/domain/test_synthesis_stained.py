"""Made Golgi and DAB pictures: dark on light, coloured by their stain, and a truth that litter does not blur."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.core.management import CommandError, call_command
from scipy.ndimage import distance_transform_edt, label

from spines.errors import InvalidInput
from spines.synthesis import Look, SceneParameters, Visibility, make_image
from tests.domain.made_scenes import series_image

CLEAN = SceneParameters(
    look=Look.GOLGI,
    side_px=256,
    background_branch_count=0,
    depth_drift_um=0.0,
    axial_fwhm_um=1.0,
    lateral_fwhm_um=0.3,
    shaft_photons=20000.0,
    exposure=0.9,
    gamma=1.0,
    spine_brightness=1.0,
)
LITTERED = replace(CLEAN, droplets_per_100um2=6.0, grit_per_100um2=20.0, blot_share=0.1, background_branch_count=6)


@pytest.mark.parametrize("look", [Look.GOLGI, Look.DAB])
def test_dendrites_in_focus_are_darker_than_the_ground(look: Look) -> None:
    for number in range(6):
        made = series_image(look, number, side_px=256)
        ground = np.median(made.pixels)
        for dendrite in made.dendrites:
            columns, rows = np.floor(dendrite.centreline_px).astype(int).clip(0, 255).T
            in_focus = np.abs(dendrite.depth_um) < 0.5
            if in_focus.sum() > 20:
                assert np.median(made.pixels[rows, columns][in_focus]) < ground


def test_spines_that_can_be_seen_are_darker_than_what_surrounds_them() -> None:
    darker = checked = 0
    for seed in range(4):
        made = make_image(replace(CLEAN, spines_per_um=0.6), seed=seed)
        for spine in made.visible_spines:
            x, y, width, height = (int(value) for value in spine.box_px)
            checked += 1
            darker += made.pixels[y : y + height, x : x + width].min() < 0.75 * np.median(made.pixels)
    assert checked > 25
    assert darker / checked > 0.95


def test_litter_changes_no_truth_and_what_is_like_a_spine_keeps_clear_of_dendrites() -> None:
    small = 0
    for seed in range(4):
        made, littered = (make_image(scene, seed=seed) for scene in (CLEAN, LITTERED))
        assert [spine.box_px for spine in made.spines] == [spine.box_px for spine in littered.spines]
        bare = make_image(replace(CLEAN, spines_per_um=0.0, droplets_per_100um2=15.0), seed=seed)
        dark = bare.pixels < 0.5 * np.median(bare.pixels)
        parts, count = label(dark)
        columns, rows = np.floor(bare.dendrites[0].centreline_px).astype(int).clip(0, 255).T
        shaft = np.isin(parts, np.setdiff1d(parts[rows, columns], [0]))
        away_um = distance_transform_edt(~shaft) * bare.parameters.pixel_size_um
        for number in set(range(1, count + 1)) - set(np.unique(parts[shaft])):
            if (parts == number).sum() * bare.parameters.pixel_size_um**2 < 0.8:
                small += 1
                assert away_um[parts == number].min() > 0.8
    assert small > 10


def test_out_of_focus_a_stained_branch_is_wider_and_as_dark_in_all() -> None:
    thin = replace(CLEAN, spines_per_um=0.0, stain_od=0.05, tissue_od=0.0, flare=0.0, bit_depth=16, vignette=0.0)
    sharp, drifting = (make_image(replace(thin, depth_drift_um=drift), seed=7) for drift in (0.0, 5.0))
    (dendrite,) = drifting.dendrites
    columns, rows = np.floor(dendrite.centreline_px).astype(int).clip(0, 255).T
    far = np.abs(dendrite.depth_um) > 1.5
    assert far.any()
    held_back = [made.pixels.max() - made.pixels.astype(float) for made in (sharp, drifting)]
    assert held_back[1][rows, columns][far].mean() < 0.8 * held_back[0][rows, columns][far].mean()
    totals = [np.median(made.pixels) - made.pixels.astype(float) for made in (sharp, drifting)]
    assert totals[1].sum() == pytest.approx(totals[0].sum(), rel=0.15)


def test_a_spine_before_something_as_dark_is_not_one_that_can_be_seen() -> None:
    clean, crossed = (make_image(replace(CLEAN, background_branch_count=n, spines_per_um=2.0), seed=3) for n in (0, 40))
    assert len(crossed.visible_spines) < len(clean.visible_spines)
    lost = {spine.number for spine in clean.visible_spines} - {spine.number for spine in crossed.visible_spines}
    assert all(crossed.spines[number - 1].visibility is Visibility.FAINT for number in lost)


def test_colours_are_those_of_the_stain() -> None:
    for look, least, most in ((Look.GOLGI, 0.8, 1.4), (Look.DAB, 1.8, 4.0)):
        scene = replace(CLEAN, look=look, coloured=True, tissue_od=0.0, stain_od=0.4, flare=0.0)
        pixels = make_image(scene, seed=2).pixels.astype(float) + 1
        assert pixels.shape == (256, 256, 3)
        dark = pixels[..., 1] < np.quantile(pixels[..., 1], 0.02)
        red, _, blue = -np.log10(pixels[dark].mean(axis=0) / np.median(pixels, axis=(0, 1)))
        assert least < blue / red < most


def test_what_cannot_be_in_colour_is_refused() -> None:
    with pytest.raises(InvalidInput, match="golgi and dab"):
        SceneParameters(look=Look.TWO_PHOTON, coloured=True)
    with pytest.raises(CommandError, match="golgi and dab"):
        call_command("synthesise", time=True, count=1, colour=True)


def test_the_command_writes_coloured_pictures(tmp_path: Path) -> None:
    call_command("synthesise", tmp_path, count=1, look="dab", colour=True, side_px=96)
    (path,) = tmp_path.glob("*.tif")
    assert tifffile.imread(path).shape == (96, 96, 3)
    (image,) = json.loads((tmp_path / "truth.json").read_text())["images"]
    assert (image["width"], image["height"], image["look"]) == (96, 96, "dab")
