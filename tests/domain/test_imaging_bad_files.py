"""Every bad file ends in UnreadableImage with one sentence that names the file, the fault and the remedy."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from celery.exceptions import SoftTimeLimitExceeded
from PIL import Image

from spines.errors import UnreadableImage
from spines.imaging import inspect_image, read_plane
from tests.domain.microscope_files import build_czi, build_lif, build_nd2
from tests.domain.olympus_files import build_oib

STACK = np.random.default_rng(3).integers(0, 4096, (2, 3, 40, 56)).astype(np.uint16)


def tiff(pixels: Any = STACK[0], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **{"photometric": "minisblack", **options})
    return buffer.getvalue()


def claiming_tiff(width: int, height: int, *, compression: int = 1, sample_format: int = 1) -> bytes:
    """A TIFF header that claims any size, compression and sample format over four bytes of pixels."""
    tags = [
        (256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, compression), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 4), (339, 3, sample_format),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", code, kind, 1, value) for code, kind, value in tags)
    return b"II*\0" + struct.pack("<I", 12) + b"\0\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def claiming_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray((STACK[0, 0] >> 4).astype(np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def png() -> bytes:
    return bytes(imagecodecs.png_encode((STACK[0, 0] >> 4).astype(np.uint8)))


def resized(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new)


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty"),
    "text": (b"animal,cell\n1,2\n", "a text file"),
    "binary nonsense": (bytes(range(256)) * 4, "unknown kind"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
    "ZIP": (b"PK\x03\x04\x14\0", "ZIP"),
    "SVG": (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    "HTML": (b"<!DOCTYPE html><html></html>", "a web page"),
    "GIF": (b"GIF89a\1\0\1\0", "GIF"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    "HDF5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
    "Office document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "OIB"),
    "MP4": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
    "QuickTime": (b"\0\0\0\x14ftypqt  \0\0\0\0", "a video"),
    "old QuickTime": (b"\0\0\0\x08wide\0\0\x10\0mdat", "a video"),
    "AVI": (b"RIFF\x10\0\0\0AVI LIST", "a video"),
    "Matroska": (b"\x1a\x45\xdf\xa3\x9f", "a video"),
    "TIFF of 100,000 × 100,000": (claiming_tiff(100_000, 100_000), "100,000 × 100,000"),
    "PNG of 100,000 × 100,000": (claiming_png(100_000, 100_000), "crop it or export it smaller"),
    "PNG of 30,000 × 4,100": (claiming_png(30_000, 4_100), "120 megapixels"),
    "PNG of 40,000 × 10": (claiming_png(40_000, 10), "40,000 × 10"),
    "TIFF of no pixels": (claiming_tiff(0, 0), "."),
    "TIFF compression": (claiming_tiff(2, 2, compression=34_999), "compression"),
    "complex TIFF": (tiff(STACK[0, 0].astype(np.complex64)), "complex64"),
    "TIFF header alone": (b"II*\0", "damaged"),
    "TIFF offset beyond its end": (b"II*\0\xff\xff\xff\x7f", "damaged"),
    "truncated TIFF": (tiff(metadata=None)[:9000], "damaged"),
    "truncated deflate TIFF": (tiff(compression="zlib")[:9000], "damaged"),
    "truncated ImageJ TIFF": (tiff(imagej=True, metadata={"axes": "ZYX"}, truncate=True)[:-100], "damaged"),
    "truncated PNG": (png()[:900], "damaged"),
    "truncated JPEG": (jpeg()[:700], "damaged"),
    "truncated CZI": (build_czi(STACK, pixel_size_um=0.1)[:-2000], "damaged"),
    "complex CZI": (build_czi(STACK, pixel_size_um=0.1, pixel_type=10), "no brightness"),
    "CZI compression": (build_czi(STACK, pixel_size_um=0.1, compression=100), "compression"),
    "truncated ND2": (build_nd2(STACK, pixel_size_um=0.1)[:-100], "damaged"),
    "truncated LIF": (build_lif(STACK, pixel_size_um=0.1)[:-100], "damaged"),
    "LIF header alone": (build_lif(STACK, pixel_size_um=0.1)[:200], "damaged"),
    "LIF of 900,000 columns": (
        resized(
            build_lif(STACK, pixel_size_um=0.1),
            'NumberOfElements="56"'.encode("utf-16-le"),
            'NumberOfElements="9000000"'.encode("utf-16-le"),
        ),
        ".",
    ),
    "truncated OIB": (build_oib(STACK, pixel_size_um=0.1, dyes=())[:-5000], "damaged"),
    "JPEG 2000 that is no ND2": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "ND2"),
}


def look_at(path: Path, name: str) -> None:
    """What an upload does. A file that is cut short may only show it when its pixels are read."""
    inspect_image(path, name=name)
    read_plane(path, name=name)


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_gets_a_sentence(tmp_path: Path, kind: str) -> None:
    content, said = BAD[kind]
    path = tmp_path / "stored"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage) as caught:
        look_at(path, "Zelle 1.tif")
    sentence = caught.value.sentence
    assert said in sentence
    assert sentence.startswith("“Zelle 1.tif” ")
    assert sentence.endswith(".")
    assert ": " in sentence  # what to do stands behind the colon
    with pytest.raises(UnreadableImage):
        read_plane(path, name="Zelle 1.tif")


def test_a_compound_document_that_runs_in_circles_ends(tmp_path: Path) -> None:
    content = bytearray(build_oib(STACK, pixel_size_um=0.1, dyes=()))
    # the first sector after the file's header is the allocation table; let its last link lead to itself
    table = np.frombuffer(content, dtype="<u4", count=128, offset=512).copy()
    linked = np.flatnonzero(table < 0xFFFFFFF0)
    table[linked[-1]] = linked[-1]
    content[512:1024] = table.tobytes()
    path = tmp_path / "stored"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match="damaged"):
        inspect_image(path, name="cell.oib")


@pytest.mark.parametrize("name", ["", "x" * 300 + ".tif", "../../etc/passwd", "細胞\n<b>.tif", "\x00\x1b[2J"])
def test_sentences_hold_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / "stored"
    path.write_bytes(b"no image")
    with pytest.raises(UnreadableImage) as caught:
        inspect_image(path, name=name)
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 300


def test_the_librarys_own_error_is_kept_behind_the_sentence(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(b"PNG".join([b"\x89", b"\r\n\x1a\n" + bytes(50)]))
    with pytest.raises(UnreadableImage) as caught:
        inspect_image(path, name="cell.png")
    assert caught.value.__cause__ is not None


def test_a_workers_time_limit_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out_of_time(*_: object, **__: object) -> None:
        raise SoftTimeLimitExceeded

    path = tmp_path / "stored"
    path.write_bytes(tiff())
    monkeypatch.setattr(tifffile, "TiffFile", run_out_of_time)
    with pytest.raises(SoftTimeLimitExceeded):
        read_plane(path, name="cell.tif")


def test_a_missing_file_is_the_programs_fault_not_the_users(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect_image(tmp_path / "nowhere", name="cell.tif")
