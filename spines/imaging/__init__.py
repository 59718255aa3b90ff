"""Reading microscope images: plain numpy, no Django."""

from spines.imaging.display import encode_png, make_thumbnail, to_grey8
from spines.imaging.polarity import ToldPolarity, light_on_dark, tell_polarity
from spines.imaging.reading import ReadPlane, inspect_image, read_plane, read_polarised
from spines.imaging.types import (
    DEFAULT_LIMITS,
    FIRST,
    STAIN_CHANNEL,
    ImageInfo,
    PageOrder,
    Place,
    Polarity,
    Projection,
    ReadLimits,
)

__all__ = [
    "DEFAULT_LIMITS",
    "FIRST",
    "STAIN_CHANNEL",
    "ImageInfo",
    "PageOrder",
    "Place",
    "Polarity",
    "Projection",
    "ReadLimits",
    "ReadPlane",
    "ToldPolarity",
    "encode_png",
    "inspect_image",
    "light_on_dark",
    "make_thumbnail",
    "read_plane",
    "read_polarised",
    "tell_polarity",
    "to_grey8",
]
