"""TIFF, BigTIFF, ImageJ TIFF, OME-TIFF and Zeiss LSM, by tifffile."""

import math
from pathlib import Path

import numpy as np
import tifffile

from spines.errors import UnreadableImage
from spines.imaging.calibration import calibrate, plausible_spacing
from spines.imaging.readers.base import COLOURS, ClosedOnExit, Plane, check_dtype, colour_channels, names_or_numbers
from spines.imaging.readers.tiff_bounds import check_compression, check_ome_sizes, check_page_chain, check_strips
from spines.imaging.readers.tiff_metadata import (
    TiffScale,
    is_part_of_ome_set,
    ome_channel_names,
    ome_names,
    tiff_format,
    tiff_scale,
)
from spines.imaging.readers.tiff_pages import tiff_pages
from spines.imaging.refusals import check_limits, damaged, part_of_a_set, shown
from spines.imaging.stain import Stain, find_stain
from spines.imaging.types import STAIN_CHANNEL, ImageInfo, Place, ReadLimits

_COLOUR_PHOTOMETRICS = (2, 6)  # RGB, YCbCr
_WHITE_IS_ZERO = 0


class TiffSource(ClosedOnExit):
    """One position and time point of a TIFF file, page by page."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> None:
        self._name = name
        self._path = path
        self._file_bytes = path.stat().st_size
        with path.open("rb") as file:
            check_page_chain(file, name=name, limits=limits)
        self._tiff = _opened(path)
        try:
            self._read_header(limits, at)
        except BaseException:
            self._tiff.close()
            raise

    def _read_header(self, limits: ReadLimits, at: Place) -> None:
        first = self._tiff.pages.first
        check_limits(self._name, limits, width_px=first.imagewidth, height_px=first.imagelength)
        check_compression(first, name=self._name)
        if self._tiff.is_ome:
            check_ome_sizes(self._tiff.ome_metadata or "", name=self._name, limits=limits)
        if is_part_of_ome_set(self._tiff):
            raise UnreadableImage(part_of_a_set(self._name))
        self._pages = pages = tiff_pages(self._tiff, name=self._name, limits=limits, at=at)
        self._series = series = pages.series
        self._keyframe = keyframe = series.keyframe
        check_compression(keyframe, name=self._name)
        if series.dtype is None or keyframe.dtype is None:
            raise UnreadableImage(
                f"{shown(self._name)} has pixels of a type that TIFF readers do not know: "
                "export it as 8-bit, 16-bit or 32-bit float."
            )
        check_dtype(self._name, np.dtype(series.dtype))
        self._check_axes()

        sizes = dict(zip(series.axes, series.shape, strict=True))
        planes, channels = pages.planes, pages.channels
        samples, is_colour = int(sizes.get("S", 1)), "S" in sizes and keyframe.photometric in _COLOUR_PHOTOMETRICS
        check_limits(
            self._name,
            limits,
            width_px=int(sizes["X"]),
            height_px=int(sizes["Y"]),
            planes=planes,
            channels=channels * samples,
        )
        self._check_page_bytes(limits)
        self._check_is_whole()
        # what `channel` means: pairs of C index and S index
        self._channels = [(c, s) for c in range(channels) for s in range(samples)]
        file_names = self._names(at.position)
        self._stain: Stain | None = None
        if is_colour and samples >= COLOURS:
            named = self._colour_channels(planes)
            self._channels = [(c, s) for c in range(channels) for s, _ in named]
            if channels == 1:
                file_names = [sample_name for _, sample_name in named]
                self._stain = find_stain(self._colours(planes // 2)) if len(named) == COLOURS else None
        stained = 1 if self._stain else 0
        file_names += [STAIN_CHANNEL] * stained
        scale = tiff_scale(self._tiff, at.position)
        if pages.recording and not scale.calibration.pixel_size_um:
            size_um = pages.recording.pixel_size_um
            scale = TiffScale(calibrate(size_um, size_um), plausible_spacing(pages.recording.plane_spacing_um or 0))
        bits = int(keyframe.bitspersample) if isinstance(keyframe.bitspersample, int) else 0
        self.info = ImageInfo(
            format=tiff_format(self._tiff),
            width_px=int(sizes["X"]),
            height_px=int(sizes["Y"]),
            planes=planes,
            channels=len(self._channels) + stained,
            channel_names=names_or_numbers(file_names, len(self._channels) + stained),
            bit_depth=bits or int(np.dtype(series.dtype).itemsize) * 8,
            is_float=np.dtype(series.dtype).kind == "f",
            pixel_size_um=scale.calibration.pixel_size_um,
            plane_spacing_um=scale.plane_spacing_um,
            pixel_size_note=scale.calibration.note,
            usual_channel=len(self._channels) if stained else 0,
            times=pages.times,
            position_names=ome_names(self._tiff, pages.positions),
            tells_pages=pages.tells,
            takes_page_order=pages.takes_order,
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        if self._stain is not None and channel == len(self._channels):
            return self._stain.transmitted(self._colours(plane))
        c, s = self._channels[channel]
        return self._read_sample(c, s, plane)

    def close(self) -> None:
        self._tiff.close()

    def _read_sample(self, channel: int, sample: int, plane: int) -> Plane:
        """The (Y, X) plane of a channel and colour sample, further axes (view, wavelength, …) at their first."""
        series = self._series
        leading = len(series.shape) - len(self._keyframe.shape)
        number = self._pages.number(channel=channel, plane=plane)
        if self._is_one_block():
            page = np.array(self._block()[np.unravel_index(number, series.shape[:leading]) if leading else ()])
        else:
            page = self._read_page(number)
        index = [{"C": channel, "S": sample, self._pages.plane_axis: plane}.get(axis, 0) for axis in series.axes]
        within = tuple(
            slice(None) if axis in "YX" else index[leading + i] for i, axis in enumerate(series.axes[leading:])
        )
        pixels: Plane = page[within]
        if series.axes.index("X") < series.axes.index("Y"):
            pixels = pixels.T
        pixels = _plain(pixels)
        if self._is_turned_round() and pixels.dtype.kind == "u":
            pixels = np.subtract(np.iinfo(pixels.dtype).max, pixels, dtype=pixels.dtype)
        return np.ascontiguousarray(pixels)

    def _is_turned_round(self) -> bool:
        """Whether the stored values are to be turned round: ImageJ says so of an inverted look-up table, a display."""
        return self._keyframe.photometric == _WHITE_IS_ZERO and not self._tiff.is_imagej

    def _read_page(self, number: int) -> Plane:
        page = self._series.pages[number] if number < len(self._series.pages) else None
        if page is None:
            raise UnreadableImage(
                f"{shown(self._name)} keeps some of its planes in other files: export it as one OME-TIFF."
            )
        if isinstance(page, tifffile.TiffPage):
            check_compression(page, name=self._name)
            if page.shape != self._keyframe.shape:
                raise damaged(self._name, "TIFF")
        described = page if isinstance(page, tifffile.TiffPage) else self._keyframe
        check_strips(page, described, self._tiff.filehandle, name=self._name)
        pixels: Plane = page.asarray(maxworkers=1)
        if pixels.shape != self._keyframe.shape:
            raise damaged(self._name, "TIFF")
        return pixels

    def _block(self) -> Plane:
        """The whole series, mapped from the file: only what is touched is read."""
        series = self._series
        dtype = np.dtype(series.dtype).newbyteorder(self._tiff.byteorder)
        offset = int(series.dataoffset or 0)
        if offset + math.prod(series.shape) * dtype.itemsize > self._file_bytes:
            raise damaged(self._name, "TIFF")
        block: Plane = np.memmap(self._path, dtype=dtype, mode="r", offset=offset, shape=series.shape)
        return block

    def _is_one_block(self) -> bool:
        """Whether one page describes many planes that follow each other uncompressed (ImageJ above 4 GB)."""
        return self._series.dataoffset is not None and self._series.is_truncated

    def _colour_channels(self, planes: int) -> tuple[tuple[int, str], ...]:
        """Tell a grey stack stored as RGB from a colour one by its first, middle and last plane."""
        found: set[tuple[int, str]] = set()
        for plane in sorted({0, planes // 2, planes - 1}):
            found.update(colour_channels(self._colours(plane)))
        colours = sorted(pair for pair in found if pair[1] != "Grey")
        return tuple(colours or found)

    def _colours(self, plane: int) -> Plane:
        """Red, green and blue of a plane, (Y, X, 3)."""
        return np.stack([self._read_sample(0, s, plane) for s in range(COLOURS)], axis=-1)

    def _names(self, position: int) -> list[str]:
        if self._tiff.is_imagej:
            labels = (self._tiff.imagej_metadata or {}).get("Labels", [])
            return [str(label) for label in labels] if len(labels) == len(self._channels) > 1 else []
        if self._tiff.is_lsm:
            colours = (self._tiff.lsm_metadata or {}).get("ChannelColors", {})
            return [str(channel_name) for channel_name in colours.get("ColorNames", [])]
        if self._tiff.is_ome:
            return ome_channel_names(self._tiff, position)
        return []

    def _check_axes(self) -> None:
        series, keyframe = self._series, self._keyframe
        if (
            "X" not in series.axes
            or "Y" not in series.axes
            or len(set(series.axes)) != len(series.axes)
            or series.shape[len(series.shape) - len(keyframe.shape) :] != keyframe.shape
        ):
            raise UnreadableImage(
                f"{shown(self._name)} is a TIFF file whose pages do not make up one picture "
                f"(axes {series.axes}): export it as OME-TIFF."
            )

    def _check_is_whole(self) -> None:
        """Raise UnreadableImage when the file ends before its pixels do."""
        for page in self._series.pages:
            if page is not None and any(
                offset + count > self._file_bytes
                for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)
            ):
                raise damaged(self._name, "TIFF")
        if self._tiff.is_imagej:
            # tifffile reads the first plane alone when ImageJ's further planes are not all there
            stated = int((self._tiff.imagej_metadata or {}).get("images", 1))
            if math.prod(self._series.shape) < stated * math.prod(self._keyframe.shape):
                raise damaged(self._name, "TIFF")

    def _check_page_bytes(self, limits: ReadLimits) -> None:
        """A page can hold several channels or a whole volume, and a tile can be larger than its page."""
        largest = 4 * limits.max_plane_px
        tile_px = math.prod(self._keyframe.chunks)
        page_px = 0 if self._is_one_block() else math.prod(self._keyframe.shape)
        if max(tile_px, page_px) > largest:
            raise UnreadableImage(
                f"{shown(self._name)} is stored in pages of {max(tile_px, page_px) / 1e6:,.0f} million values, "
                f"and the limit here is {largest / 1e6:,.0f} million: export it with one plane a page."
            )


def _opened(path: Path) -> tifffile.TiffFile:
    """The file as tifffile sees it. No second file is ever opened: an OME-TIFF may name others in its folder."""
    tiff = tifffile.TiffFile(path, _multifile=False)
    if tiff.is_scanimage and not tiff.is_bigtiff:
        # tifffile would reckon where the pages of such a file lie, and lose the last one
        tiff.close()
        tiff = tifffile.TiffFile(path, _multifile=False, is_scanimage=False)
    return tiff


def open_tiff(path: Path, *, name: str, limits: ReadLimits, at: Place) -> TiffSource:
    return TiffSource(path, name=name, limits=limits, at=at)


def _plain(plane: Plane) -> Plane:
    """Native byte order; black and white as 0 and 255."""
    if plane.dtype == np.bool_:
        return plane.astype(np.uint8) * np.uint8(255)
    return plane.astype(plane.dtype.newbyteorder("="), copy=False)
