"""An OME-TIFF that was saved in several files (Bruker's Prairie View: one a plane), as a ZIP of its folder.

Which plane lies in which file is told by the OME-XML of one of them, or by a `.companion.ome` beside them
(https://ome-model.readthedocs.io/en/stable/ome-tiff/specification.html).
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import numpy as np
import tifffile

from spines.errors import UnreadableImage
from spines.imaging.calibration import calibrate, plausible_spacing, um_per_unit
from spines.imaging.readers.base import ClosedOnExit, Plane, check_dtype, check_place, names_or_numbers
from spines.imaging.readers.tiff_bounds import check_compression, check_ome_sizes, check_page_chain, check_strips
from spines.imaging.refusals import check_limits, damaged, shown
from spines.imaging.types import ImageInfo, Place, ReadLimits
from spines.zips import BoundedZip

MOST_FILES = 50_000
MOST_FILE_BYTES = 1 << 30
_COMPANION = ".companion.ome"


@dataclass(frozen=True)
class _Image:
    """An image of the OME-XML: (channel, plane, time) to file and page."""

    name: str
    attributes: dict[str, str]
    channel_names: list[str]
    places: dict[tuple[int, int, int], tuple[str, int]]

    def size(self, axis: str) -> int:
        return int(self.attributes.get(f"Size{axis}", "1")[:9])

    def size_um(self, axis: str) -> float | None:
        unit_um = um_per_unit(self.attributes.get(f"PhysicalSize{axis}Unit", "µm"))
        try:
            return float(self.attributes[f"PhysicalSize{axis}"]) * (unit_um or float("nan"))
        except (KeyError, ValueError):
            return None


class OmeSetSource(ClosedOnExit):
    """One image of the set at one time point. A file is opened when a plane of it is read."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> None:
        self._name, self._limits = name, limits
        self._zip = BoundedZip(path)
        self._opened: tuple[str, tifffile.TiffFile] | None = None
        try:
            self._files = self._listed()
            self._read_header(at)
        except BaseException:
            self.close()
            raise

    def _listed(self) -> dict[str, zipfile.ZipInfo]:
        """The entries by their name without folders."""
        entries = [entry for entry in self._zip.files() if "__MACOSX" not in entry.filename]
        if len(entries) > MOST_FILES:
            raise UnreadableImage(
                f"{shown(self._name)} holds more than {MOST_FILES:,} files, the limit here: split it."
            )
        files = {PurePosixPath(entry.filename.replace("\\", "/")).name: entry for entry in entries}
        tiffs = [name for name in files if name.lower().endswith((".tif", ".tiff"))]
        if not tiffs:
            raise UnreadableImage(
                f"{shown(self._name)} is a ZIP archive without TIFF files: upload images by themselves, and in a "
                "ZIP only the files of one OME-TIFF that was saved in several."
            )
        return files

    def _read_header(self, at: Place) -> None:
        images = _images(self._described())
        check_place(self._name, Place(position=at.position), limits=self._limits, positions=len(images))
        image = images[at.position]
        times = image.size("T")
        check_place(self._name, at, limits=self._limits, positions=len(images), times=times)
        planes, channels = image.size("Z"), image.size("C")
        check_limits(
            self._name,
            self._limits,
            width_px=image.size("X"),
            height_px=image.size("Y"),
            planes=planes,
            channels=channels,
        )
        self._places, self._time = image.places, at.time
        self._check_is_whole(channels, planes)
        page = self._page(0, 0)
        dtype = np.dtype(page.dtype)
        check_dtype(self._name, dtype)
        self._shape = (image.size("Y"), image.size("X"))
        bits = page.bitspersample if isinstance(page.bitspersample, int) else dtype.itemsize * 8
        calibration = calibrate(image.size_um("X"), image.size_um("Y"))
        self.info = ImageInfo(
            format="ome-tiff set",
            width_px=self._shape[1],
            height_px=self._shape[0],
            planes=planes,
            channels=channels,
            channel_names=names_or_numbers(image.channel_names, channels),
            bit_depth=int(bits),
            is_float=dtype.kind == "f",
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=plausible_spacing(image.size_um("Z")) if planes > 1 else None,
            pixel_size_note=calibration.note,
            times=times,
            position_names=tuple(each.name for each in images),
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        page = self._page(channel, plane)
        check_compression(page, name=self._name)
        check_strips(page, page, page.parent.filehandle, name=self._name)
        if page.shape != self._shape:
            raise damaged(self._name, "OME-TIFF")
        pixels: Plane = page.asarray(maxworkers=1)
        return np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("="), copy=False))

    def close(self) -> None:
        self._close_file()
        self._zip.close()

    def _close_file(self) -> None:
        if self._opened:
            self._opened[1].close()
        self._opened = None

    def _page(self, channel: int, plane: int) -> Any:
        file_name, number = self._places[channel, plane, self._time]
        tiff = self._tiff(file_name)
        if not 0 <= number < len(tiff.pages):
            raise damaged(self._name, "OME-TIFF")
        page: Any = tiff.pages[number]
        check_limits(self._name, self._limits, width_px=page.imagewidth, height_px=page.imagelength)
        return page

    def _tiff(self, file_name: str) -> tifffile.TiffFile:
        """One of the files, opened; the one before is let go."""
        if self._opened is None or self._opened[0] != file_name:
            self._close_file()
            content = io.BytesIO(self._content(file_name))
            check_page_chain(content, name=file_name, limits=self._limits)
            content.seek(0)
            tiff = tifffile.TiffFile(content, name=file_name, _multifile=False)
            tiff.pages.useframes = False
            self._opened = (file_name, tiff)
        return self._opened[1]

    def _content(self, file_name: str) -> bytes:
        entry = self._files[file_name]
        if entry.file_size > MOST_FILE_BYTES:
            raise UnreadableImage(
                f"{shown(file_name)} in {shown(self._name)} is larger than {MOST_FILE_BYTES >> 20:,} MB, the limit for "
                "one file of a set: export the image as a single OME-TIFF."
            )
        return self._zip.read(entry)

    def _described(self) -> str:
        """The OME-XML that says which plane lies in which file."""
        companion = next((name for name in sorted(self._files) if name.lower().endswith(_COMPANION)), None)
        found = self._content(companion).decode("utf-8", "replace") if companion else ""
        for file_name in sorted(self._files):
            if found:
                break
            if file_name.lower().endswith((".tif", ".tiff")):
                tiff = self._tiff(file_name)
                xml = (tiff.ome_metadata or "") if tiff.is_ome else ""
                found = xml if "FileName" in xml else ""
        if not found:
            raise UnreadableImage(
                f"{shown(self._name)} is a ZIP archive of TIFF files that do not say how they belong together: "
                "upload them one by one, without the ZIP."
            )
        check_ome_sizes(found, name=self._name, limits=self._limits)
        return found

    def _check_is_whole(self, channels: int, planes: int) -> None:
        """Raise UnreadableImage where a plane of the time point has no place, or its file is not in the ZIP."""
        wanted = [(c, z, self._time) for c in range(channels) for z in range(planes)]
        named = {self._places[place][0] for place in wanted if place in self._places}
        missing = sorted(named - self._files.keys())
        if missing:
            raise UnreadableImage(
                f"{shown(self._name)} lacks {len(missing):,} of the {len(named):,} files of its image, among them "
                f"{shown(missing[0])}: put the whole folder into the ZIP, with the names that its files had."
            )
        if any(place not in self._places for place in wanted):
            raise damaged(self._name, "OME-TIFF")


