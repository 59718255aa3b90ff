"""The kind of a TIFF file and its scale: OME-XML, LSM, ImageJ, then the resolution tags."""

import html
import re
from dataclasses import dataclass
from typing import Any

import tifffile

from spines.imaging.calibration import Calibration, calibrate, plausible_spacing, um_per_unit

_UM_PER_RESOLUTION_UNIT = {2: 25_400.0, 3: 10_000.0}  # inch, centimetre


@dataclass(frozen=True)
class TiffScale:
    calibration: Calibration
    plane_spacing_um: float | None = None


def tiff_format(tiff: tifffile.TiffFile) -> str:
    """ "ome-tiff", "lsm" or "tiff"."""
    if tiff.is_lsm:
        return "lsm"
    return "ome-tiff" if tiff.is_ome else "tiff"


def is_part_of_ome_set(tiff: tifffile.TiffFile) -> bool:
    """Whether the OME-XML gives planes to another file, or says that another file describes this one's.

    Another file is told by an identifier that is not this file's own. Bruker's Prairie View writes one file a plane,
    each of which describes the whole; others write `BinaryOnly` into all files but one.
    """
    ome_xml = (tiff.ome_metadata or "") if tiff.is_ome else ""
    if re.search(r"<(?:\w+:)?BinaryOnly\b", ome_xml):
        return True
    own = re.search(r"<(?:\w+:)?OME\b[^>]*\bUUID\s*=\s*[\"']([^\"']*)", ome_xml)
    named = set(re.findall(r"<(?:\w+:)?UUID\b[^>]*>\s*([^<\s]+)", ome_xml))
    return bool(named - {own.group(1) if own else ""})


def tiff_scale(tiff: tifffile.TiffFile, position: int = 0) -> TiffScale:
    """The scale of a position from the richest metadata the file has. None of it is an error."""
    if tiff.is_lsm:
        return _lsm_scale(tiff.lsm_metadata or {})
    if tiff.is_ome:
        return _ome_scale(tiff, position)
    if tiff.is_imagej:
        return _imagej_scale(tiff)
    return TiffScale(calibrate(*_tag_pixel_um(tiff, None)))


def _lsm_scale(lsm: dict[str, Any]) -> TiffScale:
    """LSM states metres."""
    x, y, z = (float(lsm.get(f"VoxelSize{axis}", 0)) * 1e6 for axis in "XYZ")
    return TiffScale(calibrate(x, y), plausible_spacing(z))


def _ome_scale(tiff: tifffile.TiffFile, position: int) -> TiffScale:
    """The PhysicalSizeX, Y, Z of the position's Pixels with their units; µm where no unit is given.

    Where it states none for X and Y, the resolution tags stand, if they have a unit.
    """
    all_pixels = re.findall(r"<(?:\w+:)?Pixels\b([^>]*)>", tiff.ome_metadata or "")
    pixels = html.unescape(all_pixels[position if position < len(all_pixels) else 0]) if all_pixels else ""
    attributes = dict(re.findall(r'([\w:]+)\s*=\s*"([^"]*)"', pixels))
    sizes: dict[str, float | None] = {}
    for axis in "XYZ":
        unit_um = um_per_unit(attributes.get(f"PhysicalSize{axis}Unit", "µm"))
        value = _number(attributes.get(f"PhysicalSize{axis}", ""))
        sizes[axis] = None if unit_um is None or value is None else value * unit_um
    if not attributes.keys() & {"PhysicalSizeX", "PhysicalSizeY"}:
        sizes["X"], sizes["Y"] = _tag_pixel_um(tiff, None)
    return TiffScale(calibrate(sizes["X"], sizes["Y"]), plausible_spacing(sizes["Z"]))


def ome_names(tiff: tifffile.TiffFile, positions: int) -> tuple[str, ...]:
    """What the OME-XML calls the images of the file; empty where it has no names for them."""
    names = [str(image.get("Name", "")) for image in _ome_images(tiff)] if tiff.is_ome else []
    return tuple(names) if len(names) == positions else ("",) * positions


def ome_channel_names(tiff: tifffile.TiffFile, position: int) -> list[str]:
    """Names of the channels of an image of the OME-XML."""
    images = _ome_images(tiff)
    described = images[position if position < len(images) else 0].get("Pixels", {}).get("Channel", []) if images else []
    described = described if isinstance(described, list) else [described]
    return [str(channel.get("Name", "")) for channel in described]


def _ome_images(tiff: tifffile.TiffFile) -> list[dict[str, Any]]:
    described = tifffile.xml2dict(tiff.ome_metadata or "").get("OME", {}).get("Image", {})
    return described if isinstance(described, list) else [described]


def _imagej_scale(tiff: tifffile.TiffFile) -> TiffScale:
    """ImageJ writes pixels a unit into the resolution tags and names the unit in its description."""
    metadata = tiff.imagej_metadata or {}
    unit_um = um_per_unit(str(metadata.get("unit", "")))
    spacing = _number(str(metadata.get("spacing", "")))
    return TiffScale(
        calibrate(*_tag_pixel_um(tiff, unit_um)),
        plausible_spacing(spacing * unit_um if spacing is not None and unit_um is not None else None),
    )


def _tag_pixel_um(tiff: tifffile.TiffFile, unit_um: float | None) -> tuple[float | None, float | None]:
    """Pixel width and height from XResolution and YResolution (pixels a unit, as a fraction)."""
    tags = tiff.pages.first.tags
    if unit_um is None:
        unit_um = _UM_PER_RESOLUTION_UNIT.get(int(tags.valueof("ResolutionUnit", 1)))
    sizes: list[float | None] = []
    for name in ("XResolution", "YResolution"):
        numerator, denominator = tags.valueof(name, (0, 1))
        sizes.append(unit_um * denominator / numerator if unit_um and numerator and denominator else None)
    return sizes[0], sizes[1]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
