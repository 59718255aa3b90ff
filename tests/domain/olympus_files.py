"""Small files in Olympus' formats, written from their published layouts; see `microscope_files`."""

import io
import struct

import numpy as np
import tifffile

from tests.domain.microscope_files import Stack


def build_oib(stack: Stack, *, pixel_size_um: float, plane_spacing_um: float = 0.5, dyes: tuple[str, ...]) -> bytes:
    """Olympus OIB: settings and one TIFF a plane in a compound document."""
    streams = {"OibInfo.txt": b""}
    names = ["[OibSaveInfo]", "Name=OibSaveInfo", "Version=2.0.0.0", "MainFileName=Stream00000"]
    names.append("Stream00000=cell.oif")
    streams["Stream00000"] = _settings(
        olympus_settings(stack, pixel_size_um=pixel_size_um, plane_spacing_um=plane_spacing_um, dyes=dyes)
    )
    for number, (name, content) in enumerate(olympus_pages(stack).items(), start=1):
        names.append(f"Stream{number:05d}=Storage00001/{name}")
        streams[f"Stream{number:05d}"] = content
    streams["OibInfo.txt"] = _settings("\r\n".join(names) + "\r\n")
    return _compound_document(streams)


def olympus_settings(stack: Stack, *, pixel_size_um: float, plane_spacing_um: float, dyes: tuple[str, ...]) -> str:
    """The .oif file of a recording."""
    channels, planes, height, width = stack.shape
    axes = [("X", width, width * pixel_size_um, '"um"'), ("Y", height, height * pixel_size_um, '"um"')]
    axes.append(("C", channels, channels, '""'))
    axes.append(("Z", planes, (planes - 1) * plane_spacing_um * 1000, '"nm"'))
    lines = ["[ProfileSaveInfo]", "Name=ProfileSaveInfo", "Version=1.0.0.0"]
    lines += ["[Axis Parameter Common]", 'AxisOrder="XYCZ"']
    for number in range(8):
        code, size, end, unit = axes[number] if number < len(axes) else ("TLPB"[number - 4], 0, 0, '""')
        lines += [f"[Axis {number} Parameters Common]", f'AxisCode="{code}"', f"MaxSize={size}"]
        lines += ["StartPosition=0", f"EndPosition={end}", f"UnitName={unit}"]
    for channel, dye in enumerate(dyes, start=1):
        lines += [f"[GUI Channel {channel} Parameters]", f'DyeName="{dye}"']
    lines += ["[Reference Image Parameter]", "ValidBitCounts=12"]
    return "\r\n".join(lines) + "\r\n"


def olympus_pages(stack: Stack) -> dict[str, bytes]:
    """File name to TIFF of every plane."""
    pages = {}
    for channel, plane in np.ndindex(*stack.shape[:2]):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, stack[channel, plane], metadata=None, photometric="minisblack")
        pages[f"s_C{channel + 1:03d}Z{plane + 1:03d}.tif"] = buffer.getvalue()
    return pages


def _settings(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le")


def _compound_document(streams: dict[str, bytes]) -> bytes:
    """[MS-CFB] version 3. Streams are filled up to 4096 bytes, below which they would need a mini stream."""
    sector = 512
    free, end, fat_mark = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    filled = {
        name: body.ljust(4096, b"\0") if body[:2] != b"\xff\xfe" else body + b";\0" * ((4096 - len(body)) // 2 + 1)
        for name, body in streams.items()
    }
    directory_sectors = -(-(len(filled) + 1) * 128 // sector)
    data_sectors = sum(-(-len(body) // sector) for body in filled.values())
    fat_sectors = next(n for n in range(1, 100) if n * 128 >= n + directory_sectors + data_sectors)
    fat = [fat_mark] * fat_sectors

    def chain(count: int) -> int:
        start = len(fat)
        fat.extend([*range(start + 1, start + count), end])
        return start

    directory_start = chain(directory_sectors)
    entries = [_directory_entry("Root Entry", 5, child=1, start=end, size=0)]
    for number, (name, body) in enumerate(filled.items(), start=1):
        following = number + 1 if number < len(filled) else free
        start = chain(-(-len(body) // sector))
        entries.append(_directory_entry(name, 2, right=following, start=start, size=len(body)))
    fat += [free] * (fat_sectors * 128 - len(fat))
    header = struct.pack(
        "<8s16sHHHHHHIIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, fat_sectors, directory_start,
        0, 4096, end, 0, end, 0,
    )  # fmt: skip
    difat = [*range(fat_sectors), *[free] * (109 - fat_sectors)]
    content = header + struct.pack("<109I", *difat) + struct.pack(f"<{len(fat)}I", *fat)
    content += b"".join(entries).ljust(directory_sectors * sector, b"\0")
    return content + b"".join(body.ljust(-(-len(body) // sector) * sector, b"\0") for body in filled.values())


def _directory_entry(
    name: str, kind: int, *, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF, start: int, size: int
) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ",
        encoded, len(encoded), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size,
    )  # fmt: skip
