"""The segments of a Zeiss CZI file: header, directory of sub-blocks, metadata, pixel data.

Layout: ZISRAW (CZI) File Format, Design Specification 1.2.2, and libCZI's documentation for zstd. Written here
because czifile, on the Python this runs on, cannot decode zstd, which ZEN writes by default.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from spines.imaging.readers.inner_sizes import bytes_left, jpeg_size, jpeg_xr_size

_SEGMENT_HEADER_BYTES = 32
_NO_COMPRESSION, _JPEG, _LZW, _JPEG_XR, _ZSTD, _ZSTD_WITH_HEADER = 0, 1, 2, 4, 5, 6

# pixel type → dtype, samples a pixel (blue, green, red, alpha)
PIXEL_TYPES: dict[int, tuple[np.dtype[Any], int]] = {
    0: (np.dtype("<u1"), 1),
    1: (np.dtype("<u2"), 1),
    2: (np.dtype("<f4"), 1),
    3: (np.dtype("<u1"), 3),
    4: (np.dtype("<u2"), 3),
    8: (np.dtype("<f4"), 3),
    9: (np.dtype("<u1"), 4),
    12: (np.dtype("<i4"), 1),
    13: (np.dtype("<f8"), 1),
}
COMPRESSIONS = (_NO_COMPRESSION, _JPEG, _LZW, _JPEG_XR, _ZSTD, _ZSTD_WITH_HEADER)


MOST_BLOCKS = 100_000
"""Sub-blocks that a file may list: tiles × planes × channels × times, pyramid levels among them."""


class DamagedCzi(ValueError):
    """The segments of the file do not hold together."""


class TooManyBlocks(DamagedCzi):
    """The directory lists more sub-blocks than are read; `count` says how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} sub-blocks")
        self.count = count


@dataclass(frozen=True)
class SubBlock:
    """One rectangle of pixels of one channel and plane, as the directory lists it.

    start, size, stored_size : by axis letter (X, Y, C, Z, T, S, M, …).
    """

    pixel_type: int
    file_position: int
    file_part: int
    compression: int
    start: dict[str, int]
    size: dict[str, int]
    stored_size: dict[str, int]

    @property
    def is_full_resolution(self) -> bool:
        """Whether this is no level of the pyramid that ZEN stores for zooming."""
        return all(self.size.get(axis) == self.stored_size.get(axis) for axis in "XY")


@dataclass(frozen=True)
class CziHeader:
    directory_position: int
    metadata_position: int


def read_header(file: BinaryIO) -> CziHeader:
    _seek_segment(file, 0, b"ZISRAWFILE")
    fields = struct.unpack("<iiii16s16siqqiq", _exactly(file, 80))
    return CziHeader(directory_position=fields[7], metadata_position=fields[8])


def read_directory(file: BinaryIO, position: int) -> list[SubBlock]:
    """All sub-blocks of the file, pyramid levels among them."""
    _seek_segment(file, position, b"ZISRAWDIRECTORY")
    (count,) = struct.unpack("<i124x", _exactly(file, 128))
    if count > MOST_BLOCKS:
        raise TooManyBlocks(count)
    return [_read_entry(file) for _ in range(count)]


def read_metadata(file: BinaryIO, position: int) -> bytes:
    """The XML document of the file; empty where there is none."""
    if position <= 0:
        return b""
    _seek_segment(file, position, b"ZISRAWMETADATA")
    (xml_bytes,) = struct.unpack("<i252x", _exactly(file, 256))
    return _exactly(file, xml_bytes)


