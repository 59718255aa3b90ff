"""Small files in the microscopes' own formats, written from their published layouts, for tests.

Every builder takes pixels as (channel, plane, Y, X) and gives the bytes of a file.
"""

import io
import itertools
import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

Stack = NDArray[Any]


def build_lsm(stack: Stack, *, pixel_size_um: float, plane_spacing_um: float) -> bytes:
    """Zeiss LSM: a TIFF whose pages alternate with thumbnails, channels as planar samples.

    Not with two channels: there real LSM files break a rule of TIFF, which this writer cannot.
    """
    channels, planes, height, width = stack.shape
    info = np.zeros(1, np.dtype([(name or "reserved", kind) for name, kind in tifffile.TIFF.CZ_LSMINFO]))
    info["MagicNumber"], info["StructureSize"] = 0x00400494C, info.itemsize
    info["DimensionX"], info["DimensionY"], info["DimensionZ"] = width, height, planes
    info["DimensionChannels"], info["DimensionTime"] = channels, 1
    info["DataType"] = 1 if stack.dtype == np.uint8 else 2
    info["VoxelSizeX"] = info["VoxelSizeY"] = pixel_size_um * 1e-6
    info["VoxelSizeZ"] = plane_spacing_um * 1e-6
    buffer = io.BytesIO()
    layout: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
    if channels > 1:
        layout["planarconfig"] = "separate"
    with tifffile.TiffWriter(buffer) as writer:
        for plane in range(planes):
            lsm_tag = [(34412, "B", info.itemsize, info.tobytes(), True)] if plane == 0 else []
            writer.write(np.squeeze(stack[:, plane]), extratags=lsm_tag, **layout)
            writer.write(np.squeeze(np.zeros((channels, 8, 8), np.uint8)), subfiletype=1, **layout)
    return buffer.getvalue()


def build_lif(
    stack: Stack,
    *,
    pixel_size_um: float,
    plane_spacing_um: float = 0.5,
    dyes: tuple[str, ...] = (),
    before: str = "",
    further: int | None = None,
) -> bytes:
    """Leica LIF version 2 with one picture.

    `before` is XML of elements before it, `further` the DimID of a dimension along which the picture lies twice (4:
    times, 10: tiles), the second time brighter by 1.
    """
    channels, planes, height, width = stack.shape
    one_bytes = stack.nbytes
    if further:
        stack = np.stack([stack, stack + stack.dtype.type(1)])
    item = stack.dtype.itemsize
    steps = {1: item, 2: item * width, 3: item * width * height}
    channel_step = item * width * height * planes
    # a dimension's length runs from the centre of its first pixel to that of its last
    sizes = {1: (width, pixel_size_um), 2: (height, pixel_size_um), 3: (planes, plane_spacing_um)}
    dimensions = "".join(
        f'<DimensionDescription DimID="{axis}" NumberOfElements="{size}" Origin="0" '
        f'Length="{(size - 1) * step_um * 1e-6!r}" Unit="m" BytesInc="{steps[axis]}" BitInc="0"/>'
        for axis, (size, step_um) in sizes.items()
    )
    if further:
        dimensions += (
            f'<DimensionDescription DimID="{further}" NumberOfElements="2" Origin="0" Length="1" Unit="s" '
            f'BytesInc="{one_bytes}" BitInc="0"/>'
        )
    kind = 1 if stack.dtype.kind == "f" else 0
    described = "".join(
        f'<ChannelDescription DataType="{kind}" ChannelTag="0" Resolution="{item * 8}" '
        f'NameOfMeasuredQuantity="" Min="0" Max="255" Unit="" LUTName="Green" IsLUTInverted="0" '
        f'BytesInc="{channel * channel_step}" BitInc="0">'
        + (f"<ChannelProperty><Key>DyeName</Key><Value>{dyes[channel]}</Value></ChannelProperty>" if dyes else "")
        + "</ChannelDescription>"
        for channel in range(channels)
    )
    xml = (
        '<LMSDataContainerHeader Version="2"><Element Name="project" UniqueID="u"><Children>'
        + before
        + '<Element Name="Series001" UniqueID="v"><Data><Image><ImageDescription>'
        f"<Channels>{described}</Channels><Dimensions>{dimensions}</Dimensions>"
        f'</ImageDescription></Image></Data><Memory Size="{stack.nbytes}" MemoryBlockID="MemBlock_1"/>'
        "</Element></Children></Element></LMSDataContainerHeader>"
    )
    text = xml.encode("utf-16-le")
    header = struct.pack("<IIBI", 0x70, len(text) + 5, 0x2A, len(xml)) + text
    block_name = "MemBlock_1"
    block = struct.pack(
        "<IIBQBI", 0x70, 14 + 2 * len(block_name), 0x2A, stack.nbytes, 0x2A, len(block_name)
    ) + block_name.encode("utf-16-le")
    return header + block + np.ascontiguousarray(stack).tobytes()


_CZI_PIXEL_TYPES = {("uint8", 1): 0, ("uint16", 1): 1, ("float32", 1): 2, ("uint8", 3): 3, ("uint16", 3): 4}


