"""Olympus OIB and OIF, by oiffile: TIFF planes and settings in a compound document or a folder."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import oiffile
import tifffile

from spines.errors import UnreadableImage
from spines.imaging.calibration import calibrate, plausible_spacing, um_per_unit
from spines.imaging.readers.base import ClosedOnExit, Plane, check_dtype, check_place, names_or_numbers
from spines.imaging.refusals import check_limits, damaged, shown
from spines.imaging.types import ImageInfo, Place, ReadLimits

_LAST_SECTOR = 0xFFFFFFFA  # larger numbers are marks: free, end of chain, …
_FREE_SECTOR = 0xFFFFFFFF


class OlympusSource(ClosedOnExit):
    """An OIB file, or an OIF file with its folder; one time point."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place, image_format: str) -> None:
        self._name = name
        self._kind = image_format.upper()
        self._file = oiffile.OifFile(path)
        try:
            self._read_header(limits, at, image_format)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, limits: ReadLimits, at: Place, image_format: str) -> None:
        settings = self._file.mainfile
        axes = _axes(settings)
        width_px, height_px = int(axes["X"]["MaxSize"]), int(axes["Y"]["MaxSize"])
        planes, channels, times = _size(axes, "Z"), _size(axes, "C"), _size(axes, "T")
        check_place(self._name, at, limits=limits, positions=1, times=times)
        check_limits(
            self._name,
            limits,
            width_px=width_px,
            height_px=height_px,
            planes=planes,
            channels=channels,
        )
        self._shape = (height_px, width_px)
        self._pages = _page_files(self._file, channels=channels, planes=planes, time=at.time)
        if any(page not in self._pages for page in ((0, 0), (channels - 1, planes - 1))):
            raise damaged(self._name, self._kind)
        reference = settings.get("Reference Image Parameter", {})
        calibration = calibrate(
            _reference_um(reference, "Width") or _step_um(axes["X"], width_px),
            _reference_um(reference, "Height") or _step_um(axes["Y"], height_px),
        )
        self.info = ImageInfo(
            format=image_format,
            width_px=width_px,
            height_px=height_px,
            planes=planes,
            channels=channels,
            channel_names=names_or_numbers(_dyes(settings, channels), channels),
            bit_depth=int(reference.get("ValidBitCounts", 16)),
            is_float=False,
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=plausible_spacing(_step_um(axes["Z"], planes)) if planes > 1 else None,
            pixel_size_note=calibration.note,
            times=times,
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        with (
            self._file.open_file(self._pages[channel, plane]) as stream,
            tifffile.TiffFile(stream, name=self._kind, _multifile=False) as tiff,
        ):
            page = tiff.pages.first
            if page.shape != self._shape:
                raise damaged(self._name, self._kind)
            check_dtype(self._name, np.dtype(page.dtype))
            pixels: Plane = page.asarray(maxworkers=1)
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=True)

    def close(self) -> None:
        self._file.close()


def open_oib(path: Path, *, name: str, limits: ReadLimits, at: Place) -> OlympusSource:
    _check_compound_document(path, name=name)
    return OlympusSource(path, name=name, limits=limits, at=at, image_format="oib")


def open_oif(path: Path, *, name: str, limits: ReadLimits, at: Place) -> OlympusSource:
    """An .oif file names its pixels, which lie in the folder beside it: only readable where that is."""
    if path.suffix.lower() != ".oif" or not path.with_name(f"{path.name}.files").is_dir():
        raise UnreadableImage(
            f"{shown(name)} is only the index of an Olympus recording, whose pixels are in the folder "
            "“….oif.files” beside it: save it as OIB or export it as OME-TIFF, and upload that one file."
        )
    return OlympusSource(path, name=name, limits=limits, at=at, image_format="oif")


