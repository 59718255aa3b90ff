"""Whatever is cut off a file or flipped in it: a picture comes out, or UnreadableImage, nothing else."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from spines.errors import UnreadableImage
from spines.imaging import Projection, ReadLimits, inspect_image, read_plane
from tests.domain.microscope_files import build_czi, build_lif, build_lsm, build_nd2
from tests.domain.olympus_files import build_oib

STACK = np.random.default_rng(5).integers(0, 4096, (3, 4, 24, 32)).astype(np.uint16)
SMALL = ReadLimits(max_side_px=4096, max_plane_px=2_000_000, max_planes=64, max_channels=16)


def tiff(**options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, STACK[0], photometric="minisblack", **options)
    return buffer.getvalue()


def photograph(image_format: str) -> bytes:
    buffer = io.BytesIO()
    colours = np.random.default_rng(6).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    Image.fromarray(colours).save(buffer, image_format)
    return buffer.getvalue()


WHOLE: dict[str, Callable[[], bytes]] = {
    "tiff": lambda: tiff(metadata=None),
    "tiff, deflate": lambda: tiff(compression="zlib", predictor=True, tile=(16, 16)),
    "ome-tiff": lambda: tiff(ome=True, metadata={"axes": "ZYX", "PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1}),
    "imagej": lambda: tiff(imagej=True, metadata={"axes": "ZYX", "unit": "um"}),
    "lsm": lambda: build_lsm(STACK, pixel_size_um=0.1, plane_spacing_um=0.5),
    "czi": lambda: build_czi(STACK, pixel_size_um=0.1),
    "czi, zstd": lambda: build_czi(STACK, pixel_size_um=0.1, compression=6),
    "nd2": lambda: build_nd2(STACK, pixel_size_um=0.1),
    "nd2, compressed": lambda: build_nd2(STACK, pixel_size_um=0.1, is_compressed=True),
    "lif": lambda: build_lif(STACK, pixel_size_um=0.1),
    "oib": lambda: build_oib(STACK, pixel_size_um=0.1, dyes=()),
    "png": lambda: photograph("PNG"),
    "jpeg": lambda: photograph("JPEG"),
}
ROUNDS = 40


def damage(whole: bytes, random: np.random.Generator) -> bytes:
    """Cut the end off, or change one to eight bytes, more often near the start and end where headers are."""
    if random.random() < 0.3:
        return whole[: random.integers(1, len(whole))]
    content = bytearray(whole)
    for _ in range(random.integers(1, 9)):
        reach = int(random.choice([64, 1024, len(content)]))
        at = int(random.integers(0, min(reach, len(content))))
        place = at if random.random() < 0.7 else len(content) - 1 - at
        content[place] = random.choice([0, 0xFF, content[place] ^ (1 << int(random.integers(0, 8)))])
    return bytes(content)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", WHOLE)
def test_damage_never_gets_past_the_sentence(tmp_path: Path, kind: str) -> None:
    whole = WHOLE[kind]()
    random = np.random.default_rng(sum(kind.encode()))
    path = tmp_path / "stored"
    refused: list[str] = []
    for _ in range(ROUNDS):
        path.write_bytes(damage(whole, random))
        try:
            info = inspect_image(path, name="cell", limits=SMALL)
            plane = read_plane(path, name="cell", projection=Projection.MAX, limits=SMALL)
        except UnreadableImage as error:
            refused.append(error.sentence)
            continue
        assert plane.shape == (info.height_px, info.width_px)
        assert np.isfinite(plane).all()
    assert refused
    assert all(sentence.endswith(".") for sentence in refused)
