"""From light to grey values: background, haze, noise, exposure, by look."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, label

from spines.synthesis.optics import enlarged
from spines.synthesis.parameters import Look, SceneParameters
from spines.synthesis.stained import transmitted

GREY_STEPS = 2**16


def expose(
    light: NDArray[np.float32],
    silhouette: NDArray[np.bool_],
    parameters: SceneParameters,
    random: np.random.Generator,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Turn light into the picture of a look.

    Parameters
    ----------
    light : (side, side), 1 where a shaft is in focus; in the stained looks the share of the lamp's that is held back
    silhouette : (side, side), where the dendrites and spines are; in a cut-out, those that can be seen
    """
    if parameters.look is Look.BINARY:
        return _quantised(silhouette.astype(np.float32), parameters)
    if parameters.look.is_stained:
        return _quantised(transmitted(light, silhouette, parameters, random), parameters)
    if parameters.line_jitter_px:
        light = _jittered(light, parameters.line_jitter_px, random)
    picture = _detected(light, parameters, random)
    if parameters.look is Look.CUT_OUT:
        picture *= _cut(light, silhouette, parameters.cut_level)
    return _quantised(picture, parameters)


def _jittered(light: NDArray[np.float32], most_px: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Lines moved sideways by up to `most_px`, as a scanner does: every second against the others, all with time."""
    side = len(light)
    swing = np.sin(np.arange(side) * random.uniform(0.02, 0.5) + random.uniform(0, 2 * np.pi))
    comb = np.where(np.arange(side) % 2, 1.0, -1.0)
    share = random.uniform(0, 1)
    shift = most_px * (share * comb + (1 - share) * swing) * random.uniform(0.5, 1)
    whole = np.floor(shift).astype(np.intp)
    part = (shift - whole).astype(np.float32)[:, None]
    first = np.arange(side) + whole[:, None]
    rows = np.arange(side)[:, None] * side
    flat = light.reshape(-1)
    near, far = (flat[rows + np.clip(first + step, 0, side - 1)] for step in (0, 1))
    return np.asarray(near + part * (far - near), np.float32)


def _cut(light: NDArray[np.float32], silhouette: NDArray[np.bool_], level: float) -> NDArray[np.bool_]:
    """What is brighter than `level` and hangs together with something that can be seen."""
    parts, count = label(gaussian_filter(light, 0.8) > level)
    wanted = np.zeros(count + 1, np.bool_)
    wanted[parts[silhouette]] = True
    wanted[0] = False
    return np.asarray(wanted[parts])


def _detected(
    light: NDArray[np.float32], parameters: SceneParameters, random: np.random.Generator
) -> NDArray[np.float32]:
    side = parameters.side_px
    ground = parameters.background * np.maximum(1 + _clouds(random, side, parameters.background_unevenness), 0.0)
    picture = light + ground + parameters.haze * _scattered(light)
    if parameters.dark_edge_px:
        picture *= _edge_shade(side, parameters.dark_edge_px)
    # The square of a normal number about √n has the mean and, but for an eighth, the variance of n photons. Read noise
    # of variance r² is as if r² photons were counted and taken off again.
    read = np.float32(parameters.read_noise_photons**2)
    root = np.sqrt(picture * np.float32(parameters.shaft_photons) + read)
    root += np.float32(0.5) * random.standard_normal((side, side), dtype=np.float32)
    photons = root * root - (read + np.float32(0.25))
    if parameters.grain_px:
        photons = _smoothed(photons, parameters.grain_px)
    return np.asarray(np.maximum(photons / np.float32(parameters.shaft_photons), 0.0))


def _smoothed(picture: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Blurred over neighbours along both axes, by at most 0.8 px: what averaging and resampling leave of the grain."""
    weight = np.float32(min(sigma_px, 0.8) ** 2 / 2)
    for _axis in range(2):
        smooth = (1 - 2 * weight) * picture
        smooth[1:-1] += weight * (picture[:-2] + picture[2:])
        smooth[0] += weight * (picture[0] + picture[1])
        smooth[-1] += weight * (picture[-1] + picture[-2])
        picture = smooth.T
    return picture


def _quantised(picture: NDArray[np.float32], parameters: SceneParameters) -> NDArray[np.uint8] | NDArray[np.uint16]:
    exposure = 1.0 if parameters.look is Look.BINARY else parameters.exposure
    grey = _through_gamma(picture, parameters.gamma, exposure)
    if parameters.bit_depth == 16:
        # A 12-bit converter behind an offset, as most laser-scanning microscopes store it.
        return np.asarray(grey * 3995 + 100, np.uint16)
    eight = np.asarray(grey * 255 + 0.5, np.uint8)
    if parameters.jpeg_quality is None:
        return eight
    stored = io.BytesIO()
    Image.fromarray(eight).save(stored, "JPEG", quality=parameters.jpeg_quality)
    return np.asarray(Image.open(stored))


def _through_gamma(picture: NDArray[np.float32], gamma: float, exposure: float) -> NDArray[np.float32]:
    """`picture` to the power of `gamma` times `exposure`, at most 1, looked up in a table of 2¹⁶ values."""
    brightest = np.float32(exposure ** (-1 / gamma))
    table = np.linspace(0, 1, GREY_STEPS + 1, dtype=np.float32) ** np.float32(gamma)
    steps = np.minimum(picture * (GREY_STEPS / brightest), GREY_STEPS)
    return np.asarray(table[(steps + np.float32(0.5)).astype(np.int32)])


def _clouds(random: np.random.Generator, side: int, unevenness: float) -> NDArray[np.float32]:
    """A smooth random field, (side, side), zero mean, varying over 96 pixels by `unevenness` and over 16 by 5 %."""
    cells = -(-side // 16) + 4
    wide = random.standard_normal((cells // 6 + 4,) * 2, dtype=np.float32)
    start = random.integers(0, 6, 2)
    large = np.asarray(Image.fromarray(wide).resize((6 * len(wide),) * 2, Image.Resampling.BICUBIC))
    cloud = unevenness * large[start[0] + 6 :, start[1] + 6 :][:cells, :cells]
    cloud = cloud + 0.05 * random.standard_normal((cells, cells), dtype=np.float32)
    fine = np.asarray(Image.fromarray(cloud).resize((16 * cells,) * 2, Image.Resampling.BICUBIC))
    return fine[32 : 32 + side, 32 : 32 + side] * np.float32(1.4)


def _scattered(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scattered light: copies blurred over about 10 and about 40 pixels, worked out on cells of 4 and of 16."""
    near = _averaged(light, 4)
    far = gaussian_filter(_averaged(near, 4), 2.5, mode="nearest")
    return enlarged(gaussian_filter(near, 2.5, mode="nearest") + enlarged(far, 4, len(near)), 4, len(light))


def _averaged(picture: NDArray[np.float32], cell_px: int) -> NDArray[np.float32]:
    side = len(picture)
    cells = -(-side // cell_px)
    padded = np.pad(picture, ((0, cells * cell_px - side),) * 2, mode="edge")
    return np.asarray(padded.reshape(cells, cell_px, cells, cell_px).mean(axis=(1, 3)))


def _edge_shade(side: int, width_px: int) -> NDArray[np.float32]:
    """The darker rim that averaging of shifted frames leaves, (side, side)."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32)
    ramp = 0.35 + 0.65 * np.clip(distance / width_px, 0, 1)
    return np.asarray(np.minimum.outer(ramp, ramp), dtype=np.float32)
