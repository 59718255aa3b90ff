"""Reading microscope images: plain numpy, no Django."""

from spines.imaging.display import encode_png, make_thumbnail, to_grey8
from spines.imaging.reading import inspect_image, read_plane
from spines.imaging.types import DEFAULT_LIMITS, ImageInfo, Projection, ReadLimits

__all__ = [
    "DEFAULT_LIMITS",
    "ImageInfo",
    "Projection",
    "ReadLimits",
    "encode_png",
    "inspect_image",
    "make_thumbnail",
    "read_plane",
    "to_grey8",
]
