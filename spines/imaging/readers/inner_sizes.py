"""The size that compressed pixels state of themselves, read from their first bytes without decoding them."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

_JPEG_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xF7)


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of the frame header (SOFn of ITU T.81, SOF55 of JPEG-LS); None where there is none."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return height, width
        if marker == 0xFF:  # fill bytes may come before a marker
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 2
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])
    return None


def jpeg_2000_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of the largest SIZ marker (ITU T.800), of a raw codestream or within boxes."""
    sizes = []
    for at in _places(data, b"\xff\x4f\xff\x51"):
        if at + 24 <= len(data):
            right, bottom, left, top = struct.unpack(">IIII", data[at + 8 : at + 24])
            sizes.append((bottom - top, right - left))
    return _largest(sizes)


def jpeg_xr_size(data: bytes) -> tuple[int, int] | None:
    """(height, width) of the largest image header (ITU T.832)."""
    sizes = []
    for at in _places(data, b"WMPHOTO\0"):
        is_short = at + 20 <= len(data) and bool(data[at + 10] & 0x80)
        if is_short or at + 20 <= len(data):
            width, height = struct.unpack_from(">HH" if is_short else ">II", data, at + 12)
            sizes.append((height + 1, width + 1))
    return _largest(sizes)


def _places(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def _largest(sizes: list[tuple[int, int]]) -> tuple[int, int] | None:
    return (max(height for height, _ in sizes), max(width for _, width in sizes)) if sizes else None


def bytes_left(file: Any) -> int:
    """How many bytes follow in an open file. A header may state any number: asked before as many are read."""
    here: int = file.tell()
    file.seek(0, os.SEEK_END)
    end: int = file.tell()
    file.seek(here)
    return max(0, end - here)
