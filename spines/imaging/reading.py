"""Opening image files: what they are, and one plane of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spines.errors import UnreadableImage
from spines.imaging.polarity import UNTOLD, ToldPolarity, light_on_dark, tell_polarity
from spines.imaging.readers import READERS, PlaneSource
from spines.imaging.readers.base import Plane
from spines.imaging.refusals import reading, shown
from spines.imaging.sniffing import detect_format
from spines.imaging.types import (
    DEFAULT_LIMITS,
    FIRST,
    STAIN_CHANNEL,
    ImageInfo,
    Place,
    Polarity,
    Projection,
    ReadLimits,
)


def inspect_image(path: Path, *, name: str, limits: ReadLimits = DEFAULT_LIMITS, at: Place = FIRST) -> ImageInfo:
    """What the file at `path` says of itself. Only colour pictures are decoded, to tell their channels.

    `name` is the file's original name; it appears in sentences and is trusted for nothing.
    Raises UnreadableImage for a file that cannot be used, OSError when there is no file at `path`.
    """
    with _opened(path, name=name, limits=limits, at=at) as source:
        return source.info


@dataclass(frozen=True, kw_only=True)
class ReadPlane:
    """One plane as its file has it, and how the neuron lies in it.

    `pixels` is (height_px, width_px) in the file's own dtype and native byte order. `told` is what the picture says of
    its polarity; `polarity` is the one asked for, or else the told one. `is_stain` where it is the light that passes
    along a stain's colour.
    """

    pixels: Plane
    polarity: Polarity
    told: ToldPolarity
    is_stain: bool

    @property
    def light_on_dark(self) -> Plane:
        """The plane as it is analysed: bright where the neuron is."""
        return light_on_dark(self.pixels, self.polarity, is_stain=self.is_stain)


def read_plane(
    path: Path,
    *,
    name: str,
    channel: int | None = None,
    projection: Projection = Projection.MAX,
    plane: int = 0,
    polarity: Polarity = Polarity.LIGHT_ON_DARK,
    limits: ReadLimits = DEFAULT_LIMITS,
    at: Place = FIRST,
) -> Plane:
    """One (height_px, width_px) plane of one channel as the file has it, in its own dtype and native byte order.

    A z-stack is projected while it is read: never more than one plane and the projection are held. MAX keeps the
    strongest signal, which is the darkest where the stack is dark on light; MEAN gives float32. `channel` None is the
    file's usual one; `plane` is the z-plane for Projection.PLANE; `at` is the position and time point.
    Black-and-white pictures give 0 and 255; pixels of float pictures that are no number become the lowest number of
    their plane.

    Raises UnreadableImage for a file that cannot be used, or that has no such channel or plane.
    """
    with _opened(path, name=name, limits=limits, at=at) as source:
        channel = _checked(source, name, channel, projection, plane)
        return _projected(source, name, channel, projection, plane, polarity)


def read_polarised(
    path: Path,
    *,
    name: str,
    channel: int | None = None,
    projection: Projection = Projection.MAX,
    plane: int = 0,
    polarity: Polarity | None = None,
    limits: ReadLimits = DEFAULT_LIMITS,
    at: Place = FIRST,
) -> ReadPlane:
    """One plane with its polarity: the given one, or with None what the picture itself tells.

    A stack tells by a few of its planes. Otherwise like `read_plane`.
    """
    with _opened(path, name=name, limits=limits, at=at) as source:
        channel = _checked(source, name, channel, projection, plane)
        only = _read(source, name, channel, 0) if source.info.planes == 1 else None
        told = UNTOLD
        if polarity is None:
            told = _told(source, name, channel, projection, plane) if only is None else tell_polarity(only)
            polarity = told.polarity
        return ReadPlane(
            pixels=_projected(source, name, channel, projection, plane, polarity) if only is None else only,
            polarity=polarity,
            told=told,
            is_stain=source.info.channel_names[channel] == STAIN_CHANNEL,
        )


def _checked(source: PlaneSource, name: str, channel: int | None, projection: Projection, plane: int) -> int:
    """The channel to read. Raises UnreadableImage where the file has no such channel or plane."""
    info = source.info
    if channel is None:
        channel = info.usual_channel
    if not 0 <= channel < info.channels:
        raise UnreadableImage(f"{shown(name)} has no channel {channel + 1}: choose one of its {info.channels}.")
    if projection is Projection.PLANE and not 0 <= plane < info.planes:
        raise UnreadableImage(f"{shown(name)} has no plane {plane + 1}: choose one of its {info.planes}.")
    return channel


def _told(source: PlaneSource, name: str, channel: int, projection: Projection, plane: int) -> ToldPolarity:
    """What the picture says: of a stack, the surest of some planes."""
    planes = source.info.planes
    looked_at = {plane} if projection is Projection.PLANE else {planes * part // 4 for part in range(1, 4)}
    told = [tell_polarity(_read(source, name, channel, number)) for number in sorted(looked_at)]
    return max(told, key=lambda one: one.sureness)


def _projected(
    source: PlaneSource, name: str, channel: int, projection: Projection, plane: int, polarity: Polarity
) -> Plane:
    if projection is Projection.PLANE:
        return _read(source, name, channel, plane)
    first = _read(source, name, channel, 0)
    if projection is Projection.MEAN:
        return _mean(source, name, channel, first)
    strongest = np.maximum if polarity is Polarity.LIGHT_ON_DARK else np.minimum
    for number in range(1, source.info.planes):
        strongest(first, _read(source, name, channel, number), out=first)
    return first


@contextmanager
def _opened(path: Path, *, name: str, limits: ReadLimits, at: Place) -> Iterator[PlaneSource]:
    file_bytes = path.stat().st_size
    if file_bytes > limits.max_file_bytes:
        raise UnreadableImage(
            f"{shown(name)} is {file_bytes / 1024**3:.1f} GB, and the limit here is "
            f"{limits.max_file_bytes / 1024**3:.1f} GB: crop it or export a projection."
        )
    image_format = detect_format(path, name=name)
    with reading(name, image_format.upper()):
        source = READERS[image_format](path, name=name, limits=limits, at=at)
    with source:
        yield source


def _read(source: PlaneSource, name: str, channel: int, plane: int) -> Plane:
    info = source.info
    with reading(name, info.format.upper()):
        pixels = source.read(channel=channel, plane=plane)
        if pixels.shape != (info.height_px, info.width_px):
            raise ValueError(f"plane of {pixels.shape} where {(info.height_px, info.width_px)} was stated")
    if pixels.dtype.kind != "f":
        return pixels
    is_number = np.isfinite(pixels)
    if is_number.all():
        return pixels
    if not is_number.any():
        raise UnreadableImage(f"{shown(name)} has a plane without a single number in it: export it again.")
    return np.where(is_number, pixels, pixels[is_number].min())


def _mean(source: PlaneSource, name: str, channel: int, first: Plane) -> Plane:
    """Sums of up to 65,536 planes of 8 or 16 bit fit 32 bit, exactly."""
    planes = source.info.planes
    is_small = first.dtype in (np.uint8, np.uint16) and planes <= 2**16
    total: Plane = first.astype(np.uint32 if is_small else np.float64)
    del first
    for number in range(1, planes):
        np.add(total, _read(source, name, channel, number), out=total, casting="unsafe")
    return np.divide(total, planes, dtype=np.float32, casting="unsafe")
