"""Pixels before a network sees them."""

from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from worker.preprocess import crop_windows, normalise, without_strong_noise


def test_normalise_spans_zero_to_one_whatever_the_type() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (64, 64))
    as_bytes, as_words, as_floats = (
        normalise(plane) for plane in (grey.astype(np.uint8), (grey * 100).astype(np.uint16), grey / 255 - 3)
    )
    assert as_bytes.dtype == np.float32
    assert (as_bytes.min(), as_bytes.max()) == (0, 1)
    np.testing.assert_allclose(as_words, as_bytes, atol=1e-5)
    np.testing.assert_allclose(as_floats, as_bytes, atol=1e-5)


def test_a_dendrite_cut_out_on_black_is_stretched_as_one_that_fills_the_field() -> None:
    dendrite = np.random.default_rng(1).uniform(10, 60, (32, 32))
    cut_out = np.zeros((320, 320))
    cut_out[:32, :32] = dendrite
    assert normalise(cut_out)[:32, :32].mean() > 0.4


@pytest.mark.parametrize("plane", [np.full((8, 8), 7), np.zeros((8, 8)), np.full((8, 8), np.nan)])
def test_a_plane_of_one_value_is_black(plane: np.ndarray) -> None:
    assert not normalise(plane).any()


def test_broken_pixels_count_as_dark() -> None:
    plane = np.random.default_rng(2).uniform(5, 9, (32, 32))
    plane[3, 4], plane[5, 6], plane[7, 8] = np.nan, np.inf, -np.inf
    normalised = normalise(plane)
    assert np.isfinite(normalised).all()
    assert normalised[3, 4] == normalised[5, 6] == normalised[7, 8] == 0


def dendrite_with_spines() -> NDArray[np.float32]:
    """Bright, blurred, on a dark ground: (96, 128) in [0, 1]."""
    drawn = np.zeros((96, 128))
    drawn[44:52] = 0.8
    for column in range(10, 120, 18):
        drawn[32:44, column : column + 2] = 0.5
        drawn[26:33, column - 2 : column + 4] = 0.9
    return np.asarray(gaussian_filter(drawn, 1.5), np.float32)


def test_strong_noise_is_taken_off_and_spines_stay() -> None:
    clean = dendrite_with_spines()
    noisy = (clean + np.random.default_rng(3).normal(0, 0.06, clean.shape)).astype(np.float32)
    quiet = without_strong_noise(noisy)
    assert (quiet - clean)[60:].std() < 0.4 * (noisy - clean)[60:].std()  # the ground
    heads = clean > 0.5
    assert abs((quiet - clean)[heads].mean()) < 0.02
    spines = slice(22, 44)
    assert (quiet - clean)[spines].std() < 0.6 * (noisy - clean)[spines].std()


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_usual_noise_stays_to_the_last_bit(noise: float) -> None:
    plane = (dendrite_with_spines() + np.random.default_rng(4).normal(0, noise, (96, 128))).astype(np.float32)
    assert without_strong_noise(plane) is plane


def test_a_few_pixels_are_not_smoothed() -> None:
    plane = np.random.default_rng(5).uniform(0, 1, (8, 200)).astype(np.float32)
    assert without_strong_noise(plane) is plane


def test_a_window_is_centred_and_resampled_at_the_given_scale() -> None:
    plane = np.zeros((40, 50), np.float32)
    plane[20:24, 30:34] = 1  # centre at x 32, y 22
    (window,) = crop_windows(plane, [(32.0, 22.0)], window_px=8, size_px=16)
    assert window.shape == (16, 16)
    rows, columns = np.nonzero(window > 0.5)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 11, 4, 11)


def test_windows_repeat_the_edge_and_span_zero_to_one() -> None:
    plane = np.linspace(0.2, 0.6, 400, dtype=np.float32).reshape(20, 20)
    windows = crop_windows(plane, [(0, 0), (10, 10)], window_px=10, size_px=12)
    np.testing.assert_allclose(windows.min(axis=(1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(windows.max(axis=(1, 2)), 1, atol=1e-6)
    assert (windows[0, :6, :6] == windows[0, 0, 0]).all()


def test_a_turned_window_does_not_hang_on_how_the_picture_lies() -> None:
    rng = np.random.default_rng(5)
    plane = gaussian_filter(rng.random((60, 80)), 2).astype(np.float32)
    x, y = 31.0, 22.0
    turned = partial(crop_windows, window_px=16.0, size_px=24, turned=True)
    window = turned(plane, [(x, y)])[0]
    around = turned(np.ascontiguousarray(np.rot90(plane)), [(y, 80 - x)])[0]
    mirrored = turned(np.ascontiguousarray(plane[:, ::-1]), [(80 - x, y)])[0]
    np.testing.assert_allclose(around, window, atol=1e-4)
    np.testing.assert_allclose(mirrored, window[::-1], atol=1e-4)
    left, right = window[:, :12].mean(), window[:, 12:].mean()
    assert right > left


def test_a_window_without_light_stays_as_it_lies() -> None:
    (window,) = crop_windows(np.zeros((40, 40), np.float32), [(20, 20)], window_px=8, size_px=8, turned=True)
    assert not window.any()


def test_no_centres_give_no_windows() -> None:
    assert crop_windows(np.zeros((9, 9), np.float32), [], window_px=4, size_px=8).shape == (0, 8, 8)
