"""What ScanImage writes of a recording into its TIFF files: channels, slices, frames, pixel size.

ScanImage saves pages in the order of acquisition: channels fastest, then the frames of a slice, then slices, then
volumes. Version 3 states `state.acq.…` with carriage returns between, 4 and later `scanimage.SI.…` or `SI.…`
(ScanImage documentation, “ScanImage TIFF specification”; MATLAB values such as `[1;2]` and `'text'`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import tifffile

_LINE = re.compile(r"(?:scanimage\.)?([A-Za-z][\w.]*)\s*=\s*([^\r\n]*)")
LONGEST_HEADER = 1_000_000
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """How the pages of a ScanImage file follow each other: volumes, slices, frames of a slice, channels fastest."""

    volumes: int
    slices: int
    frames: int
    channels: int
    pixel_size_um: float | None
    plane_spacing_um: float | None

    @property
    def pages(self) -> int:
        """How many pages make it up; a page more belongs to a volume that was not completed."""
        return self.volumes * self.slices * self.frames * self.channels


def recording(tiff: tifffile.TiffFile, *, pages: int) -> Recording | None:
    """What the header says of `pages` pages, as far as they are there; None where it does not tell the channels."""
    stated = _stated(tiff)
    channels = _channels(stated)
    if not channels or channels > pages:
        return None
    slices = _first(stated, "SI.hStackManager.actualNumSlices", "SI.hStackManager.numSlices") or _first(
        stated, "SI5.stackNumSlices", "SI4.stackNumSlices", "state.acq.numberOfZSlices"
    )
    each = pages // channels
    slices, frames = _whole(slices, each), _frames(stated, each)
    volumes = each // (slices * frames)
    if not volumes:  # it was stopped within the first volume, or the header is of another recording
        volumes, frames = 1, min(frames, each)
        slices = each // frames
    return Recording(
        volumes=volumes,
        slices=slices,
        frames=frames,
        channels=channels,
        pixel_size_um=_pixel_size_um(stated, width_px=int(tiff.pages.first.imagewidth)),
        plane_spacing_um=_first(
            stated, "SI.hStackManager.actualStackZStepSize", "SI.hStackManager.stackZStepSize", "state.acq.zStepSize"
        ),
    )


def _stated(tiff: tifffile.TiffFile) -> dict[str, str]:
    """Keys without their leading `scanimage.`, values as text."""
    page = tiff.pages.first
    stated: dict[str, str] = {}
    for text in (page.software, page.description):  # since 2016 what holds for all frames stands in Software
        stated |= dict(_LINE.findall(str(text)[:LONGEST_HEADER]))
    frame_data: dict[str, Any] = ((tiff.scanimage_metadata or {}) if tiff.is_bigtiff else {}).get("FrameData") or {}
    return stated | {key.removeprefix("scanimage."): str(value) for key, value in frame_data.items()}


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)]


def _first(stated: dict[str, str], *keys: str) -> float | None:
    """The first number of the first key that has one."""
    return next((numbers[0] for key in keys if (numbers := _numbers(stated.get(key, "")))), None)


def _whole(value: float | None, most: int) -> int:
    """A count from 1 to `most`; 1 where nothing is stated."""
    return int(min(max(value, 1), most)) if value is not None and math.isfinite(value) else 1


def _channels(stated: dict[str, str]) -> int:
    for key in ("SI.hChannels.channelSave", "SI5.channelsSave", "SI4.channelsSave"):
        if numbers := _numbers(stated.get(key, "")):
            return len(numbers)
    saved = sum(_first(stated, f"state.acq.savingChannel{i}") == 1 for i in range(1, 5))
    return saved or int(_first(stated, "state.acq.numberOfChannelsSave") or 0)


def _frames(stated: dict[str, str], each: int) -> int:
    """Pages of a channel for one slice: frames, over how many were averaged before they were saved."""
    if "state.acq.numberOfFrames" in stated:
        is_averaged = _first(stated, "state.acq.averaging") == 1
        return 1 if is_averaged else _whole(_first(stated, "state.acq.numberOfFrames"), each)
    frames = _first(stated, "SI.hStackManager.framesPerSlice", "SI5.acqNumFrames", "SI4.acqNumFrames")
    averaged = _first(stated, "SI.hScan2D.logAverageFactor", "SI5.acqNumAveragedFrames", "SI4.acqNumAveragedFrames")
    return _whole(None if frames is None else frames / max(averaged or 1, 1), each)


def _pixel_size_um(stated: dict[str, str], *, width_px: int) -> float | None:
    """Width of the field over pixels, where the microscope's objective was calibrated."""
    corners_x = _numbers(stated.get("SI.hRoiManager.imagingFovUm", ""))[0::2]
    if len(corners_x) < 4 or width_px < 1:
        return None
    return (max(corners_x) - min(corners_x)) / width_px
