"""Zeiss CZI: one scene and time point, the first view, stitched from its tiles at full resolution."""

import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from spines.errors import UnreadableImage
from spines.imaging.calibration import calibrate, plausible_spacing
from spines.imaging.readers import czi_blocks
from spines.imaging.readers.base import ClosedOnExit, Plane, check_place, colour_channels, names_or_numbers
from spines.imaging.readers.czi_blocks import SubBlock
from spines.imaging.refusals import check_limits, damaged, shown
from spines.imaging.types import ImageInfo, Place, ReadLimits

_KEPT_AXES = frozenset("XYCZM")


class CziSource(ClosedOnExit):
    """A CZI file. Planes are read sub-block by sub-block."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> None:
        self._name = name
        self._file = path.open("rb")
        try:
            self._read_header(limits, at)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, limits: ReadLimits, at: Place) -> None:
        header = czi_blocks.read_header(self._file)
        blocks = self._picture(self._directory(header.directory_position), limits, at)
        self._check_readable(blocks)
        self._left = min(block.start["X"] for block in blocks)
        self._top = min(block.start["Y"] for block in blocks)
        width_px = max(block.start["X"] + block.size["X"] for block in blocks) - self._left
        height_px = max(block.start["Y"] + block.size["Y"] for block in blocks) - self._top
        first_plane = min(block.start.get("Z", 0) for block in blocks)
        first_channel = min(block.start.get("C", 0) for block in blocks)
        planes = max(block.start.get("Z", 0) for block in blocks) - first_plane + 1
        channels = max(block.start.get("C", 0) for block in blocks) - first_channel + 1
        for block in blocks:
            check_limits(self._name, limits, width_px=block.size["X"], height_px=block.size["Y"])
        check_limits(self._name, limits, width_px=width_px, height_px=height_px, planes=planes, channels=channels)
        self._shape = (height_px, width_px)
        self._blocks: dict[tuple[int, int], list[SubBlock]] = {}
        for block in sorted(blocks, key=lambda block: block.start.get("M", 0)):
            place = (block.start.get("C", 0) - first_channel, block.start.get("Z", 0) - first_plane)
            self._blocks.setdefault(place, []).append(block)
        if len(self._blocks) != planes * channels:
            raise damaged(self._name, "CZI")

        # Python's expat (2.4.1 and later) itself refuses entities that multiply.
        document = czi_blocks.read_metadata(self._file, header.metadata_position)
        metadata = ElementTree.fromstring(document or b"<ImageDocument/>")  # noqa: S314
        names = _channel_names(metadata)
        self._channels = [(channel, 0) for channel in range(channels)]
        if czi_blocks.PIXEL_TYPES[blocks[0].pixel_type][1] > 1:
            named = colour_channels(self._stitch(0, planes // 2))
            self._channels = [(channel, sample) for channel in range(channels) for sample, _ in named]
            names = [sample_name for _, sample_name in named] if channels == 1 else []
        dtypes = [czi_blocks.PIXEL_TYPES[block.pixel_type][0] for block in blocks]
        steps = {axis: _step_um(metadata, axis) for axis in "XYZ"}
        calibration = calibrate(steps["X"], steps["Y"])
        self.info = ImageInfo(
            format="czi",
            width_px=width_px,
            height_px=height_px,
            planes=planes,
            channels=len(self._channels),
            channel_names=names_or_numbers(names, len(self._channels)),
            bit_depth=_bit_depth(metadata) or max(dtype.itemsize for dtype in dtypes) * 8,
            is_float=any(dtype.kind == "f" for dtype in dtypes),
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=plausible_spacing(steps["Z"]) if planes > 1 else None,
            pixel_size_note=calibration.note,
            times=self._times,
            position_names=_scene_names(metadata, self._scenes),
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        c, sample = self._channels[channel]
        return np.ascontiguousarray(self._stitch(c, plane)[..., sample])

    def close(self) -> None:
        self._file.close()

    def _directory(self, position: int) -> list[SubBlock]:
        try:
            return czi_blocks.read_directory(self._file, position)
        except czi_blocks.TooManyBlocks as error:
            raise UnreadableImage(
                f"{shown(self._name)} lists {error.count:,} tiles, and the limit here is {czi_blocks.MOST_BLOCKS:,}: "
                "save fewer scenes, time points or planes into a file in ZEN."
            ) from error

    def _picture(self, blocks: list[SubBlock], limits: ReadLimits, at: Place) -> list[SubBlock]:
        """The full-resolution blocks of a scene and time point, of the lowest view, … of the file."""
        if any(block.file_part for block in blocks):
            raise UnreadableImage(
                f"{shown(self._name)} is one part of a CZI that was saved in several files: "
                "save it as a single file in ZEN."
            )
        chosen = [block for block in blocks if block.is_full_resolution]
        self._scenes = _starts(chosen, "S")
        check_place(self._name, replace(at, time=0), limits=limits, positions=len(self._scenes))
        chosen = [block for block in chosen if block.start.get("S", 0) == self._scenes[at.position]]
        times = _starts(chosen, "T")
        self._times = len(times)
        check_place(self._name, at, limits=limits, positions=len(self._scenes), times=len(times))
        chosen = [block for block in chosen if block.start.get("T", 0) == times[at.time]]
        for axis in sorted({axis for block in chosen for axis in block.start} - _KEPT_AXES):
            first = min(block.start.get(axis, 0) for block in chosen)
            chosen = [block for block in chosen if block.start.get(axis, 0) == first]
        file_bytes = os.fstat(self._file.fileno()).st_size
        if any(block.file_position >= file_bytes for block in chosen):
            raise damaged(self._name, "CZI")
        if not chosen or any(axis not in block.start for block in chosen for axis in "XY"):
            raise damaged(self._name, "CZI")
        return chosen

    def _check_readable(self, blocks: list[SubBlock]) -> None:
        for block in blocks:
            if block.pixel_type not in czi_blocks.PIXEL_TYPES:
                raise UnreadableImage(
                    f"{shown(self._name)} has pixels that are no brightness (CZI pixel type "
                    f"{block.pixel_type}): export it as 8-bit, 16-bit or 32-bit float."
                )
            if block.compression not in czi_blocks.COMPRESSIONS:
                raise UnreadableImage(
                    f"{shown(self._name)} is a CZI file with a compression that cannot be read "
                    f"(number {block.compression}): save it in ZEN without compression, or with zstd."
                )

    def _stitch(self, channel: int, plane: int) -> Plane:
        """All tiles of a plane, (Y, X, samples). Where no tile lies, zero; later tiles lie on top."""
        blocks = self._blocks[channel, plane]
        dtype, samples = czi_blocks.PIXEL_TYPES[blocks[0].pixel_type]
        canvas = np.zeros((*self._shape, min(samples, 3)), dtype=dtype.newbyteorder("="))
        for block in blocks:
            y, x = block.start["Y"] - self._top, block.start["X"] - self._left
            canvas[y : y + block.size["Y"], x : x + block.size["X"]] = czi_blocks.read_pixels(self._file, block)
        return canvas


def _starts(blocks: list[SubBlock], axis: str) -> list[int]:
    """Where blocks begin along an axis: its scenes or time points, in order."""
    return sorted({block.start.get(axis, 0) for block in blocks}) or [0]


def _scene_names(metadata: ElementTree.Element, scenes: list[int]) -> tuple[str, ...]:
    """The names of scenes, by the number that blocks know them under."""
    described = metadata.iterfind(".//Information/Image/Dimensions/S/Scenes/Scene")
    names = {scene.get("Index", ""): scene.get("Name", "") for scene in described}
    return tuple(names.get(str(scene), "") for scene in scenes)


def open_czi(path: Path, *, name: str, limits: ReadLimits, at: Place) -> CziSource:
    return CziSource(path, name=name, limits=limits, at=at)


def _step_um(metadata: ElementTree.Element, axis: str) -> float | None:
    """Distance of two pixels, which CZI states in metres."""
    value = metadata.findtext(f".//Scaling/Items/Distance[@Id='{axis}']/Value")
    return float(value) * 1e6 if value else None


def _channel_names(metadata: ElementTree.Element) -> list[str]:
    channels = metadata.iterfind(".//Information/Image/Dimensions/Channels/Channel")
    return [channel.get("Name", "") for channel in channels]


def _bit_depth(metadata: ElementTree.Element) -> int:
    return int(metadata.findtext(".//Information/Image/ComponentBitCount") or 0)
