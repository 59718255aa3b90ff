"""Leica LIF. liffile reads the header, the planes are read straight out of their memory block."""

from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree.ElementTree import Element

import liffile
import numpy as np

from spines.errors import UnreadableImage
from spines.imaging.calibration import Calibration, calibrate, plausible_spacing, um_per_unit
from spines.imaging.readers.base import ClosedOnExit, Plane, check_place, colour_channels, names_or_numbers
from spines.imaging.readers.inner_sizes import bytes_left
from spines.imaging.refusals import check_limits, damaged, shown
from spines.imaging.types import ImageInfo, Place, ReadLimits

_X, _Y, _Z, _T, _TILES = 1, 2, 3, 4, 10  # DimID
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


@dataclass(frozen=True)
class _Picture:
    """A tile of a picture of the project."""

    image: liffile.LifImageABC
    dimensions: dict[int, _Dimension]
    tile: int
    name: str


class LifSource(ClosedOnExit):
    """One picture of a LIF file at one time point. Pictures of a project and their tiles are its positions."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> None:
        self._name = name
        self._file = liffile.LifFile(path)
        try:
            self._read_header(path, limits, at)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, path: Path, limits: ReadLimits, at: Place) -> None:
        if self._file.type is not liffile.LifFileType.LIF:
            raise UnreadableImage(
                f"{shown(self._name)} is a Leica {self._file.type.name} file, which keeps its pixels in other "
                "files: save the project as LIF, or export OME-TIFF."
            )
        pictures = self._pictures(limits)
        check_place(self._name, replace(at, time=0), limits=limits, positions=len(pictures))
        chosen = pictures[at.position]
        self._block = chosen.image.memory_block
        if self._block.offset + self._block.size > path.stat().st_size:
            raise damaged(self._name, "LIF")
        element = chosen.image.xml_element
        self._dimensions = chosen.dimensions
        times = chosen.dimensions[_T].size if _T in chosen.dimensions else 1
        check_place(self._name, at, limits=limits, positions=len(pictures), times=times)
        self._place_bytes = _step(chosen.dimensions, _T) * at.time + _step(chosen.dimensions, _TILES) * chosen.tile
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
            times=times,
            position_names=tuple(picture.name for picture in pictures),
        )

    def _pictures(self, limits: ReadLimits) -> list[_Picture]:
        """All that have X and Y axes, tile by tile. Raises UnreadableImage where there is none."""
        images = [image for image in self._file.images if not image.is_flim]
        if not images:
            raise UnreadableImage(
                f"{shown(self._name)} is a LIF file without a picture in it: upload the file that has one."
            )
        pictures: list[_Picture] = []
        for image in images:
            dimensions = _dimensions(image.xml_element)
            if _X not in dimensions or _Y not in dimensions:
                continue
            tiles = dimensions[_TILES].size if _TILES in dimensions else 1
            if tiles > limits.max_positions:
                check_place(self._name, Place(), limits=limits, positions=tiles)
            named = [f"{image.path}, tile {i + 1}" for i in range(tiles)] if tiles > 1 else [str(image.path)]
            pictures += [_Picture(image, dimensions, i, named[i]) for i in range(tiles)]
        if not pictures:
            raise UnreadableImage(
                f"{shown(self._name)} holds only scans that have no X and Y axes, such as lines or xz sections: "
                "upload a file with the pictures of the dendrites."
            )
        return pictures

    def read(self, *, channel: int, plane: int) -> Plane:
        return self._read_channel(self._channels[channel], plane)

    def close(self) -> None:
        self._file.close()

    def _read_channel(self, channel: _Channel, plane: int) -> Plane:
        x, y, z = self._dimensions[_X], self._dimensions[_Y], self._dimensions.get(_Z)
        start = channel.offset_bytes + self._place_bytes + (plane * z.step_bytes if z else 0)
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


def open_lif(path: Path, *, name: str, limits: ReadLimits, at: Place) -> LifSource:
    return LifSource(path, name=name, limits=limits, at=at)


def _step(dimensions: dict[int, _Dimension], axis: int) -> int:
    return dimensions[axis].step_bytes if axis in dimensions else 0


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
