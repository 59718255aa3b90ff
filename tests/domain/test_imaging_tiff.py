"""What TIFF can be: pixel types, layouts, axes, units, and stacks larger than memory."""

import io
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from spines.errors import UnreadableImage
from spines.imaging import Projection, ReadLimits, inspect_image, read_plane

RANDOM = np.random.default_rng(21)
STACK = RANDOM.integers(0, 4096, (4, 40, 56)).astype(np.uint16)
PLANE = STACK[0]


def write(path: Path, pixels: NDArray[Any], **options: Any) -> Path:
    tifffile.imwrite(path, pixels, **{"photometric": "minisblack", **options})
    return path


@pytest.mark.parametrize("dtype", ["u1", "u2", "u4", "i2", "f2", "f4", "f8"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_pixel_types(tmp_path: Path, dtype: str, byteorder: str) -> None:
    pixels = (PLANE % 200).astype(dtype)
    path = write(tmp_path / "stored", pixels, byteorder=byteorder)
    read = read_plane(path, name="cell")
    assert read.dtype == np.dtype(dtype)
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, pixels)
    assert inspect_image(path, name="cell").is_float == (dtype[0] == "f")


def test_black_and_white_become_0_and_255(tmp_path: Path) -> None:
    path = write(tmp_path / "stored", PLANE > 2000)
    assert inspect_image(path, name="cell").bit_depth == 1
    np.testing.assert_array_equal(read_plane(path, name="cell"), np.where(PLANE > 2000, 255, 0))


def test_white_is_zero_is_turned_round(tmp_path: Path) -> None:
    pixels = PLANE.astype(np.uint8)
    path = write(tmp_path / "stored", pixels, photometric="miniswhite")
    np.testing.assert_array_equal(read_plane(path, name="cell"), 255 - pixels)


def test_in_a_file_of_imagej_an_inverted_look_up_table_is_display(tmp_path: Path) -> None:
    pixels = PLANE.astype(np.uint8)
    path = write(tmp_path / "stored", pixels, photometric="miniswhite", description="ImageJ=1.54f\n", metadata=None)
    np.testing.assert_array_equal(read_plane(path, name="cell"), pixels)


@pytest.mark.parametrize(
    "options",
    [
        {"tile": (16, 16)},
        {"tile": (16, 16), "compression": "zlib", "predictor": True},
        {"compression": "lzw", "rowsperstrip": 7},
        {"compression": "zstd"},
        {"bigtiff": True},
        {"volumetric": True, "tile": (16, 16, 16)},
        {"metadata": None},
        {"imagej": True, "metadata": {"axes": "ZYX"}},
        {"imagej": True, "metadata": {"axes": "ZYX"}, "truncate": True},
    ],
    ids=lambda options: " ".join(str(key) for key in options),
)
def test_layouts_of_a_stack(tmp_path: Path, options: dict[str, Any]) -> None:
    path = write(tmp_path / "stored", STACK, **options)
    assert inspect_image(path, name="cell").planes == 4
    np.testing.assert_array_equal(read_plane(path, name="cell"), STACK.max(axis=0))
    single = read_plane(path, name="cell", projection=Projection.PLANE, plane=2)
    np.testing.assert_array_equal(single, STACK[2])


def test_the_first_time_point_is_read(tmp_path: Path) -> None:
    film = np.stack([STACK, STACK + 1])
    path = write(tmp_path / "stored", film, imagej=True, metadata={"axes": "TZYX"})
    assert inspect_image(path, name="cell").planes == 4
    np.testing.assert_array_equal(read_plane(path, name="cell"), STACK.max(axis=0))


def test_rgb_stacks(tmp_path: Path) -> None:
    colours = RANDOM.integers(0, 256, (4, 40, 56, 3)).astype(np.uint8)
    path = write(tmp_path / "stored", colours, photometric="rgb")
    info = inspect_image(path, name="cell")
    assert (info.planes, info.channel_names) == (4, ("Red", "Green", "Blue"))
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=1), colours[..., 1].max(axis=0))

    write(path, np.moveaxis(colours[0], -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(read_plane(path, name="cell", channel=2), colours[0, ..., 2])

    write(path, np.repeat(colours[..., :1], 3, axis=-1), photometric="rgb")
    info = inspect_image(path, name="cell")
    assert (info.channels, info.channel_names) == (1, ("Grey",))
    np.testing.assert_array_equal(read_plane(path, name="cell"), colours[..., 0].max(axis=0))


@pytest.mark.parametrize(
    ("options", "pixel_size_um"),
    [
        ({"resolution": (1e5, 1e5), "resolutionunit": "CENTIMETER"}, 0.1),
        ({"resolution": (254_000, 254_000), "resolutionunit": "INCH"}, 0.1),
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, None),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
        ({"resolution": (10, 10), "resolutionunit": "NONE"}, None),
        ({"resolution": (10, 10), "imagej": True, "metadata": {"unit": "micron"}}, 0.1),
        ({"resolution": (10, 10), "imagej": True, "metadata": {"unit": "um"}}, 0.1),
        ({"resolution": (10, 10), "imagej": True, "metadata": {"unit": "\\u00B5m"}}, 0.1),
        ({"resolution": (0.01, 0.01), "imagej": True, "metadata": {"unit": "nm"}}, 0.1),
        ({"resolution": (10, 10), "imagej": True, "metadata": {"unit": "pixel"}}, None),
        ({"ome": True, "metadata": {"PhysicalSizeX": 0.065, "PhysicalSizeY": 0.065}}, 0.065),
        (
            {
                "ome": True,
                "metadata": {
                    "PhysicalSizeX": 6.5e-5,
                    "PhysicalSizeXUnit": "mm",
                    "PhysicalSizeY": 65,
                    "PhysicalSizeYUnit": "nm",
                },
            },
            0.065,
        ),
        ({"ome": True, "metadata": {"PhysicalSizeX": 1, "PhysicalSizeXUnit": "pixel"}}, None),
        ({"ome": True, "metadata": {"PhysicalSizeX": 350, "PhysicalSizeY": 350}}, None),
    ],
)
def test_pixel_size(tmp_path: Path, options: dict[str, Any], pixel_size_um: float | None) -> None:
    path = write(tmp_path / "stored", PLANE, **options)
    assert inspect_image(path, name="cell").pixel_size_um == pixel_size_um


def test_pixels_that_are_not_square_have_no_size_and_say_why(tmp_path: Path) -> None:
    metadata = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.105}
    info = inspect_image(write(tmp_path / "stored", PLANE, ome=True, metadata=metadata), name="cell")
    assert info.pixel_size_um is None
    assert "not square" in info.pixel_size_note

    metadata = {"PhysicalSizeX": 0.1, "PhysicalSizeY": 0.1005}
    info = inspect_image(write(tmp_path / "stored", PLANE, ome=True, metadata=metadata), name="cell")
    assert (info.pixel_size_um, info.pixel_size_note) == (0.1, "")


