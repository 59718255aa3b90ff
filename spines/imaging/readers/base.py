"""The one protocol behind which every format stands."""

from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spines.errors import UnreadableImage
from spines.imaging.refusals import shown
from spines.imaging.types import ImageInfo, Place, ReadLimits

Plane = NDArray[Any]
COLOURS = 3


class PlaneSource(Protocol):
    """An open image file: its header is read, its pixels are not."""

    @property
    def info(self) -> ImageInfo: ...

    def read(self, *, channel: int, plane: int) -> Plane:
        """One z-plane of one channel, (height_px, width_px), in the file's own dtype."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Opener(Protocol):
    """Opens one place of a file. Raises UnreadableImage, or anything of its library: the caller turns it."""

    def __call__(self, path: Path, *, name: str, limits: ReadLimits, at: Place) -> PlaneSource: ...


class ClosedOnExit:
    """Gives a source its `with` block."""

    def close(self) -> None:
        """Nothing to close unless the source says so."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_place(name: str, at: Place, *, limits: ReadLimits, positions: int, times: int = 1) -> None:
    """Raise UnreadableImage where the file has no such position or time point, or more positions than are taken in."""
    if positions > limits.max_positions:
        raise UnreadableImage(
            f"{shown(name)} holds {positions:,} positions, and the limit here is {limits.max_positions:,}: "
            "save fewer into a file."
        )
    for what, number, there in (("position", at.position, positions), ("time point", at.time, times)):
        if not 0 <= number < there:
            raise UnreadableImage(f"{shown(name)} has no {what} {number + 1}: choose one of its {there}.")


def check_dtype(name: str, dtype: np.dtype[Any]) -> None:
    """Raise UnreadableImage for pixels that are no brightness: complex numbers, times, records."""
    if dtype.kind not in "buif" or dtype.itemsize > 8:
        raise UnreadableImage(
            f"{shown(name)} has pixels of type {dtype.name}, which are no brightness: "
            "export it as 8-bit, 16-bit or 32-bit float."
        )


def colour_channels(samples: Plane, *, tolerance: int = 0) -> tuple[tuple[int, str], ...]:
    """Which of the colour samples of an RGB picture are channels: pairs of sample index and name.

    samples : (M, N, 3 or more), red, green, blue; an alpha sample is left out. Three equal samples are a grey
    picture stored as RGB: one channel. Samples without any contrast are no channels, so a picture
    pseudo-coloured in green is its green channel. `tolerance` is the difference in grey levels that lossy
    compression leaves between equal samples.
    """
    red, green, blue = (samples[..., i] for i in range(3))
    if _equal(red, green, tolerance) and _equal(green, blue, tolerance):
        return ((0, "Grey"),)
    named = tuple(enumerate(("Red", "Green", "Blue")))
    return tuple((i, name) for i, name in named if samples[..., i].min() != samples[..., i].max()) or named


def names_or_numbers(names: list[str], channels: int) -> tuple[str, ...]:
    """As many channel names as channels: those known, "Channel 3" for the others."""
    known = [" ".join(name.split())[:80] for name in names[:channels]]
    return tuple(known[i] if i < len(known) and known[i] else f"Channel {i + 1}" for i in range(channels))


def _equal(one: Plane, other: Plane, tolerance: int) -> bool:
    if tolerance == 0:
        return bool(np.array_equal(one, other))
    return int(np.abs(one.astype(np.int32) - other.astype(np.int32)).max()) <= tolerance
