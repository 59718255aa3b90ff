"""Every format: pixels come back exactly, projections are right, the pixel size is found."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from spines.errors import UnreadableImage
from spines.imaging import Projection, inspect_image, read_plane
from tests.domain.microscope_files import (
    build_czi,
    build_lif,
    build_lsm,
    build_nd2,
)
from tests.domain.olympus_files import build_oib, olympus_pages, olympus_settings

RANDOM = np.random.default_rng(20)
STACK = RANDOM.integers(0, 4096, (3, 4, 40, 56)).astype(np.uint16)  # channel, plane, Y, X
STACK8 = (STACK >> 4).astype(np.uint8)
COLOURS = RANDOM.integers(0, 256, (1, 2, 40, 56, 3)).astype(np.uint8)
DYES = ("GFP", "tdTomato", "DAPI")


def ome(stack: NDArray[Any]) -> bytes:
    metadata = {
        "axes": "CZYX",
        "PhysicalSizeX": 100,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.1,
        "PhysicalSizeZ": 0.5,
        "Channel": {"Name": list(DYES)},
    }
    return tiff(stack, ome=True, metadata=metadata)


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


FORMATS: dict[str, tuple[str, Callable[[NDArray[Any]], bytes]]] = {
    "ome-tiff": ("ome-tiff", ome),
    "imagej": (
        "tiff",
        lambda stack: tiff(
            np.moveaxis(stack, 0, 1),
            imagej=True,
            resolution=(10, 10),
            metadata={"axes": "ZCYX", "unit": "micron", "spacing": 0.5},
        ),
    ),
    "lsm": ("lsm", lambda stack: build_lsm(stack, pixel_size_um=0.1, plane_spacing_um=0.5)),
    "czi": ("czi", lambda stack: build_czi(stack, pixel_size_um=0.1, dyes=DYES)),
    "czi, zstd": ("czi", lambda stack: build_czi(stack, pixel_size_um=0.1, compression=5)),
    "czi, jpeg xr": ("czi", lambda stack: build_czi(stack, pixel_size_um=0.1, compression=4)),
    "czi, mosaic of two scenes": ("czi", lambda stack: build_czi(stack, pixel_size_um=0.1, tile_px=17, scenes=2)),
    "nd2": ("nd2", lambda stack: build_nd2(stack, pixel_size_um=0.1, dyes=DYES)),
    "nd2, compressed": ("nd2", lambda stack: build_nd2(stack, pixel_size_um=0.1, is_compressed=True)),
    "lif": ("lif", lambda stack: build_lif(stack, pixel_size_um=0.1, dyes=DYES)),
    "oib": ("oib", lambda stack: build_oib(stack, pixel_size_um=0.1, dyes=DYES)),
}


@pytest.mark.parametrize("stack", [STACK, STACK8], ids=["16 bit", "8 bit"])
@pytest.mark.parametrize("kind", FORMATS)
def test_pixels_and_projections_of_a_stack(tmp_path: Path, kind: str, stack: NDArray[Any]) -> None:
    image_format, build = FORMATS[kind]
    path = tmp_path / "stored"
    path.write_bytes(build(stack))

    info = inspect_image(path, name="cell 1")

    assert (info.format, info.channels, info.planes) == (image_format, 3, 4)
    assert (info.height_px, info.width_px) == (40, 56)
    assert info.pixel_size_um == pytest.approx(0.1)
    assert info.plane_spacing_um == pytest.approx(0.5)
    assert not info.is_float
    assert len(info.channel_names) == 3
    for channel in range(3):
        highest = read_plane(path, name="cell 1", channel=channel)
        assert highest.dtype == stack.dtype
        np.testing.assert_array_equal(highest, stack[channel].max(axis=0))
        mean = read_plane(path, name="cell 1", channel=channel, projection=Projection.MEAN)
        assert mean.dtype == np.float32
        np.testing.assert_allclose(mean, stack[channel].mean(axis=0), rtol=1e-6)
        for plane in range(4):
            single = read_plane(path, name="cell 1", channel=channel, projection=Projection.PLANE, plane=plane)
            np.testing.assert_array_equal(single, stack[channel, plane])


@pytest.mark.parametrize("kind", ["ome-tiff", "czi", "nd2", "lif", "oib"])
def test_dyes_name_the_channels(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "stored"
    path.write_bytes(FORMATS[kind][1](STACK))
    assert inspect_image(path, name="cell").channel_names == DYES


def test_czi_with_split_bytes_and_colours(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(build_czi(STACK, pixel_size_um=0.1, compression=6))
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=2), STACK[2].max(axis=0))

    path.write_bytes(build_czi(COLOURS, pixel_size_um=0.1, compression=5, tile_px=16))
    assert inspect_image(path, name="cell").channel_names == ("Red", "Green", "Blue")
    for sample in range(3):
        np.testing.assert_array_equal(
            read_plane(path, name="cell", channel=sample), COLOURS[0, ..., sample].max(axis=0)
        )


def test_a_lif_of_floats(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(build_lif(STACK.astype(np.float32), pixel_size_um=0.25))
    info = inspect_image(path, name="cell")
    assert (info.is_float, info.bit_depth, info.pixel_size_um) == (True, 32, 0.25)
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=1), STACK[1].max(axis=0))


def test_nd2_that_was_not_calibrated_has_no_pixel_size(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(build_nd2(STACK, pixel_size_um=None))
    info = inspect_image(path, name="cell")
    assert info.pixel_size_um is None
    assert info.bit_depth == 12


def test_oif_is_read_with_its_folder_and_refused_without(tmp_path: Path) -> None:
    path = tmp_path / "cell.oif"
    settings = olympus_settings(STACK, pixel_size_um=0.1, plane_spacing_um=0.5, dyes=DYES)
    path.write_bytes(b"\xff\xfe" + settings.encode("utf-16-le"))
    with pytest.raises(UnreadableImage, match="save it as OIB"):
        inspect_image(path, name="cell.oif")

    folder = tmp_path / "cell.oif.files"
    folder.mkdir()
    for name, content in olympus_pages(STACK).items():
        (folder / name).write_bytes(content)
    info = inspect_image(path, name="cell.oif")
    assert (info.format, info.planes, info.channel_names) == ("oif", 4, DYES)
    np.testing.assert_array_equal(read_plane(path, name="cell.oif", channel=1), STACK[1].max(axis=0))


def picture(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


GREY = STACK8[0, 0]


@pytest.mark.parametrize(
    ("content", "expected", "bit_depth"),
    [
        (picture(Image.fromarray(GREY), "PNG"), GREY, 8),
        (picture(Image.fromarray(STACK[0, 0]), "PNG"), STACK[0, 0], 16),
        (picture(Image.fromarray(GREY).convert("LA"), "PNG"), GREY, 8),
        (picture(Image.fromarray(GREY).convert("RGB"), "PNG"), GREY, 8),
        (picture(Image.fromarray(GREY).convert("RGBA"), "PNG"), GREY, 8),
        (picture(Image.fromarray(GREY).convert("P"), "PNG"), GREY, 8),
        (picture(Image.fromarray(GREY > 90), "PNG"), np.where(GREY > 90, 255, 0), 1),
    ],
    ids=["grey", "16 bit", "grey and alpha", "grey as RGB", "grey as RGBA", "palette", "black and white"],
)
def test_png_of_one_channel(tmp_path: Path, content: bytes, expected: NDArray[Any], bit_depth: int) -> None:
    path = tmp_path / "stored"
    path.write_bytes(content)
    info = inspect_image(path, name="cell")
    assert (info.format, info.channels, info.channel_names, info.bit_depth) == ("png", 1, ("Grey",), bit_depth)
    np.testing.assert_array_equal(read_plane(path, name="cell"), expected)


def test_colour_pictures_give_the_channels_that_show_something(tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(picture(Image.fromarray(COLOURS[0, 0]), "PNG"))
    assert inspect_image(path, name="cell").channel_names == ("Red", "Green", "Blue")
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=2), COLOURS[0, 0, ..., 2])

    green = np.zeros_like(COLOURS[0, 0])
    green[..., 1] = GREY
    path.write_bytes(picture(Image.fromarray(green), "PNG"))
    assert inspect_image(path, name="cell").channel_names == ("Green",)
    np.testing.assert_array_equal(read_plane(path, name="cell"), GREY)

    deep = RANDOM.integers(0, 2**16, (40, 56, 3)).astype(np.uint16)
    path.write_bytes(bytes(imagecodecs.png_encode(deep)))
    assert inspect_image(path, name="cell").bit_depth == 16
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=1), deep[..., 1])


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_of_one_channel(tmp_path: Path, mode: str) -> None:
    smooth = np.add.outer(np.arange(64), np.arange(48)).astype(np.uint8)
    path = tmp_path / "stored"
    path.write_bytes(picture(Image.fromarray(smooth).convert(mode), "JPEG", quality=95, dpi=(300, 300)))
    info = inspect_image(path, name="cell")
    assert (info.format, info.channels, info.pixel_size_um) == ("jpeg", 1, None)
    assert np.abs(read_plane(path, name="cell").astype(int) - smooth).max() <= 6


@pytest.mark.parametrize(("dots_per_inch", "pixel_size_um"), [(254_000, 0.1), (72, None), (96, None), (300, None)])
def test_only_a_microscopes_resolution_in_png_is_a_pixel_size(
    tmp_path: Path, dots_per_inch: int, pixel_size_um: float | None
) -> None:
    path = tmp_path / "stored"
    path.write_bytes(picture(Image.fromarray(GREY), "PNG", dpi=(dots_per_inch, dots_per_inch)))
    found = inspect_image(path, name="cell").pixel_size_um
    assert found == (pytest.approx(pixel_size_um, rel=1e-4) if pixel_size_um else None)
