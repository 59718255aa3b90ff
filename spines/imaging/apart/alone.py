"""Reading files where there are no settings: headless commands and trainings. One process apart, with usual limits."""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path

from spines.imaging.apart.readers import Readers
from spines.imaging.readers.base import Plane
from spines.imaging.reading import ReadPlane
from spines.imaging.types import DEFAULT_LIMITS, FIRST, ImageInfo, Place, Polarity, Projection, ReadLimits

MEMORY_MB = 3072
SECONDS = 120.0
_WAIT_S = 3600.0
"""Threads of one command wait for each other."""


@cache
def _readers() -> Readers:
    readers = Readers(most=1, memory_mb=MEMORY_MB, seconds=SECONDS, wait_s=_WAIT_S)
    atexit.register(readers.close)
    return readers


def inspect_apart(path: Path, *, name: str, limits: ReadLimits = DEFAULT_LIMITS, at: Place = FIRST) -> ImageInfo:
    """`inspect_image` in a process apart: a bad file ends its reader. Raises as it does, and where the reader ends."""
    info: ImageInfo = _readers().ask("inspect_image", path, name=name, limits=limits, at=at)
    return info


def read_plane_apart(path: Path, *, name: str, limits: ReadLimits = DEFAULT_LIMITS) -> Plane:
    """`read_plane` of the usual channel, through the whole stack, in a process apart."""
    plane: Plane = _readers().ask("read_plane", path, name=name, limits=limits)
    return plane


def read_polarised_apart(
    path: Path,
    *,
    name: str,
    channel: int | None,
    projection: Projection,
    plane: int,
    polarity: Polarity | None,
    limits: ReadLimits,
    at: Place = FIRST,
) -> ReadPlane:
    """`read_polarised` in a process apart."""
    read: ReadPlane = _readers().ask(
        "read_polarised",
        path,
        name=name,
        channel=channel,
        projection=projection,
        plane=plane,
        polarity=polarity,
        limits=limits,
        at=at,
    )
    return read
