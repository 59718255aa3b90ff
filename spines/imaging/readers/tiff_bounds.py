"""Sizes that a TIFF file states elsewhere than in its pages, bounded before anything is built from them.

A page is bounded by its tags. OME-XML can state planes without end, and a compressed strip carries a size of its own,
for which a decoder takes memory whatever the page says: a strip of 500 bytes can be a picture of gigabytes.
"""

from __future__ import annotations

import re
import struct
from typing import Any, BinaryIO

import tifffile

from spines.errors import UnreadableImage
from spines.imaging.readers.inner_sizes import bytes_left, jpeg_2000_size, jpeg_size
from spines.imaging.refusals import damaged, shown
from spines.imaging.types import ReadLimits

# none, LZW, deflate, PackBits, deflate as old programs number it, LZMA, zstd
_LOSSLESS = (1, 5, 8, 32773, 32946, 34925, 34926, 50000)
_JPEG = (7,)
_JPEG_2000 = (33003, 33004, 33005, 34712)
READABLE_COMPRESSIONS = (*_LOSSLESS, *_JPEG, *_JPEG_2000)
"""The TIFF compressions that are decoded: those that microscopes write, and of which a strip's size can be known."""


def check_compression(page: Any, *, name: str) -> None:
    """Raise UnreadableImage for a compression that is not read here."""
    compression = int(page.compression)
    if compression in READABLE_COMPRESSIONS and compression in tifffile.TIFF.DECOMPRESSORS:
        return
    word = getattr(page.compression, "name", str(page.compression))
    raise UnreadableImage(
        f"{shown(name)} is a TIFF file with a compression that cannot be read ({word}): export it uncompressed, or "
        "with LZW, deflate or JPEG."
    )


def check_page_chain(file: BinaryIO, *, name: str, limits: ReadLimits) -> None:
    """Walk the linked list of pages once: tifffile follows a list that closes on itself for ever."""
    most = limits.max_planes * limits.max_channels
    seen: set[int] = set()
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    is_big = head[2:4] in (b"+\0", b"\0+")
    count_format, entry_bytes, offset_format = ("Q", 20, "Q") if is_big else ("H", 12, "I")
    start = 8 if is_big else 4
    count_bytes, offset_bytes = struct.calcsize(count_format), struct.calcsize(offset_format)
    try:
        (offset,) = struct.unpack_from(order + offset_format, head, start)
        while offset:
            if offset in seen:
                raise damaged(name, "TIFF")
            seen.add(offset)
            if len(seen) > most:
                raise UnreadableImage(
                    f"{shown(name)} has more than {most:,} pages, the limit here: export fewer planes."
                )
            file.seek(offset)
            (entries,) = struct.unpack(order + count_format, file.read(count_bytes))
            file.seek(offset + count_bytes + entries * entry_bytes)
            (offset,) = struct.unpack(order + offset_format, file.read(offset_bytes))
    except (struct.error, OverflowError, OSError) as error:
        raise damaged(name, "TIFF") from error


def check_ome_sizes(ome_xml: str, *, name: str, limits: ReadLimits) -> None:
    """Raise UnreadableImage where OME-XML states more planes than any file here may have."""
    most = limits.max_planes * limits.max_channels
    planes = 0
    for attributes in re.findall(r"<(?:\w+:)?Pixels\b([^>]*)>", ome_xml):
        sizes = dict(re.findall(r"\bSize([ZCT])\s*=\s*[\"']\s*(\d+)\s*[\"']", attributes))
        planes += _product(sizes.get(axis, "1") for axis in "ZCT")
    counts = re.findall(r"\bPlaneCount\s*=\s*[\"']\s*(\d+)\s*[\"']", ome_xml)
    samples = re.findall(r"\bSamplesPerPixel\s*=\s*[\"']\s*(\d+)\s*[\"']", ome_xml)
    largest = max([planes, *(_count(text) for text in (*counts, *samples))])
    if largest > most:
        raise UnreadableImage(
            f"{shown(name)} states {largest:,} planes over all channels and times, and the limit here is {most:,}: "
            "export fewer time points or planes."
        )


def check_strips(page: Any, keyframe: Any, file: Any, *, name: str) -> None:
    """Raise UnreadableImage where a compressed strip or tile of a page is larger than the page says.

    Only JPEG and JPEG 2000 carry a size; of what else is read, a decoder is told how much to give.

    Parameters
    ----------
    page, keyframe
        The page, and the one that describes it.
    file
        Open for reading, with `seek` and `read`.
    """
    compression = int(keyframe.compression)
    read_size = jpeg_size if compression in _JPEG else jpeg_2000_size if compression in _JPEG_2000 else None
    if read_size is None:
        return
    most_height, most_width = _chunk_size(keyframe)
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if not count:  # a tile that is left out
            continue
        file.seek(offset)
        height, width = read_size(file.read(min(count, bytes_left(file)))) or (most_height + 1, 0)
        if height > most_height or width > most_width:
            raise damaged(name, "TIFF")


def _chunk_size(page: Any) -> tuple[int, int]:
    """Height and width of a strip or tile, in pixels."""
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth)
    return int(min(page.rowsperstrip, page.imagelength)), int(page.imagewidth)


def _product(texts: Any) -> int:
    product = 1
    for text in texts:
        product *= _count(text)
    return product


def _count(text: str) -> int:
    return int(text[:20])
