"""Small files that state large sizes elsewhere than in their pages: refused before memory or time is taken."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from spines.errors import UnreadableImage
from spines.imaging import inspect_image, read_plane
from spines.imaging.readers import czi_blocks
from spines.imaging.readers.inner_sizes import jpeg_2000_size, jpeg_size, jpeg_xr_size
from tests.domain.microscope_files import build_czi
from tests.domain.test_imaging_recordings import ONE, ome

LARGE = np.zeros((3000, 2000), np.uint8)
SMALL = np.random.default_rng(0).integers(0, 255, (40, 48), dtype=np.uint8)
MOST_BYTES, MOST_S = 4_000_000, 2.0


@pytest.mark.parametrize(
    "xml",
    [
        ('SizeC="1" SizeZ="1" SizeT="100000000"', ONE),
        ('SizeC="1" SizeZ="10000" SizeT="10000"', ONE),
        ('SizeC="1" SizeZ="1" SizeT="1"', ONE.replace('IFD="0"', 'IFD="0" PlaneCount="100000000"')),
        ('SizeC="1" SizeZ="1" SizeT="1"', ONE.replace('Pixel="1"', 'Pixel="100000000"')),
        ("SizeC='1' SizeZ='1' SizeT = '99999999999999999999999999'", ONE),
    ],
    ids=["times", "planes by times", "plane count", "samples", "beyond a number"],
)
def test_ome_that_states_planes_without_end(tmp_path: Path, xml: tuple[str, str]) -> None:
    attributes, inside = xml
    refused_cheaply(ome(tmp_path / "x.ome.tif", inside, attributes=attributes), "the limit here is 262,144")


def refused_cheaply(path: Path, said: str) -> None:
    started = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableImage, match=said):
            read_plane(path, name=path.name)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak_bytes < MOST_BYTES
    assert time.process_time() - started < MOST_S


def strip_tiff(path: Path, data: bytes, compression: int, *, height: int = 40, width: int = 48) -> Path:
    """A page of one strip that holds `data`."""
    entries = [
        (256, width), (257, height), (258, 8), (259, compression), (262, 1), (273, 122), (277, 1), (278, height),
        (279, len(data)),
    ]  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + struct.pack("<I", 0) + data)
    assert path.stat().st_size == 122 + len(data)
    return path


INNER: dict[str, tuple[int, Callable[[Any], bytes]]] = {
    "jpeg": (7, lambda a: bytes(imagecodecs.jpeg8_encode(a))),
    "jpeg 2000": (34712, lambda a: bytes(imagecodecs.jpeg2k_encode(a))),
    "jpeg 2000, as Aperio numbers it": (33005, lambda a: bytes(imagecodecs.jpeg2k_encode(a, codecformat="j2k"))),
}


@pytest.mark.parametrize("kind", INNER)
def test_a_strip_larger_than_its_page_is_not_decoded(tmp_path: Path, kind: str) -> None:
    number, encode = INNER[kind]
    whole = strip_tiff(tmp_path / "whole.tif", encode(SMALL), number)
    assert read_plane(whole, name="whole.tif").shape == SMALL.shape
    refused_cheaply(strip_tiff(tmp_path / "bomb.tif", encode(LARGE), number), "damaged")
    refused_cheaply(strip_tiff(tmp_path / "none.tif", encode(SMALL)[:12], number), "damaged")
    if number == 7:  # bytes between segments, which a decoder skips, hide no size
        data = encode(LARGE)
        refused_cheaply(strip_tiff(tmp_path / "gap.tif", data[:2] + b"\0" + data[2:], number), "damaged")


@pytest.mark.parametrize(
    "compression", [34933, 50001, 50002, 34887, 22610], ids=["png", "webp", "jpeg xl", "lerc", "jpeg xr"]
)
def test_other_compressions_are_not_read(tmp_path: Path, compression: int) -> None:
    path = strip_tiff(tmp_path / "x.tif", b"\0" * 64, compression)
    with pytest.raises(UnreadableImage, match=r"compression that cannot be read \(\w+\): export it uncompressed"):
        inspect_image(path, name="x.tif")


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000", "lzw", "zlib", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_what_is_allowed_is_read(tmp_path: Path, compression: str, tile: tuple[int, int] | None) -> None:
    path = tmp_path / "x.tif"
    of_file: dict[str, Any] = {"tile": tile} if tile else {"rowsperstrip": 17}
    tifffile.imwrite(path, np.stack([SMALL, SMALL]), compression=compression, photometric="minisblack", **of_file)
    plane = read_plane(path, name="x.tif")
    assert np.abs(plane.astype(int) - SMALL).mean() < (30 if compression == "jpeg" else 0.01)


def test_inner_sizes() -> None:
    assert jpeg_size(bytes(imagecodecs.jpeg8_encode(SMALL))) == SMALL.shape
    assert jpeg_2000_size(bytes(imagecodecs.jpeg2k_encode(SMALL))) == SMALL.shape
    assert jpeg_xr_size(bytes(imagecodecs.jpegxr_encode(SMALL))) == SMALL.shape
    assert jpeg_xr_size(bytes(imagecodecs.jpegxr_encode(np.zeros((70_000, 16), np.uint8)))) == (70_000, 16)
    for read in (jpeg_size, jpeg_2000_size, jpeg_xr_size):
        assert read(b"") is None
        assert read(b"\xff\xd8\xff") is None


def test_a_directory_of_tiles_without_end_is_not_read(tmp_path: Path) -> None:
    data = bytearray(build_czi(SMALL[None, None], pixel_size_um=0.1))
    at = data.index(b"ZISRAWDIRECTORY") + 32
    data[at : at + 4] = struct.pack("<i", 300_000)
    path = tmp_path / "x.czi"
    path.write_bytes(data)
    refused_cheaply(path, f"lists 300,000 tiles, and the limit here is {czi_blocks.MOST_BLOCKS:,}")


@pytest.mark.parametrize("compression", [1, 4])
def test_a_czi_tile_larger_than_the_directory_says_is_not_decoded(tmp_path: Path, compression: int) -> None:
    encode = imagecodecs.jpeg8_encode if compression == 1 else imagecodecs.jpegxr_encode
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.domain.microscope_files._czi_compress", lambda _tile, _kind: encode(LARGE))
        data = build_czi(SMALL[None, None], pixel_size_um=0.1, compression=compression)
    (tmp_path / "x.czi").write_bytes(data)
    refused_cheaply(tmp_path / "x.czi", "damaged")
