"""Planes as pictures for the eye: contrast, PNG, thumbnails. Nothing measured passes through here."""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Percentiles of so many pixels, evenly spread, are those of the whole plane to the eye.
_SAMPLED_PX = 1_000_000


def to_grey8(
    plane: NDArray[Any],
    *,
    low_percent: float = 0.5,
    high_percent: float = 99.9,
    gamma: float = 1.0,
    invert: bool = False,
) -> NDArray[np.uint8]:
    """Map a plane of any brightness range to 0 … 255.

    plane : (M, N), any real dtype. The brightness at `low_percent` becomes black, at `high_percent` white;
    between them brightness ** gamma. A plane without contrast becomes black.

    Returns (M, N) uint8.

    >>> to_grey8(np.array([[0, 50, 100]]), low_percent=0, high_percent=100)
    array([[  0, 128, 255]], dtype=uint8)
    """
    step = max(1, int(np.sqrt(plane.size / _SAMPLED_PX)))
    sampled = plane[::step, ::step].astype(np.float32)
    low, high = np.percentile(sampled, [low_percent, high_percent])
    if high <= low:
        low, high = float(plane.min()), float(plane.max())
    if plane.dtype in (np.uint8, np.uint16):
        every_value = np.arange(np.iinfo(plane.dtype).max + 1)
        return np.take(_grey(every_value, low=low, high=high, gamma=gamma, invert=invert), plane)
    return _grey(plane, low=low, high=high, gamma=gamma, invert=invert)


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """A PNG file of (M, N) grey or (M, N, 3) RGB pixels."""
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()


def make_thumbnail(plane: NDArray[Any], *, side_px: int = 256) -> bytes:
    """A PNG of the whole (M, N) plane, neither side longer than `side_px`, never enlarged."""
    image = Image.fromarray(to_grey8(plane))
    image.thumbnail((side_px, side_px), Image.Resampling.BOX, reducing_gap=None)
    return encode_png(np.asarray(image))


def _grey(values: NDArray[Any], *, low: float, high: float, gamma: float, invert: bool) -> NDArray[np.uint8]:
    """Brightness to 0 … 255, of any shape."""
    if high <= low:
        grey = np.zeros(values.shape, dtype=np.float32)
    else:
        grey = (values.astype(np.float32) - np.float32(low)) / np.float32(high - low)
        np.clip(grey, 0, 1, out=grey)
    if gamma != 1.0:
        np.power(grey, gamma, out=grey)
    if invert:
        np.subtract(1, grey, out=grey)
    grey *= 255
    return np.rint(grey, out=grey).astype(np.uint8)