def _images(ome_xml: str) -> list[_Image]:
    """The images of an OME-XML, with the place of each plane. Raises ElementTree's errors."""
    # Python's expat (2.4.1 and later) itself refuses entities that multiply.
    root = ElementTree.fromstring(ome_xml)  # noqa: S314
    found = []
    for image in root.iterfind("{*}Image"):
        pixels = image.find("{*}Pixels")
        if pixels is None:
            continue
        made = _Image(
            name=image.get("Name", ""),
            attributes=dict(pixels.attrib),
            channel_names=[channel.get("Name", "") for channel in pixels.iterfind("{*}Channel")],
            places={},
        )
        for data in pixels.iterfind("{*}TiffData"):
            uuid = data.find("{*}UUID")
            if uuid is not None and uuid.get("FileName"):
                file_name = PurePosixPath(uuid.get("FileName", "").replace("\\", "/")).name
                made.places.update(_planes(made, data, file_name))
        found.append(made)
    return found


def _planes(image: _Image, data: ElementTree.Element, file_name: str) -> dict[tuple[int, int, int], tuple[str, int]]:
    """Where the planes of one TiffData lie: from the first it names on, in the order of the dimensions."""
    order = image.attributes.get("DimensionOrder", "XYZCT")[2:5]
    sizes = {axis: max(image.size(axis), 1) for axis in "ZCT"}
    at = {axis: int(data.get(f"First{axis}", "0")[:9]) for axis in "ZCT"}
    page, count = int(data.get("IFD", "0")[:9]), int(data.get("PlaneCount", "1")[:9])
    places = {}
    for number in range(page, page + min(count, sizes["Z"] * sizes["C"] * sizes["T"])):
        places[at["C"], at["Z"], at["T"]] = (file_name, number)
        for axis in order:  # the next plane, the fastest axis first
            at[axis] = (at[axis] + 1) % sizes[axis]
            if at[axis]:
                break
    return places


def open_ome_set(path: Path, *, name: str, limits: ReadLimits, at: Place) -> OmeSetSource:
    return OmeSetSource(path, name=name, limits=limits, at=at)