def _axes(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Axis code (X, Y, Z, C, T, …) to its parameters."""
    described = (settings.get(f"Axis {i} Parameters Common") for i in range(8))
    return {str(axis["AxisCode"]): axis for axis in described if axis}


def _size(axes: dict[str, dict[str, Any]], code: str) -> int:
    return max(1, int(axes[code]["MaxSize"])) if code in axes else 1


def _reference_um(reference: dict[str, Any], side: str) -> float | None:
    """The pixel's width or height as the microscope's program states it for the picture."""
    unit_um = um_per_unit(str(reference.get(f"{side}Unit", "")))
    value = reference.get(f"{side}ConvertValue")
    return float(value) * unit_um if unit_um is not None and value is not None else None


def _step_um(axis: dict[str, Any], size: int) -> float | None:
    """Distance of two pixels, or planes. An axis runs over its whole width: X and Y over all their pixels,
    Z from the first plane to the last."""
    unit_um = um_per_unit(str(axis.get("UnitName", "")))
    steps = size - 1 if axis["AxisCode"] == "Z" else size
    if unit_um is None or steps < 1:
        return None
    return abs(float(axis["EndPosition"]) - float(axis["StartPosition"])) * unit_um / steps


def _dyes(settings: dict[str, Any], channels: int) -> list[str]:
    described = (settings.get(f"GUI Channel {i + 1} Parameters", {}) for i in range(channels))
    return [str(channel.get("DyeName", "")) for channel in described]


def _page_files(file: oiffile.OifFile, *, channels: int, planes: int, time: int) -> dict[tuple[int, int], str]:
    """(channel, plane) to the TIFF that holds it. Names end in _C001Z002T001.tif; `time` from 0."""
    pages: dict[tuple[int, int], str] = {}
    for path in file.glob("*.tif"):
        stem = path.replace("\\", "/").rsplit("/", 1)[-1][:-4]
        position = _position(stem.rsplit("_", 1)[-1])
        if position is None or position.get("T", 1) != time + 1 or position.get("L", 1) != 1:
            continue
        channel, plane = position.get("C", 1) - 1, position.get("Z", 1) - 1
        if 0 <= channel < channels and 0 <= plane < planes:
            pages[channel, plane] = path
    return pages


def _position(code: str) -> dict[str, int] | None:
    """C001Z002T003 → {"C": 1, "Z": 2, "T": 3}; None for any other text."""
    position: dict[str, int] = {}
    while code:
        letter, digits = code[0], code[1:4]
        if not (letter.isalpha() and len(digits) == 3 and digits.isdigit()):
            return None
        position[letter], code = int(digits), code[4:]
    return position or None


def _check_compound_document(path: Path, *, name: str) -> None:
    """Refuse a compound document whose sector chains leave the file or run in circles.

    oiffile follows both without end. Layout: [MS-CFB] Compound File Binary File Format, sections 2.2 to 2.5.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(512)
        if len(head) < 512:
            raise damaged(name, "OIB")
        (shift,) = struct.unpack_from("<H", head, 30)
        fat_sectors, minifat_sectors, difat_sectors = (struct.unpack_from("<I", head, at)[0] for at in (44, 64, 72))
        sector_bytes = 1 << shift if shift in (9, 12) else 0
        most = size // sector_bytes if sector_bytes else 0
        if max(fat_sectors, minifat_sectors, difat_sectors) > most:
            raise damaged(name, "OIB")

        def sector(number: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
            file.seek(sector_bytes * (number + 1))
            content = file.read(sector_bytes)
            if number > most or len(content) != sector_bytes:
                raise damaged(name, "OIB")
            return np.frombuffer(content, dtype="<u4")

        table = list(np.frombuffer(head, dtype="<u4", offset=76))
        (following,) = struct.unpack_from("<I", head, 68)
        for _ in range(difat_sectors):
            part = sector(following)
            table.extend(part[:-1])
            following = int(part[-1])
        fat = [sector(int(number)) for number in table[:fat_sectors]]
        chain = np.concatenate(fat) if fat else np.empty(0, np.uint32)
        _check_chain(chain, name=name)
        used = np.flatnonzero(chain != _FREE_SECTOR)
        if len(used) and (int(used[-1]) + 1) * sector_bytes >= size:
            raise damaged(name, "OIB")
        (first_minifat,) = struct.unpack_from("<I", head, 60)
        minifat: list[np.ndarray[Any, np.dtype[np.uint32]]] = []
        number = int(first_minifat)
        while number <= _LAST_SECTOR and len(minifat) < minifat_sectors:
            minifat.append(sector(number))
            number = int(chain[number])
        if minifat:
            _check_chain(np.concatenate(minifat), name=name)


def _check_chain(following: np.ndarray[Any, np.dtype[np.uint32]], *, name: str) -> None:
    """In a table without circles, following every link often enough ends every chain."""
    end = len(following)
    links = np.append(np.where(following <= _LAST_SECTOR, following, end).astype(np.int64), end)
    if links.max() > end:
        raise damaged(name, "OIB")
    for _ in range(end.bit_length()):  # each turn doubles the distance followed
        links = links[links]
    if (links != end).any():
        raise damaged(name, "OIB")
