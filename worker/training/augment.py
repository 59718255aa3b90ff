"""Random changes of pictures that both trainings share."""

import numpy as np
from numpy.typing import NDArray
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
