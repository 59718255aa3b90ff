"""Positions and time points of a file are told apart from planes and channels, in every format that has them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import liffile
import nd2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from spines.errors import UnreadableImage
from spines.imaging import FIRST, PageOrder, Place, Projection, inspect_image, read_plane
from tests.domain.microscope_files import build_czi, build_lif, build_nd2

RANDOM = np.random.default_rng(13)
SERIES = RANDOM.integers(0, 4000, (2, 5, 3, 2, 24, 32)).astype(np.uint16)  # position, time, plane, channel, Y, X


def seen(path: Path, at: Place) -> NDArray[Any]:
    """All planes at a place, (channel, plane, Y, X)."""
    info = inspect_image(path, name="cell", at=at)
    return np.stack(
        [
            [
                read_plane(path, name="cell", channel=c, projection=Projection.PLANE, plane=z, at=at)
                for z in range(info.planes)
            ]
            for c in range(info.channels)
        ]
    )


def test_ome_tiff_of_an_independent_writer(tmp_path: Path) -> None:
    path = tmp_path / "cell.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for position, series in enumerate(SERIES):
            size = 0.1 * (position + 1)
            said = {"Name": f"dish {position + 1}", "PhysicalSizeX": size, "PhysicalSizeY": size, "PhysicalSizeZ": 0.7}
            writer.write(series, photometric="minisblack", metadata={"axes": "TZCYX", **said})
    info = inspect_image(path, name="cell")
    assert (info.position_names, info.times, info.planes, info.channels) == (("dish 1", "dish 2"), 5, 3, 2)
    assert (info.pixel_size_um, info.plane_spacing_um, info.tells_pages, info.takes_page_order) == (
        0.1,
        0.7,
        True,
        False,
    )
    assert inspect_image(path, name="cell", at=Place(position=1)).pixel_size_um == 0.2
    np.testing.assert_array_equal(seen(path, Place(position=1, time=3)), SERIES[1, 3].swapaxes(0, 1))
    for at, what in ((Place(position=2), "position 3: choose one of its 2"), (Place(time=5), "time point 6")):
        with pytest.raises(UnreadableImage, match=what):
            inspect_image(path, name="cell", at=at)


def test_imagej_frames_are_times_unless_a_person_says_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "cell.tif"
    told = {"axes": "TZCYX", "unit": "um", "spacing": 0.5}
    tifffile.imwrite(path, SERIES[0], imagej=True, resolution=(10, 10), metadata=told)
    info = inspect_image(path, name="cell")
    assert (info.times, info.planes, info.channels, info.plane_spacing_um) == (5, 3, 2, 0.5)
    assert (info.tells_pages, info.takes_page_order) == (True, True)
    np.testing.assert_array_equal(seen(path, Place(time=4)), SERIES[0, 4].swapaxes(0, 1))
    # a stack that was saved as frames
    stack = Place(pages=PageOrder(channels=2, times=1))
    np.testing.assert_array_equal(seen(path, stack), SERIES[0].reshape(15, 2, 24, 32).swapaxes(0, 1))


def test_pages_of_which_nothing_is_said_are_planes_and_that_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cell.tif"
    pages = SERIES[0].reshape(30, 24, 32)
    with tifffile.TiffWriter(path) as writer:
        for page in pages:
            writer.write(page, metadata=None, contiguous=False)
    info = inspect_image(path, name="cell")
    assert (info.tells_pages, info.takes_page_order, info.planes, info.channels, info.times) == (False, True, 30, 1, 1)
    np.testing.assert_array_equal(seen(path, FIRST)[0], pages)
    said = Place(time=2, pages=PageOrder(channels=2, times=5))
    np.testing.assert_array_equal(seen(path, said), SERIES[0, 2].swapaxes(0, 1))
    with pytest.raises(UnreadableImage, match="30 pages, which are not 4 channels at 1 time point"):
        inspect_image(path, name="cell", at=Place(pages=PageOrder(channels=4)))
    tifffile.imwrite(path, pages[0])
    assert inspect_image(path, name="cell").tells_pages


def test_czi_scenes_and_times(tmp_path: Path) -> None:
    path = tmp_path / "cell.czi"
    stack = SERIES[0, 0].swapaxes(0, 1)
    path.write_bytes(build_czi(stack, pixel_size_um=0.1, tile_px=17, scenes=2, times=3))
    info = inspect_image(path, name="cell")
    assert (len(info.position_names), info.times, info.planes, info.channels) == (2, 3, 3, 2)
    np.testing.assert_array_equal(seen(path, Place(time=2)), stack + 2)
    assert not seen(path, Place(position=1)).any()


XZ_SCAN = (
    '<Element Name="section" UniqueID="s"><Data><Image><ImageDescription><Channels><ChannelDescription DataType="0" '
    'ChannelTag="0" Resolution="8" NameOfMeasuredQuantity="" Min="0" Max="255" Unit="" LUTName="Green" '
    'IsLUTInverted="0" BytesInc="0" BitInc="0"/></Channels><Dimensions>'
    '<DimensionDescription DimID="1" NumberOfElements="4" Origin="0" Length="1" Unit="m" BytesInc="1" BitInc="0"/>'
    '<DimensionDescription DimID="3" NumberOfElements="4" Origin="0" Length="1" Unit="m" BytesInc="4" BitInc="0"/>'
    '</Dimensions></ImageDescription></Image></Data><Memory Size="0" MemoryBlockID="MemBlock_0"/></Element>'
)


@pytest.mark.parametrize(("further", "at"), [(4, Place(time=1)), (10, Place(position=1))])
def test_lif_leaves_a_section_out_and_tells_times_and_tiles(tmp_path: Path, further: int, at: Place) -> None:
    path = tmp_path / "project.lif"
    stack = SERIES[0, 0].swapaxes(0, 1)
    path.write_bytes(build_lif(stack, pixel_size_um=0.1, before=XZ_SCAN, further=further))
    info = inspect_image(path, name="project")
    assert (info.times, len(info.position_names)) == ((2, 1) if further == 4 else (1, 2))
    assert "Series001" in info.position_names[0]
    np.testing.assert_array_equal(seen(path, at), stack + 1)
    with liffile.LifFile(path) as independent:
        picture = next(image for image in independent.images if image.name == "Series001")
        assert picture.dims == ("T" if further == 4 else "M", "C", "Z", "Y", "X")
        np.testing.assert_array_equal(seen(path, at), picture.asarray()[1])


def test_nd2_positions_and_times(tmp_path: Path) -> None:
    path = tmp_path / "cell.nd2"
    path.write_bytes(build_nd2(SERIES[:, :2].swapaxes(2, 3), pixel_size_um=0.1))
    info = inspect_image(path, name="cell")
    assert (info.position_names, info.times, info.planes, info.channels) == (("A1", "A2"), 2, 3, 2)
    for position, time in ((0, 1), (1, 0)):
        np.testing.assert_array_equal(
            seen(path, Place(position=position, time=time)), SERIES[position, time].swapaxes(0, 1)
        )
    with nd2.ND2File(path) as independent:
        assert list(independent.sizes)[:3] == ["T", "P", "Z"]
        np.testing.assert_array_equal(seen(path, Place(position=1)), independent.asarray()[0, 1].swapaxes(0, 1))


def recording(*, companion: bool) -> dict[str, bytes]:
    """A folder as Bruker writes it: 2 channels × 3 planes at 2 times, one page a file; or with a companion."""
    files, said = {}, []
    places = [(t, c, z) for t in range(2) for c in range(2) for z in range(3)]
    for number, (t, c, z) in enumerate(places):
        name = f"Z-001_Cycle{t + 1:05}_Ch{c + 1}_{z + 1:06}.ome.tif"
        said.append(
            f'<TiffData FirstC="{c}" FirstT="{t}" FirstZ="{z}" IFD="0" PlaneCount="1">'
            f'<UUID FileName="{name}">urn:uuid:{number}</UUID></TiffData>'
        )
        files[name] = SERIES[0, t, z, c]
    whole = (
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2011-06" UUID="urn:uuid:0">'
        '<Image ID="Image:0" Name="Z-001"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" '
        'SizeX="32" SizeY="24" SizeZ="3" SizeC="2" SizeT="2" '
        f'PhysicalSizeX="0.115" PhysicalSizeY="0.115" PhysicalSizeZ="1">{"".join(said)}</Pixels></Image></OME>'
    )
    only = whole[: whole.index("<Image")] + '<BinaryOnly MetadataFile="x.companion.ome" UUID="urn:uuid:9"/></OME>'
    made = {}
    for number, (name, page) in enumerate(files.items()):
        buffer = io.BytesIO()
        xml = whole if number == 0 and not companion else only
        tifffile.imwrite(buffer, page, description='<?xml version="1.0" encoding="UTF-8"?>' + xml, metadata=None)
        made[name] = buffer.getvalue()
    return made | ({"x.companion.ome": whole.encode()} if companion else {})


def zipped(path: Path, files: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(f"folder/{name}", content)
    return path


@pytest.mark.parametrize("companion", [False, True])
def test_a_folder_of_files_is_one_image(tmp_path: Path, companion: bool) -> None:
    files = recording(companion=companion)
    path = zipped(tmp_path / "Z-001.zip", files)
    info = inspect_image(path, name="Z-001.zip")
    assert (info.format, info.channels, info.planes, info.times) == ("ome-tiff set", 2, 3, 2)
    assert (info.pixel_size_um, info.plane_spacing_um) == (0.115, 1.0)
    for time in range(2):
        np.testing.assert_array_equal(seen(path, Place(time=time)), SERIES[0, time].swapaxes(0, 1))
    missing = "Z-001_Cycle00001_Ch2_000002.ome.tif"
    path = zipped(tmp_path / "part.zip", {name: content for name, content in files.items() if name != missing})
    with pytest.raises(UnreadableImage, match=f"lacks 1 of the 6 files of its image, among them “{missing}”"):
        inspect_image(path, name="part.zip")


def test_other_archives_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="ZIP archive without TIFF files"):
        inspect_image(zipped(tmp_path / "a.zip", {"word/document.xml": b"<x/>"}), name="a.docx")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, SERIES[0, 0, 0, 0])
    with pytest.raises(UnreadableImage, match="do not say how they belong together"):
        inspect_image(zipped(tmp_path / "b.zip", {"a.tif": buffer.getvalue()}), name="b.zip")
    content = bytearray(zipped(tmp_path / "c.zip", recording(companion=False)).read_bytes())
    content[len(content) // 2 :] = b""
    (tmp_path / "c.zip").write_bytes(content)
    with pytest.raises(UnreadableImage, match=r"damaged|cut off"):
        inspect_image(tmp_path / "c.zip", name="c.zip")