def read_pixels(file: BinaryIO, block: SubBlock) -> NDArray[Any]:
    """The pixels of a sub-block, (size Y, size X, samples), colour samples as red, green, blue."""
    _seek_segment(file, block.file_position, b"ZISRAWSUBBLOCK")
    data_start = file.tell()
    metadata_bytes, _, data_bytes = struct.unpack("<iiq", _exactly(file, 16))
    (dimensions,) = struct.unpack("<28xi", _exactly(file, 32))
    fixed_bytes = max(256, 16 + 32 + 20 * dimensions)
    file.seek(data_start + fixed_bytes + metadata_bytes)
    stored = _exactly(file, data_bytes)

    dtype, samples = PIXEL_TYPES[block.pixel_type]
    shape = (block.size["Y"], block.size["X"], samples)
    if block.compression in _IMAGE_DECODERS:
        decode, read_size = _IMAGE_DECODERS[block.compression]
        if read_size(stored) != shape[:2]:
            raise DamagedCzi("the size of the compressed pixels differs from the directory's")
        pixels = np.asarray(decode(stored))
        if pixels.size != shape[0] * shape[1] * samples or pixels.dtype.itemsize != dtype.itemsize:
            raise DamagedCzi("decoded size differs from the directory's")
        pixels = pixels.reshape(shape)
    else:
        pixels = np.frombuffer(_decode(stored, block.compression, shape, dtype), dtype=dtype).reshape(shape)
    if samples > 1 and block.compression not in _IMAGE_DECODERS:
        pixels = pixels[..., [2, 1, 0]]  # stored blue first
    return pixels[..., :3]


_IMAGE_DECODERS: dict[int, tuple[Callable[[bytes], Any], Callable[[bytes], tuple[int, int] | None]]] = {
    _JPEG: (imagecodecs.jpeg8_decode, jpeg_size),
    _JPEG_XR: (imagecodecs.jpegxr_decode, jpeg_xr_size),
}


def _decode(stored: bytes, compression: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    size = int(np.prod(shape)) * dtype.itemsize
    if compression == _NO_COMPRESSION:
        return stored[:size]
    if compression == _LZW:
        return bytes(imagecodecs.lzw_decode(stored, out=size))
    if compression == _ZSTD:
        return bytes(imagecodecs.zstd_decode(stored, out=size))
    if compression == _ZSTD_WITH_HEADER:
        header_bytes = stored[0]
        has_split_bytes = header_bytes >= 3 and stored[1] == 1 and bool(stored[2] & 1)
        unpacked = bytes(imagecodecs.zstd_decode(stored[header_bytes:], out=size))
        if not has_split_bytes:
            return unpacked
        # all low bytes first, then all high bytes
        return np.frombuffer(unpacked, np.uint8).reshape(2, -1).T.tobytes()
    raise DamagedCzi(f"unknown compression {compression}")


def _read_entry(file: BinaryIO) -> SubBlock:
    schema, pixel_type, file_position, file_part, compression, dimensions = struct.unpack(
        "<2siqii6xi", _exactly(file, 32)
    )
    if schema != b"DV" or not 0 < dimensions <= 32:
        raise DamagedCzi("not a directory entry")
    start: dict[str, int] = {}
    size: dict[str, int] = {}
    stored_size: dict[str, int] = {}
    for _ in range(dimensions):
        letter, first, extent, stored = struct.unpack("<4sii4xi", _exactly(file, 20))
        axis = letter.rstrip(b"\0").decode("ascii")
        start[axis], size[axis], stored_size[axis] = first, extent, stored or extent
    return SubBlock(pixel_type, file_position, file_part, compression, start, size, stored_size)


def _seek_segment(file: BinaryIO, position: int, kind: bytes) -> None:
    if position < 0:
        raise DamagedCzi("negative position")
    file.seek(position)
    if _exactly(file, _SEGMENT_HEADER_BYTES)[:16].rstrip(b"\0") != kind:
        raise DamagedCzi(f"no {kind.decode()} segment where one is expected")


def _exactly(file: BinaryIO, count: int) -> bytes:
    if count < 0:
        raise DamagedCzi("negative length")
    if count > bytes_left(file):  # before memory is taken for what is not there
        raise DamagedCzi("the file ends too early")
    content = file.read(count)
    if len(content) != count:
        raise DamagedCzi("the file ends too early")
    return content
