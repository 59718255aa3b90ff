"""What happens to pixels before a network sees them: one definition for training and for serving."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates
from skimage.restoration import denoise_nl_means

from spines.measure.light import noise_sd

LOW_PERCENT = 1.0
HIGH_PERCENT = 99.8
SAMPLE_PX = 4_000_000
DIRECTION_CELLS = 32
DIRECTION_REACH = 0.2  # of a window's side: how far light counts for its direction
NO_DIRECTION = 1e-6
STRONG_NOISE = 0.02  # SD of the noise in a plane from `normalise`; what the networks were trained on has 0.000 to 0.012
LEAST_SIDE_PX = 16  # of a plane whose noise is taken off


def normalise(plane: ArrayLike) -> NDArray[np.float32]:
    """Stretch one plane to [0, 1] between its dark and its bright percentile.

    The bright percentile is taken over the pixels above the dark one only, so that a dendrite cut out
    on black, a few percent of its picture, is stretched like one that fills the field.

    Parameters
    ----------
    plane : (M, N) array of any integer or float type
        Grey values; NaN and infinite values count as dark.

    Returns
    -------
    (M, N) ndarray of float32
        Values in [0, 1]. A plane of one value comes out black.
    """
    grey = np.asarray(plane, dtype=np.float32)
    grey = np.where(np.isfinite(grey), grey, np.float32(grey.min(initial=0, where=np.isfinite(grey))))
    step = max(1, int(np.sqrt(grey.size / SAMPLE_PX)))
    sample = grey[::step, ::step]
    low = np.percentile(sample, LOW_PERCENT)
    above = sample[sample > low]
    if above.size == 0:
        return np.zeros(grey.shape, np.float32)
    high = np.percentile(above, HIGH_PERCENT)
    stretched: NDArray[np.float32] = np.clip((grey - low) / (high - low), 0, 1).astype(np.float32)
    return stretched


def without_strong_noise(normalised: NDArray[np.float32]) -> NDArray[np.float32]:
    """What serving shows to the networks: a plane from `normalise` whose noise, where it is strong, is taken off.

    By non-local means (Buades, Coll and Morel 2005), which leaves edges. A plane with less noise than `STRONG_NOISE`,
    or of a few pixels, comes back as it is. Measures are taken from the raw pixels.
    """
    noise = noise_sd(normalised)
    if noise < STRONG_NOISE or min(normalised.shape) < LEAST_SIDE_PX:
        return normalised
    quiet = denoise_nl_means(normalised, h=0.6 * noise, sigma=noise, patch_size=3, patch_distance=3, fast_mode=True)
    return np.asarray(quiet, np.float32)


def crop_windows(
    normalised: NDArray[np.float32],
    centres_px: ArrayLike,
    *,
    window_px: float,
    size_px: int,
    turned: bool = False,
) -> NDArray[np.float32]:
    """Cut one fixed square window around each centre and resample it for the classifier.

    Size and aspect of a box never enter, only its centre: annotators' box shapes give classes away.

    Parameters
    ----------
    normalised : (M, N) ndarray of float32
        A plane from `normalise`.
    centres_px : (n, 2) array
        x, y in pixels; (0, 0) is the top left corner of the top left pixel.
    window_px : float
        Side of the window in pixels of `normalised`.
    size_px : int
        Side of the resampled windows.
    turned : bool
        Turn each window so that its light lies to the right, where the dendrite is: a picture turned by any angle
        gives the same windows, and one that is mirrored gives them upside down.

    Returns
    -------
    (n, size_px, size_px) ndarray of float32
        Bilinear samples, edge pixels repeated outside of the picture, each window stretched so that its
        darkest value is 0 and its brightest 1.
    """
    centres = np.asarray(centres_px, dtype=np.float64).reshape(-1, 2)
    down, across = _grid(window_px, size_px)
    windows = np.empty((len(centres), size_px, size_px), np.float32)
    for window, (x, y) in zip(windows, centres, strict=True):
        cosine, sine = _light_direction(normalised, x, y, window_px=window_px) if turned else (1.0, 0.0)
        rows, columns = y + sine * across + cosine * down - 0.5, x + cosine * across - sine * down - 0.5
        map_coordinates(normalised, [rows, columns], output=window, order=1, mode="nearest")
    return stretch_windows(windows)


def _grid(side_px: float, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of count × count cells of a square about 0: how far down, how far across."""
    offsets = ((np.arange(count) + 0.5) / count - 0.5) * side_px
    down, across = np.meshgrid(offsets, offsets, indexing="ij")
    return down, across


def _light_direction(normalised: NDArray[np.float32], x: float, y: float, *, window_px: float) -> tuple[float, float]:
    """Cosine and sine of the direction in which the light about a place has its centre; along x where it has none."""
    down, across = _grid(window_px, DIRECTION_CELLS)
    square = down**2 + across**2
    weight = np.exp(-square / (2 * (DIRECTION_REACH * window_px) ** 2)) * (square < (window_px / 2) ** 2)
    light = weight * map_coordinates(normalised, [y + down - 0.5, x + across - 0.5], order=1, mode="nearest")
    right, below = float((light * across).sum()), float((light * down).sum())
    length = float(np.hypot(right, below))
    return (right / length, below / length) if length > NO_DIRECTION * window_px else (1.0, 0.0)


def stretch_windows(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stretch each of (n, size, size) windows so that its darkest value is 0 and its brightest 1."""
    low = windows.min(axis=(1, 2), keepdims=True)
    high = windows.max(axis=(1, 2), keepdims=True)
    stretched: NDArray[np.float32] = (windows - low) / np.maximum(high - low, 1e-6)
    return stretched
