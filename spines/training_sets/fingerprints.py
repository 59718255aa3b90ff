"""Telling pictures that are nearly the same: shifted, turned, mirrored, resized, noisier, brighter or recompressed.

Two steps. The spectrum of a picture's fine structure hardly changes when it is shifted, so each picture's most
alike spectra are its candidates, over turns and mirror images. A candidate is a near-duplicate when, laid over the
picture at the shift where both agree best, the two correlate at `ALIKE` or more over what they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 96
ALIKE = 0.85
"""Measured on wide512 and meng: pairs of one group lie above it, pairs of different fields below 0.82."""
LARGEST_SHIFT = 0.25  # of the side
_HALVED_LESS = 0.15  # at half the size, near-duplicates correlate no less than this below ALIKE
CANDIDATES = 5
_LOOKED_AT_SIDE = 384
_DRAWN, _CUT_OUT_SHARE = 0.15, 0.05
_FINE, _COARSE = 1.0, 7.0  # standard deviations in pixels of a fingerprint between which structure counts
_MARGIN = 24
_SPECTRUM_SIDE, _SPECTRUM_KEPT = 48, 16
_LEAST_ALIKE_SPECTRA = 0.55

Fingerprint = NDArray[np.uint8]


@dataclass(frozen=True)
class Alike:
    """Two pictures, by their positions, and how alike they are, 0 to 1."""

    first: int
    second: int
    correlation: float


def fingerprint(plane: NDArray[np.generic]) -> Fingerprint:
    """A small picture (SIDE, SIDE) by which near-duplicates are told.

    plane : (M, N) of any real type. Its range is stretched, so that brightness and bit depth do not matter.
    """
    grey = np.asarray(plane, np.float32)
    side = min(_LOOKED_AT_SIDE, *grey.shape) if min(grey.shape) >= SIDE else SIDE
    looked_at = _stretched(_resized(grey, side))
    drawn = np.nonzero(looked_at > _DRAWN)
    if 0 < len(drawn[0]) < _CUT_OUT_SHARE * looked_at.size:
        looked_at = _around(looked_at, *drawn)
    small: Fingerprint = np.rint(np.sqrt(_resized(looked_at, SIDE)) * 255).astype(np.uint8)
    return small


def _resized(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane).resize((side, side), Image.Resampling.BOX), np.float32)


def _stretched(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = float(np.percentile(plane, 1)), float(plane.max())
    stretched: NDArray[np.float32] = np.clip((plane - low) / max(high - low, 1e-9), 0, 1)
    return stretched


def _around(plane: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.float32]:
    """The square around what is drawn on black, so that it fills its fingerprint."""
    low = np.array([np.percentile(rows, 0.5), np.percentile(columns, 0.5)])
    high = np.array([np.percentile(rows, 99.5), np.percentile(columns, 99.5)])
    half = max(float((high - low).max()) * 0.6, 4)
    middle = np.rint((low + high) / 2).astype(int)
    reach = int(np.ceil(half))
    padded = np.pad(plane, reach)
    return padded[middle[0] : middle[0] + 2 * reach, middle[1] : middle[1] + 2 * reach]


def near_duplicates(
    fingerprints: Sequence[Fingerprint], *, apart: Sequence[str] | None = None, alike: float = ALIKE
) -> list[Alike]:
    """The pairs that are nearly the same, most alike first.

    Of a picture with more than CANDIDATES near-duplicates, the most alike are paired; chained, they still join all.

    Parameters
    ----------
    apart : one word a picture; pairs of the same word are not looked for, except of "".
    """
    if len(fingerprints) < 2:
        return []
    planes = fine_structure(np.stack(fingerprints))
    halved = planes.reshape(len(planes), SIDE // 2, 2, SIDE // 2, 2).mean((2, 4))
    pairs = []
    for (first, second), (quarters, mirrored) in _candidates(planes, apart).items():
        turns = [(quarters, mirrored), (quarters + 2, mirrored)]
        likely = [
            turn
            for turn in turns
            if _correlation(halved[first], _turned(halved[second], *turn)) >= alike - _HALVED_LESS
        ]
        correlations = [_correlation(planes[first], _turned(planes[second], *turn)) for turn in likely]
        correlation = max(correlations, default=0.0)
        if correlation >= alike:
            pairs.append(Alike(first, second, round(correlation, 3)))
    return sorted(pairs, key=lambda pair: (-pair.correlation, pair.first, pair.second))


def fine_structure(fingerprints: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Structure between the fine and the coarse scale, (n, SIDE, SIDE): no noise, no illumination."""
    margins = ((0, 0), (_MARGIN, _MARGIN), (_MARGIN, _MARGIN))
    padded = np.pad(fingerprints.astype(np.float32), margins, mode="reflect")
    frequencies = np.fft.fftfreq(padded.shape[-1])
    squared = frequencies[:, None] ** 2 + np.fft.rfftfreq(padded.shape[-1])[None] ** 2

    def blur(sigma_px: float) -> NDArray[np.float64]:
        return np.asarray(np.exp(-2 * (np.pi * sigma_px) ** 2 * squared))

    band = (blur(_FINE) - blur(_COARSE)).astype(np.float32)
    fine = np.fft.irfft2(np.fft.rfft2(padded) * band, s=padded.shape[-2:])
    return np.ascontiguousarray(fine[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN], np.float32)


