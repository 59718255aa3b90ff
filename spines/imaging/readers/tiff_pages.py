"""How the pages of a TIFF file follow each other: which page is which channel, plane, time point and position."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile

from spines.errors import UnreadableImage
from spines.imaging.readers.base import check_place
from spines.imaging.readers.scanimage import Recording, recording
from spines.imaging.refusals import damaged, shown
from spines.imaging.types import PageOrder, Place, ReadLimits

_PLANE_AXES = "ZIQ"
_UNTOLD_AXES = "IQ"
"""Pages of a plain TIFF, of unstated meaning."""
_TIME_AXES = "VT"
"""V: volumes of a recording, which it goes through before the next."""
_POSITION_AXES = "PM"


@dataclass(frozen=True)
class TiffPages:
    """The pages of one position and time point of a file.

    Attributes
    ----------
    series : tifffile's; its own axes lie behind `axes`, which number its pages.
    axes, shape : of the pages, slowest first.
    at : what was asked for, which the file has.
    positions, times, planes : how many there are.
    recording : what ScanImage says, in its files.
    tells : whether the file says what its pages are.
    takes_order : whether a person can say it.
    """

    series: Any
    axes: str
    shape: tuple[int, ...]
    at: Place
    positions: int
    times: int
    plane_axis: str
    recording: Recording | None
    tells: bool
    takes_order: bool

    @property
    def planes(self) -> int:
        """Planes of a time point."""
        return self._sizes.get(self.plane_axis, 1)

    @property
    def channels(self) -> int:
        """Channels, whether they are pages or lie within one."""
        return self._sizes.get("C", 1)

    @property
    def _sizes(self) -> dict[str, int]:
        leading = max(len(self.series.shape) - len(self.series.keyframe.shape), 0)
        within = zip(self.series.axes[leading:], self.series.shape[leading:], strict=True)
        return {axis: int(size) for axis, size in within} | dict(zip(self.axes, self.shape, strict=True))

    def number(self, *, channel: int, plane: int) -> int:
        """Which page of the series, from 0."""
        chosen = {"C": channel, self.plane_axis: plane} | self._place(_TIME_AXES, self.at.time)
        if self.series.kind != "ome":
            chosen |= self._place(_POSITION_AXES, self.at.position)
        index = [chosen.get(axis, 0) for axis in self.axes]
        return int(np.ravel_multi_index(index, self.shape)) if self.axes else 0

    def _place(self, axes: str, number: int) -> dict[str, int]:
        """The index along each of these axes that the pages have."""
        there = [axis for axis in self.axes if axis in axes]
        if not there:
            return {}
        counts = [self._sizes[axis] for axis in there]
        return dict(zip(there, (int(part) for part in np.unravel_index(number, counts)), strict=True))


def tiff_pages(tiff: tifffile.TiffFile, *, name: str, limits: ReadLimits, at: Place) -> TiffPages:
    """The pages at a place. Raises UnreadableImage where the file has no such place, or is damaged."""
    if not tiff.series:
        raise damaged(name, "TIFF")
    first = tiff.series[0]
    if first.kind == "ome":
        positions = len(tiff.series)
        check_place(name, Place(position=at.position), limits=limits, positions=positions)
        series, made = tiff.series[at.position], None
    else:
        series, made = _recorded(tiff, first)
        positions = 0
    leading = max(len(series.shape) - len(series.keyframe.shape), 0)
    axes, shape = series.axes[:leading], tuple(int(size) for size in series.shape[:leading])
    sizes = dict(zip(axes, shape, strict=True))
    positions = positions or math.prod(size for axis, size in sizes.items() if axis in _POSITION_AXES)
    is_plain = not (tiff.is_ome or tiff.is_lsm) and positions == 1 and not set("CZT") & set(series.axes[leading:])
    takes_order = is_plain and math.prod(shape) > 1
    plane_axis = next((axis for axis in _PLANE_AXES if axis in series.axes), "")
    tells = plane_axis not in _UNTOLD_AXES or sizes.get(plane_axis, 1) == 1
    if at.pages is not None and takes_order:
        axes, shape = "TZC", _ordered(at.pages, math.prod(shape), name=name)
        sizes, plane_axis = dict(zip(axes, shape, strict=True)), "Z"
    times = math.prod(size for axis, size in sizes.items() if axis in _TIME_AXES)
    check_place(name, at, limits=limits, positions=positions, times=times)
    return TiffPages(series, axes, shape, at, positions, times, plane_axis, made, tells, takes_order)


def _ordered(order: PageOrder, pages: int, *, name: str) -> tuple[int, int, int]:
    each = order.channels * order.times
    if min(order.channels, order.times) < 1 or pages % each:
        raise UnreadableImage(
            f"{shown(name)} has {pages:,} pages, which are not {order.channels:,} channel"
            f"{'s' * (order.channels != 1)} at {order.times:,} time point{'s' * (order.times != 1)} each with the same "
            "planes: give numbers whose product divides them."
        )
    return order.times, pages // each, order.channels


def _recorded(tiff: tifffile.TiffFile, series: Any) -> tuple[Any, Recording | None]:
    """The first series; of a ScanImage recording the whole volumes, in axes that tell its pages apart."""
    if not (tiff.pages.first.is_scanimage and series.kind in ("scanimage", "uniform", "generic")):
        return series, None
    made = recording(tiff, pages=len(series.pages))
    if made is None:
        return series, None
    page = series.keyframe
    shape = (made.volumes, made.slices, made.frames, made.channels, *page.shape)
    pages = [series.pages[i] for i in range(made.pages)]
    return tifffile.TiffPageSeries(pages, shape, page.dtype, "VZTC" + page.axes, kind="scanimage"), made
