"""The measures of a spine whose outline is trusted, however it was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from spines.measure.outlined import Outlined
from spines.measure.polygons import polygon_area
from spines.measure.poses import Floats
from spines.measure.types import Quality, Seat, SpineMeasures
from spines.vocabulary.measures import MEASURES


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What follows from the picture and not from the outline alone, in pixels; no neck: None.

    `light_px2` is the signal summed over the outline, over the mean brightness of the shaft beside it.
    """

    length_px: float
    head_width_px: float
    neck_width_px: float | None
    neck_length_px: float | None
    light_px2: float


def trusted(
    spine: Outlined, sizes: Callable[[], Sizes], *, seat: Seat | None, midline_px: Floats | None = None
) -> SpineMeasures:
    """Measures of a spine, those in µm only with a pixel size: without one `sizes` is not asked.

    `midline_px` is kept in the place of the spine's own.
    """
    scale = spine.pixel_size_um
    found = SpineMeasures(
        quality=Quality.TRUSTED,
        seat=seat,
        outline_px=spine.outline_px,
        midline_px=spine.midline_px if midline_px is None else midline_px,
        of_outline={
            measure.key: None if scale is None and measure.needs_pixel_size else measure.of(spine)
            for measure in MEASURES.values()
            if measure.of is not None
        },
    )
    if scale is None:
        return found
    told = sizes()
    return replace(
        found,
        length_um=told.length_px * scale,
        head_width_um=told.head_width_px * scale,
        neck_width_um=None if told.neck_width_px is None else told.neck_width_px * scale,
        neck_length_um=None if told.neck_length_px is None else told.neck_length_px * scale,
        area_um2=polygon_area(spine.outline_px) * scale**2,
        intensity_ratio=told.light_px2 * scale**2,
    )
