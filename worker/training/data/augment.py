"""Random changes of pictures that both trainings share."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

Matrix = NDArray[np.float64]


def random_turn(rng: np.random.Generator, *, low_scale: float, high_scale: float) -> Matrix:
    """Draw a (2, 2) matrix: any rotation, mirrored or not, scale log-uniform between the two."""
    angle = rng.uniform(0, 2 * np.pi)
    scale = np.exp(rng.uniform(np.log(low_scale), np.log(high_scale)))
    mirror = rng.choice([-1.0, 1.0])
    cosine, sine = np.cos(angle), np.sin(angle)
    turn: Matrix = scale * np.array([[cosine, -sine * mirror], [sine, cosine * mirror]])
    return turn


def change_intensity(rng: np.random.Generator, grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blur, gamma, contrast, haze and noise of a picture in [0, 1], each drawn anew; shape is kept."""
    if rng.random() < 0.3:
        grey = np.asarray(gaussian_filter(grey, rng.uniform(0.4, 1.3)), np.float32)
    if rng.random() < 0.7:
        grey = grey ** np.float32(np.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.7:
        grey = grey * np.float32(rng.uniform(0.55, 1.35))
    if rng.random() < 0.3:
        grey = grey + np.float32(rng.uniform(0, 0.12))
    if rng.random() < 0.5:
        spread = np.float32(rng.uniform(0, 0.06)) * np.sqrt(np.maximum(grey, 0) + np.float32(0.1))
        grey = grey + spread * rng.standard_normal(grey.shape, np.float32)
    return np.clip(grey, 0, 1).astype(np.float32)


def add_noise(rng: np.random.Generator, grey: NDArray[np.float32], *, grain_px: float) -> NDArray[np.float32]:
    """Shot noise of 25 to 2,000 photons at white and read noise up to 0.12 of it, drawn anew.

    Parameters
    ----------
    grey : (M, N) in [0, 1].
    grain_px : side of a pixel of the original picture, in pixels of `grey`: noise is as coarse as that.
    """
    height, width = grey.shape
    cells = (max(1, round(width / grain_px)), max(1, round(height / grain_px)))
    small = np.asarray(Image.fromarray(grey).resize(cells, Image.Resampling.BILINEAR), np.float32)
    photons = np.exp(rng.uniform(np.log(25), np.log(2000)))
    spread = np.sqrt(np.maximum(small, 0) / np.float32(photons))
    if rng.random() < 0.6:
        spread = np.hypot(spread, np.float32(np.exp(rng.uniform(np.log(0.01), np.log(0.12)))))
    noise = spread * rng.standard_normal(small.shape, np.float32)
    grown = np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR), np.float32)
    return np.asarray(np.clip(grey + grown, 0, 1), np.float32)
