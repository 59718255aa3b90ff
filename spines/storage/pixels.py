"""The pixels of stored images, within the limits of the settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from numpy.typing import NDArray

from spines.imaging import Polarity, Projection, ReadLimits, ReadPlane, light_on_dark, read_plane, read_polarised
from spines.models import Image
from spines.storage.files import local_copy


def read_limits() -> ReadLimits:
    """How large a file may be: the limits of the settings."""
    return ReadLimits(
        max_side_px=settings.SPINULA_MAX_IMAGE_SIDE_PX,
        max_planes=settings.SPINULA_MAX_IMAGE_PLANES,
        max_file_bytes=settings.SPINULA_MAX_UPLOAD_MB << 20,
    )


def stored_plane(image: Image, *, channel: int, projection: Projection, plane: int, polarity: Polarity) -> NDArray[Any]:
    """One plane of a stored image as its file has it, (height_px, width_px) in the file's own type: for the eye.

    The polarity says what the strongest signal of a stack is.

    Raises
    ------
    UnreadableImage
        With the sentence for its user.
    FileNotFoundError
        When the stored file is gone.
    """
    with local_copy(image.file) as path:
        return read_plane(
            path,
            name=image.original_name,
            channel=channel,
            projection=projection,
            plane=plane,
            polarity=polarity,
            limits=read_limits(),
        )


def told_plane(image: Image, *, channel: int, projection: Projection, plane: int) -> ReadPlane:
    """The same with the polarity that the picture itself tells."""
    with local_copy(image.file) as path:
        return read_polarised(
            path, name=image.original_name, channel=channel, projection=projection, plane=plane, limits=read_limits()
        )


def analysed_plane(
    image: Image, *, channel: int, projection: Projection, plane: int, polarity: Polarity
) -> NDArray[Any]:
    """One plane of a stored image light on dark: what is detected in, traced, measured and learned from.

    Raises as `stored_plane` does.
    """
    pixels = stored_plane(image, channel=channel, projection=projection, plane=plane, polarity=polarity)
    return light_on_dark(pixels, polarity, is_stain=image.is_stain(channel))
