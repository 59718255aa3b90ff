"""What microscopes write into TIFF: ScanImage's order of pages, parts of a set, sizes in resolution tags."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from spines.errors import UnreadableImage
from spines.imaging import Projection, inspect_image, read_plane

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"

VERSION_3 = "\r".join(
    (
        "state.configName='x'",
        "state.software.version=3.8",
        "state.acq.numberOfChannelsSave={c}",
        "state.acq.numberOfZSlices={z}",
        "state.acq.numberOfFrames={f}",
        "state.acq.averaging=0",
        "state.acq.zStepSize=1.5",
        "",
    )
)
VERSION_5 = "\n".join(
    (
        "frameNumbers = 1",
        "scanimage.SI.VERSION_MAJOR = '5.2'",
        "scanimage.SI.hChannels.channelSave = [{ids}]",
        "scanimage.SI.hStackManager.numSlices = {z}",
        "scanimage.SI.hStackManager.framesPerSlice = {f}",
        "scanimage.SI.hStackManager.stackZStepSize = -1.5",
        "scanimage.SI.hRoiManager.imagingFovUm = [-32 -32;32 -32;32 32;-32 32]",
    )
)


def recorded(path: Path, header: str, *, pages: int, z: int, f: int, c: int) -> Path:
    """Page n holds the value n."""
    ids = ";".join(str(i + 1) for i in range(c))
    text = header.format(z=z, f=f, c=c, ids=ids)
    with tifffile.TiffWriter(path) as writer:
        for number in range(pages):
            page = np.full((64, 64), number, np.int16)
            writer.write(page, description=text, metadata=None, contiguous=False, software="SI.TIFF")
    return path


@pytest.mark.parametrize("header", [VERSION_3, VERSION_5])
@pytest.mark.parametrize(
    ("pages", "z", "f", "c", "expected"),
    [
        (8, 4, 1, 2, [[0, 2, 4, 6], [1, 3, 5, 7]]),
        (12, 3, 2, 2, [[0, 4, 8], [1, 5, 9]]),
        (5, 5, 1, 1, [[0, 1, 2, 3, 4]]),
        (12, 1, 6, 2, [[0], [1]]),  # one slice again and again: a time series, of which the first is read
        (7, 10, 1, 2, [[0, 2, 4], [1, 3, 5]]),  # stopped early
        (16, 4, 1, 2, [[0, 2, 4, 6], [1, 3, 5, 7]]),  # two volumes
    ],
)
def test_scanimage_pages_are_channels_and_planes(
    tmp_path: Path, header: str, pages: int, z: int, f: int, c: int, expected: list[list[int]]
) -> None:
    path = recorded(tmp_path / "si.tif", header, pages=pages, z=z, f=f, c=c)
    info = inspect_image(path, name="si.tif")
    assert (info.channels, info.planes) == (c, len(expected[0]))
    found = [
        [
            int(read_plane(path, name="si.tif", channel=channel, projection=Projection.PLANE, plane=plane)[0, 0])
            for plane in range(info.planes)
        ]
        for channel in range(info.channels)
    ]
    assert found == expected


def test_scanimage_states_the_field_and_the_step(tmp_path: Path) -> None:
    path = recorded(tmp_path / "si.tif", VERSION_5, pages=4, z=4, f=1, c=1)
    assert inspect_image(path, name="si.tif").pixel_size_um == pytest.approx(1.0)
    path = recorded(tmp_path / "si3.tif", VERSION_3, pages=4, z=4, f=1, c=1)
    info = inspect_image(path, name="si3.tif")
    assert (info.pixel_size_um, info.plane_spacing_um) == (None, 1.5)


def ome(path: Path, inside: str, *, attributes: str = "", **of_file: object) -> Path:
    """One OME-TIFF page of 64 × 64."""
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        f'UUID="urn:uuid:0">{inside}</OME>'
    ).replace("PIXELS", f'Pixels ID="Pixels:0" DimensionOrder="XYCZT" Type="uint8" SizeX="64" SizeY="64" {attributes}')
    tifffile.imwrite(path, np.zeros((64, 64), np.uint8), description=xml, metadata=None, **of_file)  # type: ignore[arg-type]
    return path


ONE = '<Image ID="Image:0"><PIXELS><Channel ID="c" SamplesPerPixel="1"/><TiffData IFD="0"/></Pixels></Image>'
SIZES = 'SizeC="1" SizeZ="1" SizeT="1"'


@pytest.mark.parametrize(("unit", "pixels_a_unit"), [("CENTIMETER", 100_000), ("INCH", 254_000)])
def test_ome_without_a_physical_size_has_that_of_the_resolution_tags(
    tmp_path: Path, unit: str, pixels_a_unit: int
) -> None:
    of_file = {"resolution": (pixels_a_unit, pixels_a_unit), "resolutionunit": unit}
    path = ome(tmp_path / "a.ome.tif", ONE, attributes=SIZES, **of_file)
    assert inspect_image(path, name="a.ome.tif").pixel_size_um == pytest.approx(0.1)
    stated = f'{SIZES} PhysicalSizeX="0.2" PhysicalSizeY="0.2"'
    path = ome(tmp_path / "b.ome.tif", ONE, attributes=stated, **of_file)
    assert inspect_image(path, name="b.ome.tif").pixel_size_um == pytest.approx(0.2)


BINARY_ONLY = '<BinaryOnly MetadataFile="set.companion.ome" UUID="urn:uuid:1"/>'
PRAIRIE = ONE.replace(
    '<TiffData IFD="0"/>',
    '<TiffData FirstZ="0" IFD="0"><UUID FileName="Z_Ch1_000001.ome.tif">urn:uuid:0</UUID></TiffData>'
    '<TiffData FirstZ="1" IFD="0"><UUID FileName="Z_Ch1_000002.ome.tif">urn:uuid:1</UUID></TiffData>',
)


@pytest.mark.parametrize("inside", [BINARY_ONLY, PRAIRIE])
def test_a_part_of_a_set_is_told_alike_in_both_forms(tmp_path: Path, inside: str) -> None:
    path = ome(tmp_path / "part.ome.tif", inside, attributes='SizeC="1" SizeZ="2" SizeT="1"')
    with pytest.raises(UnreadableImage, match="saved in several files, which lie in one folder"):
        inspect_image(path, name="part.ome.tif")


def case(name: str) -> Path:
    path = CASES / name
    if not path.is_file():
        pytest.skip("the cases lie outside of the repository")
    return path


@pytest.mark.parametrize("name", ["scanimage38_2ch4z.tif", "scanimage5_2ch4z.tif"])
def test_real_scanimage_headers(name: str) -> None:
    info = inspect_image(case(name), name=name)
    assert (info.channels, info.planes) == (2, 4)
    # neighbouring pixels of a dendrite are alike, those of noise are not
    alike = []
    for channel in range(2):
        plane = read_plane(case(name), name=name, channel=channel).astype(float)
        alike.append(float(np.corrcoef(plane[:, 1:].ravel(), plane[:, :-1].ravel())[0, 1]))
    assert alike[0] > 0.5 > alike[1]


def test_real_ome_files() -> None:
    path = case("ome_noPhys_cmtags.ome.tif")
    assert inspect_image(path, name=path.name).pixel_size_um == pytest.approx(0.1)
    for name in ("bruker_Ch1_000001.ome.tif", "binaryonly_part.ome.tif"):
        with pytest.raises(UnreadableImage, match="which lie in one folder"):
            inspect_image(case(name), name=name)
