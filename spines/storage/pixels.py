"""The pixels of stored images, within the limits of the settings. Files are read in processes apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from numpy.typing import NDArray

from spines.imaging import FIRST, Place, Polarity, Projection, ReadLimits, ReadPlane, light_on_dark
from spines.imaging.apart import Look, Readers
from spines.models import Image
from spines.storage.files import local_copy, told_if_gone

PATIENCE = 4.0
"""An upload holds no page up, and who sent it would have to send it again: it waits longer for a free reader."""


def read_limits() -> ReadLimits:
    """How large a file may be: the limits of the settings."""
    return ReadLimits(
        max_side_px=settings.SPINULA_MAX_IMAGE_SIDE_PX,
        max_plane_px=settings.SPINULA_MAX_PLANE_MEGAPIXELS * 1_000_000,
        max_stack_px=settings.SPINULA_MAX_STACK_MEGAPIXELS * 1_000_000,
        max_planes=settings.SPINULA_MAX_IMAGE_PLANES,
        max_file_bytes=settings.SPINULA_MAX_UPLOAD_MB << 20,
    )


@cache
def _readers() -> Readers:
    return Readers(
        most=settings.SPINULA_READERS,
        memory_mb=settings.SPINULA_READER_MEMORY_MB,
        seconds=settings.SPINULA_READER_TIMEOUT_S,
        wait_s=settings.SPINULA_READER_WAIT_S,
    )


def expect_reading() -> None:
    """Images are about to be read: a process that reads them starts now, where none is there."""
    _readers().warm()


def look_at(path: Path, *, name: str, at: Place = FIRST) -> Look:
    """What a file that came in is, at one place: read apart. Raises UnreadableImage with the sentence for its user."""
    look: Look = _readers().ask("look", path, patience=PATIENCE, name=name, limits=read_limits(), at=at)
    return look


@contextmanager
def original_of(image: Image) -> Iterator[Path]:
    """The file of an image as a local path. Raises FileGone, with what its user can do, where it is not there."""
    sentence = (
        f"The stored file of {image.shown_name} is gone. Upload the same file again: the image gets it back, and keeps "
        "its results."
    )
    with told_if_gone(sentence):
        if not image.file:
            raise FileNotFoundError("No file was ever stored.")
        with local_copy(image.file) as path:
            yield path


def stored_plane(image: Image, *, channel: int, projection: Projection, plane: int, polarity: Polarity) -> NDArray[Any]:
    """One plane of a stored image as its file has it, (height_px, width_px) in the file's own type: for the eye.

    The polarity says what the strongest signal of a stack is.

    Raises
    ------
    UnreadableImage
        With the sentence for its user.
    FileGone
        When the stored file is gone.
    """
    with original_of(image) as path:
        pixels: NDArray[Any] = _readers().ask(
            "read_plane",
            path,
            name=image.original_name,
            channel=channel,
            projection=projection,
            plane=plane,
            polarity=polarity,
            limits=read_limits(),
            at=image.place,
        )
    return pixels


def told_plane(image: Image, *, channel: int, projection: Projection, plane: int) -> ReadPlane:
    """The same with the polarity that the picture itself tells."""
    with original_of(image) as path:
        read: ReadPlane = _readers().ask(
            "read_polarised",
            path,
            name=image.original_name,
            channel=channel,
            projection=projection,
            plane=plane,
            limits=read_limits(),
            at=image.place,
        )
    return read


def analysed_plane(
    image: Image, *, channel: int, projection: Projection, plane: int, polarity: Polarity
) -> NDArray[Any]:
    """One plane of a stored image light on dark: what is detected in, traced, measured and learned from.

    Raises as `stored_plane` does.
    """
    pixels = stored_plane(image, channel=channel, projection=projection, plane=plane, polarity=polarity)
    return light_on_dark(pixels, polarity, is_stain=image.is_stain(channel))


def plane_to_analyse(image: Image) -> NDArray[Any]:
    """The plane that an image is set to now, as `analysed_plane` gives it."""
    return analysed_plane(
        image,
        channel=image.channel,
        projection=Projection(image.projection),
        plane=image.plane,
        polarity=Polarity(image.polarity),
    )
