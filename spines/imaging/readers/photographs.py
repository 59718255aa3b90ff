"""PNG and JPEG, by Pillow."""

from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image

from spines.errors import UnreadableImage
from spines.imaging.calibration import calibrate
from spines.imaging.readers.base import COLOURS, ClosedOnExit, Plane, check_place, colour_channels
from spines.imaging.refusals import check_limits, shown
from spines.imaging.stain import find_stain
from spines.imaging.types import STAIN_CHANNEL, ImageInfo, Place, ReadLimits

# JPEG's colour transform leaves up to this many grey levels between samples that were equal.
_JPEG_TOLERANCE = 3
_PNG_COLOUR_TYPES_RGB = (2, 6)


class PhotographSource(ClosedOnExit):
    """A PNG or JPEG picture. Colour pictures are decoded when opened, to tell their channels."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, image_format: str) -> None:
        self._name = name
        self._path = path
        # Pillow's guard against pictures that claim to be huge; ours below says it in a sentence.
        Image.MAX_IMAGE_PIXELS = limits.max_plane_px
        try:
            self._image = Image.open(path, formats=(image_format.upper(),))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise UnreadableImage(
                f"{shown(name)} states more than the {limits.max_plane_px / 1e6:,.0f} megapixels that are "
                "the limit here: crop it or export it smaller."
            ) from error
        width_px, height_px = self._image.size
        check_limits(name, limits, width_px=width_px, height_px=height_px)

        self._rgb: Plane | None = None
        self._channels: tuple[tuple[int, str], ...] = ((0, "Grey"),)
        if self._image.mode not in {"1", "L", "LA", "La", "I", "F"} and not self._image.mode.startswith("I;"):
            self._rgb = self._decode_rgb()
            tolerance = _JPEG_TOLERANCE if image_format == "jpeg" else 0
            self._channels = colour_channels(self._rgb, tolerance=tolerance)
        self._stain = find_stain(self._rgb) if self._rgb is not None and len(self._channels) == COLOURS else None
        named = [channel_name for _, channel_name in self._channels] + ([STAIN_CHANNEL] if self._stain else [])

        calibration = calibrate(*self._stated_pixel_um())
        self.info = ImageInfo(
            format=image_format,
            width_px=width_px,
            height_px=height_px,
            planes=1,
            channels=len(named),
            channel_names=tuple(named),
            bit_depth=self._bit_depth(),
            is_float=self._image.mode == "F",
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=None,
            pixel_size_note=calibration.note,
            usual_channel=len(self._channels) if self._stain else 0,
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        if self._rgb is not None:
            if self._stain is not None and channel == len(self._channels):
                return self._stain.transmitted(self._rgb)
            return np.ascontiguousarray(self._rgb[..., self._channels[channel][0]])
        image = self._image.convert("L") if self._image.mode in {"LA", "La"} else self._image
        pixels = np.asarray(image)
        if pixels.dtype == np.bool_:
            return pixels.astype(np.uint8) * np.uint8(255)
        # Pillow holds 16-bit grey of some files as int32
        return pixels.astype(np.uint16) if pixels.dtype == np.int32 else pixels.copy()

    def close(self) -> None:
        self._image.close()

    def _decode_rgb(self) -> Plane:
        if self._is_16_bit_colour_png():
            # Pillow would cut these to 8 bit
            decoded: np.ndarray[Any, Any] = imagecodecs.png_decode(self._path.read_bytes())
            return decoded[..., :3]
        return np.asarray(self._image.convert("RGB"))

    def _is_16_bit_colour_png(self) -> bool:
        with self._path.open("rb") as file:
            head = file.read(26)
        return head.startswith(b"\x89PNG") and head[24] == 16 and head[25] in _PNG_COLOUR_TYPES_RGB

    def _bit_depth(self) -> int:
        if self._rgb is not None:
            return int(self._rgb.dtype.itemsize * 8)
        if self._image.mode == "1":
            return 1
        if self._image.mode == "F":
            return 32
        return 16 if self._image.mode.startswith("I") else 8

    def _stated_pixel_um(self) -> tuple[float | None, float | None]:
        """Pixel width and height from PNG's pHYs or JPEG's density, which Pillow gives as dots an inch."""
        dots_per_inch = self._image.info.get("dpi")
        if not dots_per_inch or min(dots_per_inch) <= 0:
            return None, None
        return 25_400 / float(dots_per_inch[0]), 25_400 / float(dots_per_inch[1])


def open_png(path: Path, *, name: str, limits: ReadLimits, at: Place) -> PhotographSource:
    check_place(name, at, limits=limits, positions=1)
    return PhotographSource(path, name=name, limits=limits, image_format="png")


def open_jpeg(path: Path, *, name: str, limits: ReadLimits, at: Place) -> PhotographSource:
    check_place(name, at, limits=limits, positions=1)
    return PhotographSource(path, name=name, limits=limits, image_format="jpeg")