def build_czi(
    stack: Stack,
    *,
    pixel_size_um: float,
    plane_spacing_um: float = 0.5,
    dyes: tuple[str, ...] = (),
    compression: int = 0,
    tile_px: int | None = None,
    scenes: int = 1,
    times: int = 1,
    pixel_type: int | None = None,
) -> bytes:
    """Zeiss CZI with one sub-block a tile, and one pyramid level that must not be read.

    stack may be (channel, plane, Y, X, 3) for red, green, blue. Further scenes lie beside the first, zeroed;
    further time points are brighter by their number.
    """
    channels, planes, height, width = stack.shape[:4]
    samples = stack.shape[4] if stack.ndim == 5 else 1
    kind = _CZI_PIXEL_TYPES[stack.dtype.name, samples] if pixel_type is None else pixel_type
    side = tile_px or max(height, width)
    subblocks: list[bytes] = []
    entries: list[tuple[bytes, int]] = []  # entry without position, index of its sub-block

    def add(tile: Stack, axes: list[tuple[bytes, int, int, int]]) -> None:
        dimensions = b"".join(
            struct.pack("<4siifi", axis, start, size, 0.0, stored) for axis, start, size, stored in axes
        )
        entry = struct.pack("<2siqiiB5si", b"DV", kind, 0, 0, compression, 0, b"", len(axes)) + dimensions
        pixels = _czi_compress(tile[..., ::-1] if samples > 1 else tile, compression)
        body = struct.pack("<iiq", 0, 0, len(pixels)) + entry
        subblocks.append(body.ljust(256, b"\0") + pixels)
        entries.append((entry, len(subblocks) - 1))

    for scene, time in itertools.product(range(scenes), range(times)):
        for channel in range(channels):
            for plane in range(planes):
                for number, (y, x) in enumerate((y, x) for y in range(0, height, side) for x in range(0, width, side)):
                    tile = stack[channel, plane, y : y + side, x : x + side]
                    shown = tile + tile.dtype.type(time) if scene == 0 else np.zeros_like(tile)
                    rows, columns = tile.shape[:2]
                    left = 1000 + x + scene * 2 * width
                    axes = [(b"X", left, columns, columns), (b"Y", 500 + y, rows, rows), (b"C", channel, 1, 1)]
                    axes += [(b"Z", plane, 1, 1), (b"T", time, 1, 1), (b"S", scene, 1, 1), (b"M", number, 1, 1)]
                    add(shown, axes)
    small = np.full_like(stack[0, 0, ::2, ::2], 255)
    pyramid = [(b"X", 1000, width, small.shape[1]), (b"Y", 500, height, small.shape[0])]
    add(small, [*pyramid, (b"C", 0, 1, 1), (b"Z", 0, 1, 1), (b"T", 0, 1, 1), (b"S", 0, 1, 1), (b"M", 0, 1, 1)])

    names = "".join(f'<Channel Id="Channel:{i}" Name="{dye}"/>' for i, dye in enumerate(dyes))
    distances = "".join(
        f'<Distance Id="{axis}"><Value>{um * 1e-6!r}</Value></Distance>'
        for axis, um in zip("XYZ", (pixel_size_um, pixel_size_um, plane_spacing_um), strict=True)
    )
    xml = (
        "<ImageDocument><Metadata><Information><Image><Dimensions><Channels>"
        f"{names}</Channels></Dimensions></Image></Information>"
        f"<Scaling><Items>{distances}</Items></Scaling></Metadata></ImageDocument>"
    ).encode()

    content = bytearray(32 + 512)
    positions = []
    for subblock in subblocks:
        positions.append(len(content))
        content += _czi_segment(b"ZISRAWSUBBLOCK", subblock)
    directory_position = len(content)
    listed = b"".join(entry[:6] + struct.pack("<q", positions[index]) + entry[14:] for entry, index in entries)
    content += _czi_segment(b"ZISRAWDIRECTORY", struct.pack("<i124x", len(entries)) + listed)
    metadata_position = len(content)
    content += _czi_segment(b"ZISRAWMETADATA", struct.pack("<ii248x", len(xml), 0) + xml)
    header = struct.pack(
        "<iiii16s16siqqiq", 1, 0, 0, 0, b"g" * 16, b"g" * 16, 0, directory_position, metadata_position, 0, 0
    )
    content[: 32 + 512] = struct.pack("<16sqq", b"ZISRAWFILE", 512, 512) + header.ljust(512, b"\0")
    return bytes(content)


