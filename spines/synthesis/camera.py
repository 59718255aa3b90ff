"""From light to grey values: background, haze, noise, exposure and the three looks."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spines.synthesis.optics import enlarged
from spines.synthesis.parameters import Look, SceneParameters


def expose(
    light: NDArray[np.float32],
    silhouette: NDArray[np.bool_],
    parameters: SceneParameters,
    random: np.random.Generator,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Turn light into the picture of a look.

    Parameters
    ----------
    light : (side, side), 1 where a shaft is in focus
    silhouette : (side, side), where the dendrites and spines are
    """
    if parameters.look is Look.BINARY:
        return _quantised(silhouette.astype(np.float32), parameters)
    picture = _detected(light, parameters, random)
    if parameters.look is Look.CUT_OUT:
        smooth = gaussian_filter(light, 0.8)
        picture = np.where(smooth > max(0.08, 2 * parameters.background), picture, 0.0).astype(np.float32)
    return _quantised(picture, parameters)


def _detected(
    light: NDArray[np.float32], parameters: SceneParameters, random: np.random.Generator
) -> NDArray[np.float32]:
    side = parameters.side_px
    ground = parameters.background * (1 + parameters.background_unevenness * _cloud(random, side, cell_px=96))
    ground += parameters.background * 0.05 * _cloud(random, side, cell_px=16)
    picture = light + np.maximum(ground, 0.0) + parameters.haze * (_spread(light, 16) + 0.5 * _spread(light, 4))
    if parameters.dark_edge_px:
        picture *= _edge_shade(side, parameters.dark_edge_px)
    photons = random.poisson(picture * parameters.shaft_photons).astype(np.float32)
    photons += parameters.read_noise_photons * random.standard_normal((side, side), dtype=np.float32)
    return np.asarray(np.maximum(photons / np.float32(parameters.shaft_photons), 0.0))


def _quantised(picture: NDArray[np.float32], parameters: SceneParameters) -> NDArray[np.uint8] | NDArray[np.uint16]:
    exposure = 1.0 if parameters.look is Look.BINARY else parameters.exposure
    grey = np.clip(picture**parameters.gamma * exposure, 0.0, 1.0)
    if parameters.bit_depth == 16:
        # A 12-bit converter behind an offset, as most laser-scanning microscopes store it.
        return np.asarray(grey * 3995 + 100, np.uint16)
    eight = np.asarray(grey * 255 + 0.5, np.uint8)
    if parameters.jpeg_quality is None:
        return eight
    stored = io.BytesIO()
    Image.fromarray(eight).save(stored, "JPEG", quality=parameters.jpeg_quality)
    return np.asarray(Image.open(stored))


def _cloud(random: np.random.Generator, side: int, *, cell_px: int) -> NDArray[np.float32]:
    """A smooth random field, (side, side), zero mean, deviation about 1, varying over `cell_px`."""
    cells = -(-side // cell_px) + 3
    coarse = random.standard_normal((cells, cells), dtype=np.float32)
    start = random.integers(0, cell_px, 2)
    size = (cells * cell_px, cells * cell_px)
    fine = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))
    return fine[start[0] + cell_px :, start[1] + cell_px :][:side, :side] * np.float32(1.4)


def _spread(light: NDArray[np.float32], cell_px: int) -> NDArray[np.float32]:
    """Scattered light: a copy blurred over 2.5 cells, worked out on the coarse cells."""
    side = len(light)
    cells = -(-side // cell_px)
    padded = np.pad(light, ((0, cells * cell_px - side),) * 2, mode="edge")
    coarse = padded.reshape(cells, cell_px, cells, cell_px).mean(axis=(1, 3))
    return enlarged(gaussian_filter(coarse, 2.5, mode="nearest"), cell_px, side)


def _edge_shade(side: int, width_px: int) -> NDArray[np.float32]:
    """The darker rim that averaging of shifted frames leaves, (side, side)."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32)
    ramp = 0.35 + 0.65 * np.clip(distance / width_px, 0, 1)
    return np.asarray(np.minimum.outer(ramp, ramp), dtype=np.float32)
