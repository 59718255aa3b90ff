"""Whether a picture shows bright neurites on a dark, even ground, told from its pixels alone.

Five quantities that any lab's fluorescence of dendrites has in common, whatever its microscope, and that photographs,
text, empty fields and brightfield do not: each is the greater, the more the picture is like one. What is enough of
each stands in the detector's card; see docs/unlikeness.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import find_objects, gaussian_filter, label

from worker.inference.backends import Array

QUANTITIES: tuple[str, ...] = (
    "even ground",
    "light on dark",
    "bright ridges over dark ones",
    "ridges over blobs",
    "long ridges",
)
"""In the order of the vectors."""
INDIFFERENT = np.array([0.16, 0.0, 0.0, 0.0, 0.0])
"""What there is of each where a picture says nothing either way: of grey values spread evenly, for the first."""
POLARITY = QUANTITIES.index("bright ridges over dark ones")
LENGTH = QUANTITIES.index("long ridges")

_GROUND_SMOOTHING_PX = 1.0
_GROUND_BINS = 64
_GROUND_HALF_WIDTH = 0.08
_FINE_WIDTHS_PX = (1.0, 2.0)  # at half the size: about half the width of a dendrite at 0.1 µm a pixel, and all of it
_RIDGE_WIDTHS_PX = (*_FINE_WIDTHS_PX, 4.0)  # thick shafts, which have dark rims, are ridges at twice that
_STRONG = 0.3  # of the strongest ridges
_LONG_WIDTHS = 12
_SMALLEST_SIDE_PX = 32
_FAINTEST = 1e-9


def evidence_of(normalised: Array, *, scale: float) -> NDArray[np.float64] | None:
    """The five quantities of a plane, (len(QUANTITIES),); None where nothing is in it.

    Parameters
    ----------
    normalised : (M, N) ndarray of float32 in [0, 1], from `worker.preprocess.normalise`.
    scale : pixels of the picture that the networks see to one of the plane.
    """
    rows, columns = (np.flatnonzero(normalised.max(axis=axis) > 0) for axis in (1, 0))
    if not len(rows):
        return None
    shown = _half_as_large(normalised[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], scale)
    ground, contrast = _ground(gaussian_filter(shown, _GROUND_SMOOTHING_PX))
    energies, over_blobs, lengths = np.full(2, _FAINTEST), 0.0, [0.0]
    for width_px in _RIDGE_WIDTHS_PX:
        bright, dark, blobs = _ridges(gaussian_filter(shown, width_px))
        own = np.array([_energy(bright), _energy(dark)])
        energies += own * width_px**4  # second derivatives of the same line fall with the square of the width
        if width_px in _FINE_WIDTHS_PX:
            lengths.append(_share_in_long(bright, width_px))
        if width_px == _FINE_WIDTHS_PX[-1]:
            over_blobs = float(np.log((own[0] + _FAINTEST) / (_energy(blobs) + _FAINTEST)))
    return np.array([ground, contrast, float(np.log(energies[0] / energies[1])), over_blobs, max(lengths)])


def _energy(strength: Array) -> float:
    return float((strength * strength).sum())


def _half_as_large(plane: Array, scale: float) -> Array:
    """The picture that the networks see at half its size: what is asked for is wider than two pixels of it."""
    height, width = (max(1, round(side * scale / 2)) for side in plane.shape)
    how = Image.Resampling.BOX if scale < 2 else Image.Resampling.BILINEAR
    small = np.asarray(Image.fromarray(plane).resize((width, height), how), np.float32)
    missing = [(0, max(0, _SMALLEST_SIDE_PX - side)) for side in small.shape]
    return np.pad(small, missing) if any(after for _, after in missing) else small


def _ground(smooth: Array) -> tuple[float, float]:
    """Share of pixels about as bright as the commonest, and how much further pixels go above the middle than below."""
    counts, _ = np.histogram(smooth, _GROUND_BINS, (0, 1))
    commonest = (int(np.argmax(counts)) + 0.5) / _GROUND_BINS
    share = float(np.mean(np.abs(smooth - commonest) < _GROUND_HALF_WIDTH))
    darkest, middle, brightest = np.percentile(smooth, [1, 50, 99.9])
    return share, float(np.log((brightest - middle + 0.02) / (middle - darkest + 0.02)))


def _ridges(smooth: Array) -> tuple[Array, Array, Array]:
    """How strongly each pixel lies on a bright ridge, on a dark one, on a bright blob, by its second derivatives."""
    middle = smooth[1:-1, 1:-1]
    across = smooth[1:-1, 2:] + smooth[1:-1, :-2] - 2 * middle
    down = smooth[2:, 1:-1] + smooth[:-2, 1:-1] - 2 * middle
    mixed = (smooth[2:, 2:] + smooth[:-2, :-2] - smooth[2:, :-2] - smooth[:-2, 2:]) / 4
    mean, spread = (across + down) / 2, np.hypot((across - down) / 2, mixed)
    least, most = mean - spread, mean + spread
    return np.maximum(-least - np.abs(most), 0), np.maximum(most - np.abs(least), 0), np.maximum(-most, 0)


def _share_in_long(ridges: Array, width_px: float) -> float:
    """Of the strong ridges' energy, that in connected pieces longer than `_LONG_WIDTHS` of their width."""
    strong = ridges > max(_STRONG * float(np.percentile(ridges, 99.5)), _FAINTEST)
    pieces, count = label(strong, np.ones((3, 3)))
    if not count:
        return 0.0
    energy = np.bincount(pieces.ravel(), (ridges * ridges).ravel())[1:]
    extents = np.array([max(side.stop - side.start for side in place) for place in find_objects(pieces)])
    return float(energy[extents > _LONG_WIDTHS * width_px].sum() / energy.sum())