def _czi_segment(kind: bytes, body: bytes) -> bytes:
    padded = body.ljust(-(-len(body) // 32) * 32, b"\0")
    return struct.pack("<16sqq", kind, len(padded), len(body)) + padded


def _czi_compress(tile: Stack, compression: int) -> bytes:
    raw = np.ascontiguousarray(tile).tobytes()
    if compression == 4:
        return bytes(imagecodecs.jpegxr_encode(np.ascontiguousarray(tile), level=1.0))
    if compression == 5:
        return bytes(imagecodecs.zstd_encode(raw))
    if compression == 6:
        split = np.frombuffer(raw, np.uint8).reshape(-1, 2).T.tobytes()
        return b"\x03\x01\x01" + bytes(imagecodecs.zstd_encode(split))
    return raw


def build_nd2(
    stack: Stack,
    *,
    pixel_size_um: float | None,
    plane_spacing_um: float = 0.5,
    dyes: tuple[str, ...] = (),
    is_compressed: bool = False,
) -> bytes:
    """Nikon ND2 version 3: named chunks, a map of them at the end, metadata in CLX lite variants.

    stack may be (position, time, channel, plane, Y, X): frames run over time, then position, then plane.
    """
    series = stack.reshape((1,) * (6 - stack.ndim) + stack.shape)
    positions, times, channels, planes, height, width = series.shape
    frames = series.transpose(1, 0, 3, 4, 5, 2).reshape(-1, height, width, channels)
    item = stack.dtype.itemsize
    attributes = {
        "uiWidth": width,
        "uiWidthBytes": width * item * channels,
        "uiHeight": height,
        "uiComp": channels,
        "uiBpcInMemory": item * 8,
        "uiBpcSignificant": 12 if item == 2 else item * 8,
        "uiSequenceCount": len(frames),
        "eCompression": 0 if is_compressed else 2,
    }
    point = {"eType": 4, "dWavelength": 488.0, "dTValue": 1.0}
    spectrum = {"uiCount": 1, "pPoint": {"Point0": point}}
    probe = {"m_ExcitationSpectrum": spectrum, "m_EmissionSpectrum": spectrum}
    described = {
        f"a{i}": {"sDescription": dyes[i] if dyes else f"dye {i}", "uiCompCount": 1, "pFluorescentProbe": probe}
        for i in range(channels)
    }
    picture = {
        "bCalibrated": pixel_size_um is not None,
        "dCalibration": pixel_size_um or 1.0,
        "sPicturePlanes": {"uiCount": channels, "sPlaneNew": described},
    }
    loop = {"uiCount": planes, "dZStep": plane_spacing_um, "dZLow": 0.0, "dZHigh": planes * plane_spacing_um}
    experiment: dict[str, Any] = {"eType": 4, "uLoopPars": loop}
    if positions > 1:
        points = {
            f"p{i}": {"dPosX": 1.0 * i, "dPosY": 0.0, "dPosZ": 0.0, "dPosName": f"A{i + 1}"} for i in range(positions)
        }
        outer = {"uiCount": positions, "Points": points}
        experiment = {"eType": 2, "uLoopPars": outer, "ppNextLevelEx": {"next": experiment}}
    if times > 1:
        period = {"uiCount": times, "dStart": 0.0, "dPeriod": 1.0, "dDuration": 1.0 * times}
        experiment = {"eType": 1, "uLoopPars": period, "ppNextLevelEx": {"next": experiment}}
    chunks = {
        b"ImageAttributesLV!": _clx("SLxImageAttributes", attributes),
        b"ImageMetadataSeqLV|0!": _clx("SLxPictureMetadata", picture),
        b"ImageMetadataLV!": _clx("SLxExperiment", experiment),
    }
    for number, pixels in enumerate(frames):
        frame = np.ascontiguousarray(pixels).tobytes()
        stored = zlib.compress(frame) if is_compressed else frame
        chunks[f"ImageDataSeq|{number}!".encode()] = struct.pack("<d", 0.0) + stored

    signature = b"Ver3.0".ljust(64, b"\0")
    content = bytearray(struct.pack("<IIQ", 0x0ABECEDA, 32, 64) + b"ND2 FILE SIGNATURE CHUNK NAME01!" + signature)
    content += bytes(4096 - len(content))
    listed = b""
    for name, body in chunks.items():
        listed += name + struct.pack("<QQ", len(content), len(body))
        content += _nd2_chunk(name, body)
    map_position = len(content)
    end = b"ND2 CHUNK MAP SIGNATURE 0000001!" + struct.pack("<Q", map_position)
    content += _nd2_chunk(b"ND2 FILEMAP SIGNATURE NAME 0001!", listed + end)
    return bytes(content)


def _nd2_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<IIQ", 0x0ABECEDA, 4072, len(body)) + name.ljust(4072, b"\0") + body


def _clx(name: str, value: Any) -> bytes:
    """One named value: type, length of the name, name in UTF-16, value; levels nest."""
    encoded = (name + "\0").encode("utf-16-le")

    def head(kind: int) -> bytes:
        return struct.pack("<BB", kind, len(name) + 1) + encoded

    if isinstance(value, bool):
        return head(1) + struct.pack("<B", value)
    if isinstance(value, int):
        return head(3) + struct.pack("<I", value)
    if isinstance(value, float):
        return head(6) + struct.pack("<d", value)
    if isinstance(value, str):
        return head(8) + (value + "\0").encode("utf-16-le")
    inner = b"".join(_clx(key, item) for key, item in value.items())
    start = head(11)
    return start + struct.pack("<IQ", len(value), len(start) + 12 + len(inner)) + inner + bytes(8 * len(value))
