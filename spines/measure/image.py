"""A picture measured: its dendrites traced, its spines seated on them and measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spines.measure.frames import upright_frames
from spines.measure.outlines import trace_midlines
from spines.measure.seats import seat_spines
from spines.measure.shape import measure_shapes
from spines.measure.tracing import trace_dendrites
from spines.measure.types import Box, Dendrite, ImageMeasures, Quality, SpineMeasures


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
    if seated:
        chosen = [boxes_px[index] for index in seated]
        on_dendrite = [seat for seat in seats if seat is not None]
        frames = upright_frames(plane, chosen, on_dendrite, dendrites)
        shapes = measure_shapes(
            frames, trace_midlines(frames, chosen), on_dendrite, chosen, pixel_size_um=pixel_size_um
        )
        for index, shape in zip(seated, shapes, strict=True):
            spines[index] = shape
    return ImageMeasures(dendrites=list(dendrites), spines=spines)