def _turned(planes: NDArray[np.float32], quarters: int, mirrored: bool) -> NDArray[np.float32]:
    """Planes (…, SIDE, SIDE) after so many quarter turns, then mirrored or not."""
    turned = np.rot90(planes, quarters, (-2, -1))
    return np.ascontiguousarray(turned[..., ::-1] if mirrored else turned)


def _spectra(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Unit vectors (n, m) of the planes' spectra. A half turn does not change them."""
    side, kept = _SPECTRUM_SIDE, _SPECTRUM_KEPT
    small = planes.reshape(len(planes), side, SIDE // side, side, SIDE // side).mean((2, 4))
    spectra = np.abs(np.fft.fftshift(np.fft.fft2(small, s=(2 * side, 2 * side)), (1, 2)))
    near = np.sqrt(spectra[:, side - kept : side + kept + 1, side - kept : side + kept + 1]).reshape(len(planes), -1)
    near -= near.mean(axis=1, keepdims=True)
    return np.asarray(near / np.maximum(np.linalg.norm(near, axis=1, keepdims=True), 1e-9), np.float32)


def _candidates(planes: NDArray[np.float32], apart: Sequence[str] | None) -> dict[tuple[int, int], tuple[int, bool]]:
    """Pairs with alike spectra, the first before the second, with the turn of the second that makes them so."""
    spectra = _spectra(planes)
    turns = [(quarters, mirrored) for quarters in (0, 1) for mirrored in (False, True)]
    alike = np.stack([spectra @ _spectra(_turned(planes, *turn)).T for turn in turns])
    best_turn, likeness = alike.argmax(axis=0), alike.max(axis=0)
    np.fill_diagonal(likeness, -1)
    if apart is not None:
        words = np.array(apart)
        likeness[(words[:, None] == words[None]) & (words != "")[:, None]] = -1
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :CANDIDATES]
    found = {}
    for one, others in enumerate(nearest):
        for other in others:
            if likeness[one, other] >= _LEAST_ALIKE_SPECTRA:
                first, second = sorted((one, int(other)))
                found[first, second] = turns[best_turn[first, second]]
    return found


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Correlation of two planes (side, side) over what they share, at the shift where they agree best."""
    side = len(one)
    reach = int(side * LARGEST_SHIFT)
    size = side + reach
    transforms = np.fft.rfft2(one, s=(size, size)), np.fft.rfft2(other, s=(size, size))
    agreement = np.fft.irfft2(transforms[0] * np.conj(transforms[1]), s=(size, size))
    shifts = np.r_[0 : reach + 1, -reach:0]
    near = agreement[np.ix_(shifts, shifts)]
    row, column = np.unravel_index(near.argmax(), near.shape)
    down, right = int(shifts[row]), int(shifts[column])
    shared_one = one[max(down, 0) : side + min(down, 0), max(right, 0) : side + min(right, 0)]
    shared_other = other[max(-down, 0) : side + min(-down, 0), max(-right, 0) : side + min(-right, 0)]
    energies = [float((plane**2).sum()) for plane in (shared_one, shared_other, one, other)]
    if min(energies) <= 0 or energies[0] < energies[2] / 2 or energies[1] < energies[3] / 2:
        return 0.0
    return float((shared_one * shared_other).sum() / np.sqrt(energies[0] * energies[1]))
