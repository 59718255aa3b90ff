"""A picture measured: its dendrites traced, its spines seated on them and measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spines.measure.frames import SmoothPlane, upright_frames
from spines.measure.outlines import trace_midlines
from spines.measure.seats import seat_spines
from spines.measure.shape import measure_shapes
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Box, Dendrite, ImageMeasures, Quality, SpineMeasures

# About 1 MB a spine.
SPINES_AT_ONCE = 128


def measure_image(plane: NDArray[np.generic], boxes_px: Sequence[Box], *, pixel_size_um: float | None) -> ImageMeasures:
    """Trace the dendrites of a plane and measure its spines.

    Parameters
    ----------
    plane : (M, N) ndarray, raw
    boxes_px
        Spines as x, y, width, height; the centre of a box is near the head.
    pixel_size_um
        None: outlines and midlines in pixels, nothing in µm.
    """
    dendrites = trace_dendrites(plane, pixel_size_um=pixel_size_um, boxes_px=boxes_px)
    return remeasure(plane, boxes_px, dendrites, pixel_size_um=pixel_size_um)


def remeasure(
    plane: NDArray[np.generic],
    boxes_px: Sequence[Box],
    dendrites: Sequence[Dendrite],
    *,
    pixel_size_um: float | None,
) -> ImageMeasures:
    """Measure the spines of a plane on given dendrites, edited ones for example; arguments as in `measure_image`."""
    seats = seat_spines(boxes_px, dendrites, pixel_size_um=pixel_size_um)
    spines = [SpineMeasures(quality=Quality.NO_DENDRITE)] * len(seats)
    seated = [index for index, seat in enumerate(seats) if seat is not None]
    if not seated:
        return ImageMeasures(dendrites=list(dendrites), spines=spines)
    smooth = SmoothPlane.of(plane, dendrites)
    for start in range(0, len(seated), SPINES_AT_ONCE):
        chosen = seated[start : start + SPINES_AT_ONCE]
        frames = upright_frames(smooth, boxes_px, seats, dendrites, chosen=chosen)
        on_dendrite = [seats[index] for index in chosen]
        shapes = measure_shapes(frames, trace_midlines(frames), on_dendrite, pixel_size_um=pixel_size_um)
        for index, shape in zip(chosen, shapes, strict=True):
            spines[index] = shape
    return ImageMeasures(dendrites=list(dendrites), spines=spines)
