"""Brightness and noise of a picture: what is kept with its result and compared between conditions."""

from __future__ import annotations

import numpy as np
import pytest

from spines.measure.light import Light, light_of


def picture(noise: float, *, side_px: int = 300) -> np.ndarray:
    """A bright line and blurred dots on a slope, from 100 to about 1,100 grey steps, with noise of this SD in steps."""
    y, x = np.mgrid[:side_px, :side_px].astype(float)
    clean = 100 + 0.2 * x + 1000 * np.exp(-((y - side_px / 2) ** 2) / 50)
    for at in range(20, side_px, 40):
        clean += 600 * np.exp(-((x - at) ** 2 + (y - side_px / 2 - 20) ** 2) / 12)
    return np.asarray(clean + np.random.default_rng(1).normal(0, noise, clean.shape))


@pytest.mark.parametrize("noise", [0.0, 10.0, 60.0])
def test_noise_is_told_whatever_is_in_the_picture(noise: float) -> None:
    plane = picture(noise)
    contrast = np.percentile(plane, 99.8) - np.percentile(plane, 1)
    assert light_of(plane).noise == pytest.approx(noise / contrast, rel=0.1, abs=0.001)


def test_the_same_picture_in_other_steps_is_as_noisy_and_so_much_brighter() -> None:
    plane = picture(20)
    eight_bit, sixteen_bit = light_of(plane), light_of((plane * 40).astype(np.uint16))
    assert sixteen_bit.noise == pytest.approx(eight_bit.noise, rel=0.02)
    assert sixteen_bit.brightness == pytest.approx(40 * eight_bit.brightness, rel=0.001)


def test_of_a_large_picture_the_middle_is_looked_at() -> None:
    plane = np.zeros((2400, 2600), np.float32)
    plane[200:2200, 300:2300] = 7
    assert light_of(plane) == Light(brightness=7, noise=0)


def test_values_that_are_no_numbers_and_a_picture_of_one_value() -> None:
    plane = np.full((40, 50), 3.0)
    assert light_of(plane) == Light(brightness=3, noise=0)
    plane[:2] = np.nan
    plane[-1] = np.inf
    assert light_of(plane) == Light(brightness=3, noise=0)
    assert light_of(np.full((1, 5), np.nan)).noise == 0
