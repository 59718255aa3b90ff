"""Whether the neuron is lighter or darker than its ground: told by the picture, and turned round."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from spines.imaging import (
    STAIN_CHANNEL,
    Polarity,
    Projection,
    inspect_image,
    light_on_dark,
    read_plane,
    read_polarised,
    tell_polarity,
)
from spines.imaging.stain import find_stain
from spines.synthesis import Look, make_series_image
from tests.domain.made_scenes import series_image

SHARED = next((p / "shared" for p in Path(__file__).resolve().parents if (p / "shared" / "cases").is_dir()), None)
DARK, LIGHT = Polarity.DARK_ON_LIGHT, Polarity.LIGHT_ON_DARK


def inverted(plane: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.asarray(np.iinfo(plane.dtype).max - plane, plane.dtype)  # type: ignore[type-var]


@pytest.mark.parametrize("look", list(Look))
def test_made_pictures_tell_their_polarity_and_inverted_ones_the_other(look: Look) -> None:
    own = DARK if look.is_stained else LIGHT
    other = LIGHT if look.is_stained else DARK
    right = 0
    for number in range(4):
        pixels = series_image(look, number, side_px=256).pixels
        right += (tell_polarity(pixels).polarity is own) + (tell_polarity(inverted(pixels)).polarity is other)
    assert right >= 7


def test_an_inverted_picture_is_told_the_other_way_round_and_as_surely() -> None:
    pixels = series_image(Look.TWO_PHOTON, 3).pixels
    as_it_is, the_other = tell_polarity(pixels), tell_polarity(inverted(pixels))
    assert as_it_is.polarity is not the_other.polarity
    assert as_it_is.sureness == pytest.approx(the_other.sureness, abs=0.05)


@pytest.mark.parametrize(
    "plane",
    [
        np.zeros((64, 64), np.uint8),
        np.full((200, 300), 4000, np.uint16),
        np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8),
        np.random.default_rng(0).normal(100, 10, (300, 200)).astype(np.float32),
        np.tile(np.linspace(0, 255, 256).astype(np.uint8), (256, 1)),
        np.zeros((3, 500), np.uint8),
        np.zeros((1, 1), np.uint8),
    ],
    ids=["black", "even", "noise", "float noise", "ramp", "thin", "a pixel"],
)
def test_what_shows_nothing_is_taken_for_light_on_dark_without_sureness(plane: NDArray[np.generic]) -> None:
    told = tell_polarity(plane)
    assert told.polarity is LIGHT
    assert told.sureness < 0.5


def test_eight_bits_turned_round_twice_are_the_same() -> None:
    pixels = series_image(Look.CUT_OUT, 1).pixels.astype(np.uint8)
    np.testing.assert_array_equal(light_on_dark(255 - pixels, DARK), pixels)
    assert light_on_dark(pixels, LIGHT) is pixels


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_turned_round_a_plane_keeps_its_type_and_loses_nothing(dtype: str) -> None:
    plane = np.random.default_rng(2).integers(3, 120, (20, 30)).astype(dtype)
    turned = light_on_dark(plane, DARK)
    assert turned.dtype == plane.dtype
    assert np.ptp(turned.astype(float) + plane.astype(float)) == 0


def test_of_a_stack_dark_on_light_the_darkest_is_the_strongest_signal(tmp_path: Path) -> None:
    made = series_image(Look.GOLGI, 2, side_px=256).pixels.astype(np.uint8)
    ground = np.full_like(made, np.percentile(made, 90))
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack([ground, made, ground, ground]), imagej=True, metadata={"axes": "ZYX"})
    read = read_polarised(path, name="stack.tif")
    assert read.polarity is DARK
    np.testing.assert_array_equal(read.pixels, np.minimum(made, ground))
    np.testing.assert_array_equal(read.light_on_dark, 255 - np.minimum(made, ground))
    told_otherwise = read_polarised(path, name="stack.tif", polarity=LIGHT)
    np.testing.assert_array_equal(told_otherwise.light_on_dark, np.maximum(made, ground))
    alone = read_polarised(path, name="stack.tif", projection=Projection.PLANE, plane=1)
    np.testing.assert_array_equal(alone.pixels, made)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_coloured_section_is_read_along_its_stain(tmp_path: Path, suffix: str) -> None:
    for number in (1, 2):
        made = make_series_image(Look.DAB, seed=5, number=number, side_px=256, pixel_size_um=0.1, coloured=True)
        path = tmp_path / f"dab{number}.{suffix}"
        if suffix == "png":
            Image.fromarray(made.pixels).save(path)
        else:
            tifffile.imwrite(path, made.pixels, photometric="rgb")
        info = inspect_image(path, name=path.name)
        assert info.channel_names == ("Red", "Green", "Blue", STAIN_CHANNEL)
        assert info.usual_channel == 3
        read = read_polarised(path, name=path.name)
        assert (read.polarity, read.is_stain) == (DARK, True)
        np.testing.assert_array_equal(read_plane(path, name=path.name, channel=1), made.pixels[..., 1])
        columns, rows = np.floor(made.dendrites[0].centreline_px).astype(int).clip(0, 255).T
        absorbance = read.light_on_dark
        assert np.median(absorbance[rows, columns]) > np.median(absorbance) + absorbance.std() / 2


def test_along_the_stain_counterstained_nuclei_fade() -> None:
    rows, columns = np.indices((256, 256))
    stain = 0.6 * (np.abs(rows - 60) < 5) + 0.6 * (np.abs(columns - 128) < 3)
    nuclei = 0.4 * (np.hypot(rows - 170, columns - 60) < 25) + 0.4 * (np.hypot(rows - 180, columns - 200) < 25)
    noise = np.random.default_rng(0).normal(0, 0.01, (256, 256, 3))
    absorbance = stain[..., None] * [0.47, 1.0, 1.37] + nuclei[..., None] * [0.93, 1.0, 0.41] + 0.1 + noise
    pixels = np.rint(255 * 10.0**-absorbance).clip(0, 255).astype(np.uint8)
    found = find_stain(pixels)
    assert found is not None
    along = -np.log10(found.transmitted(pixels).astype(float) / 65535 + 1e-6)
    nucleus, ground, shaft = along[170, 60], np.median(along), along[60, 40]
    assert (nucleus - ground) < 0.35 * (shaft - ground)
    assert shaft - ground == pytest.approx(0.57, rel=0.25)


def test_fluorescence_in_colours_keeps_its_channels(tmp_path: Path) -> None:
    pixels = np.zeros((256, 256, 3), np.uint8)
    pixels[..., 1] = series_image(Look.TWO_PHOTON, 1, side_px=256).pixels.astype(np.uint8)
    pixels[..., 0] = series_image(Look.CUT_OUT, 2, side_px=256).pixels.astype(np.uint8)
    pixels[::7, ::5, 2] = 40
    Image.fromarray(pixels).save(tmp_path / "merged.png")
    info = inspect_image(tmp_path / "merged.png", name="merged.png")
    assert (info.channel_names, info.usual_channel) == (("Red", "Green", "Blue"), 0)


@pytest.mark.slow
@pytest.mark.skipif(SHARED is None, reason="the annotated sets lie outside of the repository")
def test_real_pictures_tell_their_polarity() -> None:
    assert SHARED is not None
    for source in ("wide512", "meng", "zoom"):
        for path in sorted((SHARED / "data" / source / "val").iterdir())[::3]:
            plane = np.asarray(Image.open(path).convert("L"))
            assert tell_polarity(plane).polarity is LIGHT, path
            assert tell_polarity(255 - plane).polarity is DARK, path
    for name in ("golgi_a.png", "biocytin_dab.png"):
        assert tell_polarity(np.asarray(Image.open(SHARED / "cases" / name))).polarity is DARK


@pytest.mark.skipif(SHARED is None, reason="the cases lie outside of the repository")
def test_real_files_of_imagej_with_an_inverted_look_up_table() -> None:
    assert SHARED is not None
    cases = SHARED / "cases"
    one, other = (read_plane(cases / name, name=name) for name in ("ij_invLUT8.tif", "ij_normal8.tif"))
    np.testing.assert_array_equal(one, other)
    coarse = cases / "ddaC_inverted_lut_coarse_pixels.tif"
    assert read_plane(coarse, name=coarse.name).mean() == pytest.approx(24.8, abs=0.1)
    assert read_polarised(coarse, name=coarse.name).polarity is LIGHT
