"""The sentences for files that cannot be read, and the net under the vendors' libraries."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from spines.errors import UnreadableImage
from spines.imaging.types import ReadLimits
from spines.surroundings import surrounding_of

logger = logging.getLogger(__name__)

_LONGEST_NAME = 80


def shown(name: str) -> str:
    """The original name as it can stand in a sentence: quoted, printable, not longer than a line."""
    printable = "".join(c if c.isprintable() else "�" for c in name) or "unnamed"
    if len(printable) > _LONGEST_NAME:
        printable = f"{printable[:50]}…{printable[-25:]}"
    return f"“{printable}”"


def damaged(name: str, kind: str) -> UnreadableImage:
    """For a file of a known kind whose content does not hold together."""
    return UnreadableImage(
        f"{shown(name)} is a {kind} file that is damaged or was cut short: copy it again from where it was "
        "recorded, or export it as OME-TIFF."
    )


def out_of_memory(name: str) -> UnreadableImage:
    """For a file that takes more memory than reading may take."""
    return UnreadableImage(
        f"{shown(name)} needs more memory than this machine has to read it: crop it or export it smaller."
    )


def took_too_long(name: str, seconds: float) -> str:
    """The sentence for a file whose reading was ended."""
    return (
        f"{shown(name)} took longer to read than the {seconds:.0f} s that are the limit here: crop it, export fewer "
        "planes or a projection."
    )


def broke_down(name: str) -> str:
    """The sentence for a file on which its reader broke down."""
    return (
        f"{shown(name)} cannot be read: what decodes it broke down on it. Copy it again from where it was recorded, or "
        "export it as OME-TIFF."
    )


def check_limits(
    name: str,
    limits: ReadLimits,
    *,
    width_px: int,
    height_px: int,
    planes: int = 1,
    channels: int = 1,
) -> None:
    """Raise UnreadableImage when the size a header claims is nonsense or beyond the limits."""
    if min(width_px, height_px, planes, channels) < 1:
        raise UnreadableImage(
            f"{shown(name)} states a size of {width_px} × {height_px} pixels, {planes} planes and {channels} "
            "channels, which is no picture: export it again from the microscope's program."
        )
    if width_px > limits.max_side_px or height_px > limits.max_side_px or width_px * height_px > limits.max_plane_px:
        raise UnreadableImage(
            f"{shown(name)} states a size of {width_px:,} × {height_px:,} pixels, and the limit here is "
            f"{limits.max_side_px:,} pixels a side and {limits.max_plane_px / 1e6:,.0f} megapixels a plane: "
            "crop it or export it smaller."
        )
    if planes > limits.max_planes:
        raise UnreadableImage(
            f"{shown(name)} has {planes:,} planes, and the limit here is {limits.max_planes:,}: "
            "export fewer planes or a projection."
        )
    if planes * width_px * height_px > limits.max_stack_px:
        raise UnreadableImage(
            f"{shown(name)} has {planes:,} planes of {width_px:,} × {height_px:,} pixels, "
            f"{planes * width_px * height_px / 1e6:,.0f} megapixels, and the limit here is "
            f"{limits.max_stack_px / 1e6:,.0f} in one channel: export fewer planes, crop them, or export a projection."
        )
    if channels > limits.max_channels:
        raise UnreadableImage(
            f"{shown(name)} has {channels:,} channels, and the limit here is {limits.max_channels}: "
            "export only the channel that shows the dendrites."
        )


def part_of_a_set(name: str) -> str:
    """The sentence for one file of several that make up an image together."""
    return (
        f"{shown(name)} is one part of an OME-TIFF that was saved in several files, which lie in one folder and belong "
        "together (Bruker and others write one a plane): drop the whole folder, or put its files into a ZIP and upload "
        "that."
    )


def is_interruption(error: Exception) -> bool:
    """Whether the error came from outside while a library was at work: a time limit, or a disk that fails.

    Celery's soft time limit is raised wherever the program happens to be. It is told by its name: this package
    does not import Celery.
    """
    return type(error).__name__ == "SoftTimeLimitExceeded" or (
        isinstance(error, OSError) and surrounding_of(error) is not None
    )


@contextmanager
def reading(name: str, kind: str) -> Iterator[None]:
    """Turn whatever a reading library raises inside the block into UnreadableImage.

    Damaged files make these libraries raise anything from struct.error to RecursionError, so everything is
    caught here, only around their calls, logged with its trace, and chained to the sentence.
    """
    try:
        yield
    except UnreadableImage:
        raise
    except MemoryError as error:
        logger.warning("not enough memory for a %s file", kind, exc_info=True)
        raise out_of_memory(name) from error
    except Exception as error:
        if is_interruption(error):
            raise
        logger.info("a %s file could not be read", kind, exc_info=True)
        raise damaged(name, kind) from error
