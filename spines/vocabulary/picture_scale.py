"""What is said of the scale of an image: where it comes from, and when it is doubtful."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

COARSEST_PIXEL_UM = 0.3
"""Above it a spine is one to three pixels: heads are 0.3 to 1 µm wide."""
DEFAULT_PIXEL_UM = 1.0
"""What programs write that do not know: OME-XML without a calibration, ImageJ."""


class ScaleSource(StrEnum):
    """What the scale at which an image was shown to the networks comes from."""

    STATED = "stated"
    SEEN = "seen"
    BOTH = "both"
    ASSUMED = "assumed"


SOURCE_WORDS = {
    ScaleSource.STATED: "the pixel size; what is found does not tell more",
    ScaleSource.SEEN: "the size of what is found",
    ScaleSource.BOTH: "the pixel size, and the size of what is found agrees",
    ScaleSource.ASSUMED: "assumed: no pixel size that can be used, and what is found does not tell",
}


class ScaleDoubt(StrEnum):
    """Why a stated pixel size is doubtful; empty where it is not."""

    NONE = ""
    DISAGREES = "disagrees"
    TOO_COARSE = "too_coarse"
    DEFAULT = "default"


DOUBT_WORDS = {
    ScaleDoubt.DISAGREES: "disagrees with what the picture shows",
    ScaleDoubt.TOO_COARSE: "too coarse to resolve spines",
    ScaleDoubt.DEFAULT: "likely a default",
}


@dataclass(frozen=True, kw_only=True)
class UsedScale:
    """At which scale an image was shown to the networks.

    `pixel_um` is as which size in µm its pixels were taken, None where the detector knows no µm. `seen_pixel_um` is
    what the picture looks like, None where it cannot be told; `sureness`, 0 to 1, is how well it can.
    """

    pixel_um: float | None
    source: ScaleSource
    sureness: float = 0.0
    seen_pixel_um: float | None = None
    doubt: ScaleDoubt = ScaleDoubt.NONE


def is_likely_default(pixel_size_um: float) -> bool:
    """Whether a pixel size is what programs write that do not know it."""
    return pixel_size_um == DEFAULT_PIXEL_UM


def doubt_of(pixel_size_um: float | None) -> ScaleDoubt:
    """What a pixel size in µm alone tells, whatever the picture shows."""
    if pixel_size_um is None or pixel_size_um <= COARSEST_PIXEL_UM:
        return ScaleDoubt.NONE
    return ScaleDoubt.DEFAULT if is_likely_default(pixel_size_um) else ScaleDoubt.TOO_COARSE


def two_digits(seen_pixel_um: float | None) -> str:
    """As exactly as a picture tells its scale; empty for None.

    >>> two_digits(0.0283), two_digits(None)
    ('0.028', '')
    """
    return "" if seen_pixel_um is None else f"{seen_pixel_um:.2g}"


def doubt_sentence(doubt: ScaleDoubt, *, pixel_size_um: float, seen_pixel_um: float | None) -> str:
    """What a user reads of a doubtful pixel size; both in µm a pixel. Empty where there is no doubt.

    >>> doubt_sentence(ScaleDoubt.DISAGREES, pixel_size_um=0.1, seen_pixel_um=0.028)
    'This looks like about 0.028 µm a pixel; the stated pixel size is 0.1 µm.'
    """
    looks = f"This looks like about {seen_pixel_um:.2g} µm a pixel" if seen_pixel_um else ""
    match doubt:
        case ScaleDoubt.DISAGREES:
            return f"{looks}; the stated pixel size is {pixel_size_um:.3g} µm."
        case ScaleDoubt.DEFAULT:
            said = "A pixel size of exactly 1 µm is what programs write that do not know it."
            return f"{said} {looks}." if looks else said
        case ScaleDoubt.TOO_COARSE:
            said = f"At {pixel_size_um:.3g} µm a pixel spines cannot be resolved: do not count what was found here."
            return f"{said} {looks}, though: is the pixel size right?" if looks else said
    return ""
