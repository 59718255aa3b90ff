"""Planes as pictures for the eye."""

import io

import numpy as np
import pytest
from PIL import Image

from spines.imaging import encode_png, make_thumbnail, to_grey8

RAMP = np.linspace(100, 4100, 10_000).reshape(100, 100).astype(np.uint16)


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4", "f4", "f8", "?"])
def test_every_pixel_type_spans_black_to_white(dtype: str) -> None:
    plane = (RAMP > 2000) if dtype == "?" else (RAMP / 40).astype(dtype)
    grey = to_grey8(plane)
    assert grey.dtype == np.uint8
    assert (grey.min(), grey.max()) == (0, 255)


def test_contrast_limits_gamma_and_inversion() -> None:
    linear = to_grey8(RAMP, low_percent=0, high_percent=100)
    assert np.abs(linear.ravel() - np.linspace(0, 255, 10_000)).max() < 1
    clipped = to_grey8(RAMP, low_percent=10, high_percent=90)
    assert (clipped == 0).mean() == pytest.approx(0.1, abs=0.01)
    assert (clipped == 255).mean() == pytest.approx(0.1, abs=0.01)
    middle = to_grey8(RAMP, low_percent=0, high_percent=100, gamma=0.5)[50, 0]
    assert middle == pytest.approx(255 * 0.5**0.5, abs=2)
    inverted = to_grey8(RAMP, low_percent=0, high_percent=100, invert=True)
    np.testing.assert_allclose(inverted, 255 - linear.astype(int), atol=1)


def test_a_plane_without_contrast_and_one_bright_pixel() -> None:
    assert not to_grey8(np.full((5, 5), 7)).any()
    single = np.zeros((200, 200))
    single[3, 4] = 9
    assert to_grey8(single)[3, 4] == 255


def test_the_brightness_range_is_not_confined_to_32_bit() -> None:
    assert to_grey8(np.array([[0, 2**31, 2**32 - 1]], np.uint32), low_percent=0, high_percent=100).max() == 255


@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3)])
def test_png_keeps_every_pixel(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(encode_png(picture)))), picture)


@pytest.mark.parametrize(
    ("shape", "expected"), [((1000, 400), (256, 102)), ((30, 40), (30, 40)), ((5, 3000), (1, 256))]
)
def test_thumbnails_fit_and_are_never_enlarged(shape: tuple[int, int], expected: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(0, 4096, shape).astype(np.uint16)
    thumbnail = np.asarray(Image.open(io.BytesIO(make_thumbnail(plane))))
    assert thumbnail.dtype == np.uint8
    assert thumbnail.shape == expected
