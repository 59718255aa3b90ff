"""Nikon ND2, by the nd2 library."""

import logging
import math
from pathlib import Path
from typing import Any

import nd2
import numpy as np

from spines.imaging.calibration import Calibration, calibrate, plausible_spacing
from spines.imaging.readers.base import (
    ClosedOnExit,
    Plane,
    check_dtype,
    check_place,
    colour_channels,
    names_or_numbers,
)
from spines.imaging.refusals import check_limits, damaged, is_interruption
from spines.imaging.types import ImageInfo, Place, ReadLimits

logger = logging.getLogger(__name__)

_PLANES, _POSITIONS, _TIMES = "ZStackLoop", "XYPosLoop", ("TimeLoop", "NETimeLoop")


class Nd2Source(ClosedOnExit):
    """One position and time point of an ND2 file, frame by frame (a frame holds all channels)."""

    def __init__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> None:
        self._name = name
        self._file = nd2.ND2File(path)
        try:
            self._read_header(limits, at)
        except BaseException:
            self._file.close()
            raise

    def _read_header(self, limits: ReadLimits, at: Place) -> None:
        attributes = self._file.attributes
        # frames are numbered over the loops of the experiment, the last loop running fastest
        self._loops = [(loop.type, int(loop.count)) for loop in self._file.experiment]
        positions = math.prod(count for kind, count in self._loops if kind == _POSITIONS)
        times = math.prod(count for kind, count in self._loops if kind in _TIMES)
        check_place(self._name, at, limits=limits, positions=positions, times=times)
        self._at = at
        width_px, height_px = int(attributes.widthPx or 0), int(attributes.heightPx)
        components = int(attributes.componentCount)
        planes = int(self._file.sizes.get("Z", 1))
        check_limits(self._name, limits, width_px=width_px, height_px=height_px, planes=planes, channels=components)
        check_dtype(self._name, np.dtype(self._file.dtype))
        groups = int(attributes.channelCount or 1)
        self._frame_shape = (groups, height_px, width_px, components // groups)
        self._channels = [(group, sample) for group in range(groups) for sample in range(components // groups)]
        described = self._described_channels()
        file_names = [str(channel.channel.name) for channel in described]
        if self._file.is_rgb:
            named = colour_channels(self._frame(planes // 2)[0])
            self._channels = [(group, sample) for group in range(groups) for sample, _ in named]
            if groups == 1:
                file_names = [sample_name for _, sample_name in named]
        calibration, plane_spacing_um = _scale(described)
        self.info = ImageInfo(
            format="nd2",
            width_px=width_px,
            height_px=height_px,
            planes=planes,
            channels=len(self._channels),
            channel_names=names_or_numbers(file_names, len(self._channels)),
            bit_depth=int(attributes.bitsPerComponentSignificant),
            is_float=np.dtype(self._file.dtype).kind == "f",
            pixel_size_um=calibration.pixel_size_um,
            plane_spacing_um=plane_spacing_um,
            pixel_size_note=calibration.note,
            times=times,
            position_names=_position_names(self._file, positions),
        )

    def read(self, *, channel: int, plane: int) -> Plane:
        group, sample = self._channels[channel]
        pixels = self._frame(plane)[group, :, :, sample]
        if self.info.planes == 1 and not pixels.any():
            # the library answers a frame that is not in the file with zeros
            raise damaged(self._name, "ND2")
        # a copy: the library's array lies in the mapped file, which is closed behind it
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=True)

    def close(self) -> None:
        self._file.close()

    def _frame(self, plane: int) -> Plane:
        """The frame of one z-plane as (channel, Y, X, sample)."""
        counts = [count for _, count in self._loops]
        index = [{_PLANES: plane, _POSITIONS: self._at.position}.get(kind, 0) for kind, _ in self._loops]
        slowest = [i for i, (kind, _) in enumerate(self._loops) if kind in _TIMES]
        for i, time in zip(slowest, _unravelled(self._at.time, [counts[i] for i in slowest]), strict=True):
            index[i] = time
        number = int(np.ravel_multi_index(index, counts)) if counts else 0
        frame: Plane = self._file.read_frame(number)
        return frame.reshape(self._frame_shape)

    def _described_channels(self) -> list[Any]:
        """Names and scale. The library fails on the metadata of some files whose pixels it reads well."""
        try:
            return list(getattr(self._file.metadata, "channels", None) or [])
        except Exception as error:  # the library raises anything; the pages then ask for the scale
            if is_interruption(error):
                raise
            logger.warning("the metadata of an ND2 file could not be read", exc_info=True)
            return []


def _scale(described: list[Any]) -> tuple[Calibration, float | None]:
    """Pixel size and plane spacing, where the file says that they were calibrated."""
    if not described:
        return Calibration(), None
    volume = described[0].volume
    x_um, y_um, z_um = (float(step) for step in volume.axesCalibration)
    calibration = calibrate(x_um, y_um) if all(volume.axesCalibrated[:2]) else Calibration()
    return calibration, plausible_spacing(z_um) if volume.axesCalibrated[2] else None


def _unravelled(number: int, counts: list[int]) -> list[int]:
    return [int(part) for part in np.unravel_index(number, counts)] if counts else []


def _position_names(file: nd2.ND2File, positions: int) -> tuple[str, ...]:
    """What NIS-Elements calls its points; empty where they have no names."""
    names: list[str] = []
    for loop in file.experiment:
        if isinstance(loop, nd2.structures.XYPosLoop):
            names = [str(getattr(point, "name", None) or "") for point in loop.parameters.points]
    return tuple(names) if len(names) == positions else ("",) * positions


def open_nd2(path: Path, *, name: str, limits: ReadLimits, at: Place) -> Nd2Source:
    return Nd2Source(path, name=name, limits=limits, at=at)
