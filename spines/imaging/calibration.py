"""Pixel sizes out of metadata: units, and which values can be believed."""

import math
from dataclasses import dataclass

# A light microscope's pixel lies between these. Printing resolutions (72, 96, 300 dpi: 353, 265, 85 µm)
# and the defaults that programs write when they know nothing (1 pixel an inch, 1 pixel a centimetre) do not.
SMALLEST_PIXEL_UM = 0.005
LARGEST_PIXEL_UM = 10.0
LARGEST_ANISOTROPY = 0.01

_UM_PER_UNIT = {
    "m": 1e6,
    "meter": 1e6,
    "metre": 1e6,
    "cm": 1e4,
    "centimeter": 1e4,
    "mm": 1e3,
    "millimeter": 1e3,
    "µm": 1.0,
    "um": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometers": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "nanometer": 1e-3,
    "pm": 1e-6,
    "å": 1e-4,
    "angstrom": 1e-4,
    "inch": 25_400.0,
    "in": 25_400.0,
}


def um_per_unit(unit: str) -> float | None:
    """Micrometres in one `unit` ("µm", "micron", "nm", "inch", …), None for an unknown one ("pixel").

    >>> um_per_unit("nm")
    0.001
    """
    # U+03BC (Greek mu) and ImageJ's escape both mean U+00B5 (micro sign)
    plain = unit.strip().strip('"').replace("\\u00B5", "µ").replace("μ", "µ").lower()
    return _UM_PER_UNIT.get(plain)


@dataclass(frozen=True)
class Calibration:
    """A pixel size that can be used, or None and the reason for the user."""

    pixel_size_um: float | None = None
    note: str = ""


def calibrate(x_um: float | None, y_um: float | None) -> Calibration:
    """Decide on the width and height of a pixel as the metadata state them, in µm.

    A size outside 0.005 … 10 µm is a printing resolution or a program's default, no pixel size. Pixels that
    are not square beyond 1 % have none either: a length would depend on its direction.
    """
    if x_um is None or y_um is None:
        return Calibration()
    if not (_is_plausible(x_um) and _is_plausible(y_um)):
        return Calibration()
    if abs(x_um - y_um) > LARGEST_ANISOTROPY * max(x_um, y_um):
        return Calibration(
            note=f"The file states pixels that are not square ({x_um:.4g} µm wide, {y_um:.4g} µm high): "
            "resample the picture to square pixels, or set the pixel size by hand."
        )
    return Calibration(pixel_size_um=_nine_digits(x_um))


def plausible_spacing(z_um: float | None) -> float | None:
    """The distance between planes in µm where it can be believed (0.005 … 1000), else None."""
    if z_um is None or not math.isfinite(z_um) or not SMALLEST_PIXEL_UM <= abs(z_um) <= 1000:
        return None
    return _nine_digits(abs(z_um))


def _nine_digits(size_um: float) -> float:
    """What a unit conversion adds beyond (0.09999999999999999 for 0.1) is no information."""
    return float(f"{size_um:.9g}")


def _is_plausible(size_um: float) -> bool:
    return math.isfinite(size_um) and SMALLEST_PIXEL_UM <= size_um <= LARGEST_PIXEL_UM
