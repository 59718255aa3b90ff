"""What the rest of the program knows of an image file."""

from dataclasses import dataclass
from enum import StrEnum


class Projection(StrEnum):
    """How a z-stack becomes the one plane that is analysed."""

    MAX = "max"
    MEAN = "mean"
    PLANE = "plane"


class Polarity(StrEnum):
    """Whether a neuron is lighter or darker than its ground. What is analysed is always turned light on dark."""

    LIGHT_ON_DARK = "light_on_dark"
    DARK_ON_LIGHT = "dark_on_light"


STAIN_CHANNEL = "Stain"
"""Name of the channel of a colour brightfield picture that is light along its stain's colour."""


@dataclass(frozen=True, kw_only=True)
class PageOrder:
    """How a person says that the pages of a TIFF follow each other: channels fastest, then planes, then time points."""

    channels: int = 1
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which picture of a file: its position (scene, series, tile) and time point, both from 0.

    `pages` is a person's word for pages of which the file does not tell what they are, or tells it wrongly.
    """

    position: int = 0
    time: int = 0
    pages: PageOrder | None = None


FIRST = Place()


@dataclass(frozen=True, kw_only=True)
class ImageInfo:
    """What a file says of itself, and of the picture at one place in it.

    Attributes
    ----------
    format : "tiff", "ome-tiff", "lsm", "czi", "nd2", "lif", "oib", "oif", "png" or "jpeg", told by content.
    planes : z-planes of one time point.
    channels : what `read_plane` takes as `channel` is 0 … channels - 1.
    channel_names : as many as `channels`.
    usual_channel : the channel that is read unless another is asked for.
    bit_depth : significant bits a pixel as stated by the file (12 for a 12-bit camera stored in 16).
    pixel_size_um : None where the file does not state one, or none that can be believed.
    pixel_size_note : why a stated pixel size was not taken, for the user; empty otherwise.
    plane_spacing_um : distance between two z-planes.
    times : time points of the position.
    position_names : one a position of the file, in its order; "" where the file has no name for it.
    tells_pages : whether the file says what its pages are. Where it does not, they were taken for planes.
    takes_page_order : whether a person can say how its pages follow each other (`Place.pages`).
    """

    format: str
    width_px: int
    height_px: int
    planes: int
    channels: int
    channel_names: tuple[str, ...]
    bit_depth: int
    is_float: bool
    pixel_size_um: float | None
    plane_spacing_um: float | None
    pixel_size_note: str = ""
    usual_channel: int = 0
    times: int = 1
    position_names: tuple[str, ...] = ("",)
    tells_pages: bool = True
    takes_page_order: bool = False


@dataclass(frozen=True, kw_only=True)
class ReadLimits:
    """The largest file that is read. Checked against the header, before memory is taken.

    `max_plane_px` is the area of one plane: 120 megapixels are 240 MB at 16 bit. `max_stack_px` is that of all planes
    of a channel, which are read to project them, about 100 megapixels a second.
    """

    max_side_px: int = 32_768
    max_plane_px: int = 120_000_000
    max_planes: int = 4_096
    max_stack_px: int = 2_000_000_000
    max_channels: int = 64
    max_positions: int = 500
    max_file_bytes: int = 8 * 1024**3


DEFAULT_LIMITS = ReadLimits()
