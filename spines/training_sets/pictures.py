"""The pictures of a set: read, told apart by content, and written as what a training reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spines.imaging import DEFAULT_LIMITS, ReadLimits
from spines.imaging.apart.alone import inspect_apart, read_plane_apart

_KEPT_MODES = {"L", "I;16", "RGB"}


@dataclass(frozen=True)
class Picture:
    """A picture of a set: its grey plane (M, N), and the file that shows it, `suffix` being "png" or "jpg"."""

    plane: NDArray[Any]
    content: bytes
    suffix: str

    @property
    def digest(self) -> str:
        """SHA-256 of the plane: the same for the same pixels, however they are stored."""
        shape = f"{self.plane.dtype.str} {self.plane.shape} ".encode()
        return hashlib.sha256(shape + np.ascontiguousarray(self.plane).tobytes()).hexdigest()


def read_picture(path: Path, *, limits: ReadLimits = DEFAULT_LIMITS) -> Picture:
    """Read one picture of a set whole.

    Grey PNG and JPEG files are kept byte for byte. Anything else becomes a PNG of its plane: the maximum through
    a stack, the first channel, or the one channel of a colour picture that has any contrast. A colour picture of
    several is kept, to be seen in grey.

    Raises UnreadableImage.
    """
    info = inspect_apart(path, name=path.name, limits=limits)
    plane = read_plane_apart(path, name=path.name, limits=limits)
    if info.format in ("png", "jpeg"):
        with Image.open(path) as picture:
            is_colour = picture.mode == "RGB"
            if picture.mode in _KEPT_MODES and not (
                is_colour and info.channel_names[0] in ("Red", "Green", "Blue") and info.channels == 1
            ):
                if is_colour:
                    plane = np.asarray(picture.convert("L"))
                return Picture(plane, path.read_bytes(), "png" if info.format == "png" else "jpg")
    return Picture(plane, as_png(plane), "png")


def as_png(plane: NDArray[Any]) -> bytes:
    """A PNG of the grey plane (M, N): exactly where it has 8 or 16 bits, else stretched to 16 bits."""
    if plane.dtype not in (np.uint8, np.uint16):
        grey = np.nan_to_num(plane.astype(np.float64))
        low, high = float(grey.min()), float(grey.max())
        plane = np.rint((grey - low) / max(high - low, 1e-12) * 65535).astype(np.uint16)
    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(plane)).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