def test_an_ome_tiff_cannot_name_a_file_beside_it(tmp_path: Path) -> None:
    secret = tmp_path / "secret.ome.tif"
    write(secret, STACK + 1, ome=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(secret) as tiff:
        described = tiff.ome_metadata or ""
    uuid = described.split('UUID="')[1].split('"')[0]
    stolen = described.replace("<TiffData", "<TiffData", 1).replace(
        'PlaneCount="4"/>', f'PlaneCount="4"><UUID FileName="secret.ome.tif">{uuid}</UUID></TiffData>'
    )
    stolen = stolen.replace(f'UUID="{uuid}"', 'UUID="urn:uuid:00000000-0000-0000-0000-000000000000"', 1)
    assert "FileName" in stolen
    path = tmp_path / "stored"
    tifffile.imwrite(path, PLANE, description=stolen.encode(), metadata=None)
    with pytest.raises(UnreadableImage, match="saved in several files"):
        read_plane(path, name="cell")

    # by its own identifier a file may name itself, whatever it is called now
    whole = described.replace(
        'PlaneCount="4"/>', f'PlaneCount="4"><UUID FileName="before.ome.tif">{uuid}</UUID></TiffData>'
    )
    tifffile.imwrite(path, STACK, description=whole.encode(), metadata=None, photometric="minisblack")
    np.testing.assert_array_equal(read_plane(path, name="cell"), STACK.max(axis=0))


def test_pixels_that_are_no_number_become_the_lowest(tmp_path: Path) -> None:
    pixels = np.array([[1, 2], [np.nan, np.inf]], dtype=np.float32)
    path = write(tmp_path / "stored", pixels)
    np.testing.assert_array_equal(read_plane(path, name="cell"), [[1, 2], [1, 1]])

    write(path, np.full((4, 4), np.nan, np.float32))
    with pytest.raises(UnreadableImage, match="without a single number"):
        read_plane(path, name="cell")


@pytest.mark.parametrize("projection", [Projection.MAX, Projection.MEAN])
def test_projecting_200_planes_holds_a_few(tmp_path: Path, projection: Projection) -> None:
    planes, side = 200, 256
    path = tmp_path / "stored"
    tifffile.imwrite(
        path,
        (np.full((side, side), number, np.uint16) for number in range(planes)),
        shape=(planes, side, side),
        dtype=np.uint16,
        compression="zlib",
        photometric="minisblack",
    )
    plane_bytes = side * side * 2
    read_plane(path, name="warm the imports up", projection=Projection.PLANE)
    tracemalloc.start()
    try:
        read = read_plane(path, name="stack", projection=projection)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read[0, 0] == (199 if projection is Projection.MAX else 99.5)
    # the pages' headers are small; the stack is 200 planes
    assert peak_bytes < 12 * plane_bytes


def test_limits_are_checked_before_pixels(tmp_path: Path) -> None:
    path = write(tmp_path / "stored", STACK)
    for limits, said in [
        (ReadLimits(max_side_px=50), "56 × 40 pixels"),
        (ReadLimits(max_plane_px=2000), "56 × 40 pixels"),
        (ReadLimits(max_planes=3), "4 planes"),
        (ReadLimits(max_file_bytes=100), "limit"),
    ]:
        with pytest.raises(UnreadableImage, match=said):
            inspect_image(path, name="stack", limits=limits)
        with pytest.raises(UnreadableImage, match=said):
            read_plane(path, name="stack", limits=limits)
    write(path, np.stack([STACK] * 3), metadata={"axes": "CZYX"})
    with pytest.raises(UnreadableImage, match="3 channels"):
        inspect_image(path, name="stack", limits=ReadLimits(max_channels=2))


def test_a_channel_or_plane_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "stored", STACK)
    with pytest.raises(UnreadableImage, match="no channel 2"):
        read_plane(path, name="stack", channel=1)
    with pytest.raises(UnreadableImage, match="no plane 5"):
        read_plane(path, name="stack", projection=Projection.PLANE, plane=4)


def test_a_list_of_pages_that_closes_on_itself_ends(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((150, 8, 8), np.uint8), photometric="minisblack", metadata=None)
    content = bytearray(buffer.getvalue())
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        start, target = tiff.pages[149].offset, tiff.pages[5].offset
    tags = int.from_bytes(content[start : start + 2], "little")
    content[start + 2 + 12 * tags : start + 6 + 12 * tags] = target.to_bytes(4, "little")
    path = tmp_path / "stored"
    path.write_bytes(content)
    with pytest.raises(UnreadableImage, match="damaged"):
        inspect_image(path, name="stack")
