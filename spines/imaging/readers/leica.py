"""Leica LIF. liffile reads the header, the planes are read straight out of their memory block."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

import liffile
import numpy as np

from spines.errors import UnreadableImage
from spines.imaging.calibration import Calibration, calibrate, plausible_spacing, um_per_unit
from spines.imaging.readers.base import ClosedOnExit, Plane, colour_channels, names_or_numbers
from spines.imaging.readers.inner_sizes import bytes_left
from spines.imaging.refusals import check_limits, damaged, shown
from spines.imaging.types import ImageInfo, ReadLimits

_X, _Y, _Z = 1, 2, 3  # DimID
_FLOAT = 1  # DataType
_RED, _GREEN, _BLUE = 1, 2, 3  # ChannelTag


@dataclass(frozen=True)
class _Dimension:
    size: int
    step_bytes: int
    step_um: float | None


@dataclass(frozen=True)
class _Channel:
    dtype: np.dtype[np.generic]
    bits: int
    offset_bytes: int
    tag: int
    name: str


class LifSource(ClosedOnExit):
    """The first picture of a LIF file, its first time point and tile."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits) -> None:
        self._name = name
        self._file = liffile.LifFile(path)
        try:
            self._read_header(path, limits)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, path: Path, limits: ReadLimits) -> None:
        if self._file.type is not liffile.LifFileType.LIF:
            raise UnreadableImage(
                f"{shown(self._name)} is a Leica {self._file.type.name} file, which keeps its pixels in other "
                "files: save the project as LIF, or export OME-TIFF."
            )
        image = next((image for image in self._file.images if not image.is_flim), None)
        if image is None:
            raise UnreadableImage(
                f"{shown(self._name)} is a LIF file without a picture in it: upload the file that has one."
            )
        self._block = image.memory_block
        if self._block.offset + self._block.size > path.stat().st_size:
            raise damaged(self._name, "LIF")
        element = image.xml_element
        self._dimensions = _dimensions(element)
        if _X not in self._dimensions or _Y not in self._dimensions:
            raise UnreadableImage(
                f"{shown(self._name)} begins with a scan that has no X and Y axes: "
                "save the picture to be analysed in a LIF file of its own."
            )
        self._channels = _channels(element)
        x, y, z = self._dimensions[_X], self._dimensions[_Y], self._dimensions.get(_Z)
        check_limits(
            self._name,
            limits,
            width_px=x.size,
            height_px=y.size,
            planes=z.size if z else 1,
            channels=len(self._channels),
        )
        names = names_or_numbers([channel.name for channel in self._channels], len(self._channels))
        if sorted(channel.tag for channel in self._channels) == [_RED, _GREEN, _BLUE]:
            names = self._keep_own_colours(z.size // 2 if z else 0)
        calibration = calibrate(x.step_um, y.step_um) if x.step_um else Calibration()
        self.info = ImageInfo(
            format="lif",
            width_px=x.size,
            height_px=y.size,
            planes=z.size if z else 1,
            channels=len(self._channels),
            channel_names=names,
            bit_depth=max(channel.bits for channel in self._channels),
            is_float=any(channel.dtype.kind == "f" for channel in self._channels),
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=plausible_spacing(z.step_um) if z else None,
            pixel_size_note=calibration.note,
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        return self._read_channel(self._channels[channel], plane)

    def close(self) -> None:
        self._file.close()

    def _read_channel(self, channel: _Channel, plane: int) -> Plane:
        x, y, z = self._dimensions[_X], self._dimensions[_Y], self._dimensions.get(_Z)
        start = channel.offset_bytes + (plane * z.step_bytes if z else 0)
        length = (y.size - 1) * y.step_bytes + (x.size - 1) * x.step_bytes + channel.dtype.itemsize
        if min(start, x.step_bytes, y.step_bytes) < 0 or start + length > self._block.size:
            raise damaged(self._name, "LIF")
        file = self._file.filehandle
        file.seek(self._block.offset + start)
        pixels = file.read(min(length, bytes_left(file)))
        if len(pixels) != length:
            raise damaged(self._name, "LIF")
        strided: Plane = np.ndarray(
            (y.size, x.size), channel.dtype, buffer=pixels, strides=(y.step_bytes, x.step_bytes)
        )
        return strided.astype(channel.dtype.newbyteorder("="), copy=True)

    def _keep_own_colours(self, plane: int) -> tuple[str, ...]:
        """A picture in red, green and blue: keep what are channels, in this order, and name them."""
        self._channels = sorted(self._channels, key=lambda channel: channel.tag)
        samples = np.stack([self._read_channel(channel, plane) for channel in self._channels], axis=-1)
        named = colour_channels(samples)
        self._channels = [self._channels[sample] for sample, _ in named]
        return tuple(sample_name for _, sample_name in named)


def open_lif(path: Path, *, name: str, limits: ReadLimits) -> LifSource:
    return LifSource(path, name=name, limits=limits)


def _dimensions(element: Element) -> dict[int, _Dimension]:
    """DimID to size and steps. A dimension's length runs from its first pixel's centre to its last one's."""
    found: dict[int, _Dimension] = {}
    for described in element.iterfind("./Data/Image/ImageDescription/Dimensions/DimensionDescription"):
        size = int(described.attrib["NumberOfElements"])
        unit_um = um_per_unit(described.get("Unit", ""))
        length = float(described.get("Length", "0"))
        step_um = abs(length) * unit_um / (size - 1) if unit_um and size > 1 and length else None
        found[int(described.attrib["DimID"])] = _Dimension(size, int(described.attrib["BytesInc"]), step_um)
    return found


def _channels(element: Element) -> list[_Channel]:
    names = [
        prop.findtext("Value", "")
        for prop in element.iterfind("./Data/Image/ImageDescription/Channels/ChannelDescription/ChannelProperty")
        if prop.findtext("Key") == "DyeName"
    ]
    described = element.findall("./Data/Image/ImageDescription/Channels/ChannelDescription")
    channels = []
    for i, channel in enumerate(described):
        bits = int(channel.attrib["Resolution"])
        kind = "f" if int(channel.attrib["DataType"]) == _FLOAT else "u"
        item_bytes = next(size for size in (1, 2, 4, 8) if bits <= size * 8)
        dye = names[i] if len(names) == len(described) else channel.get("LUTName", "")
        channels.append(
            _Channel(
                dtype=np.dtype(f"<{kind}{item_bytes}"),
                bits=bits,
                offset_bytes=int(channel.attrib["BytesInc"]),
                tag=int(channel.get("ChannelTag", "0")),
                name=dye,
            )
        )
    return channels
