"""Dendrites traced in a picture: ridges, their skeleton, its lines, and which of them are dendrites in focus."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spines.measure.polylines import arc_length, polyline_length, resampled, simplified
from spines.measure.tracing_boxes import DetectedSpines
from spines.measure.tracing_choice import Lines
from spines.measure.tracing_lines import EDGE_WINDOW_UM, Brightness, centred, moved_aside, reaching, shaft, softened
from spines.measure.tracing_ridges import CUT_OUT_LEVEL, find_ridges, finite, pixel_size_from_ridges
from spines.measure.types import Box, Dendrite

Floats = NDArray[np.float64]

SMOOTHING_UM = 0.15
# Two-photon and confocal spots are 0.35-0.45 µm wide at half maximum in the plane.
OPTICS_UM = 0.4 / 2.3548
TOLERANCE_PX = 0.25


def trace_dendrites(
    plane: NDArray[np.generic], *, pixel_size_um: float | None, boxes_px: Sequence[Box] = ()
) -> list[Dendrite]:
    """Trace the dendrites in focus in a plane.

    Parameters
    ----------
    plane
        (M, N) of any pixel type, as it was read.
    pixel_size_um
        None: scales are chosen from the picture's own ridges.
    boxes_px
        Detected spines. They are not traced as branches, and what carries them is traced even where it is dim.

    Returns
    -------
    list of Dendrite
        The longest first. None are found in a picture without ridges.
    """
    grey = finite(plane)
    boxes = np.array(boxes_px, np.float64).reshape(-1, 4)
    ridges = find_ridges(grey, pixel_size_um, boxes)
    if ridges is None:
        return []
    boxes /= np.tile(ridges.scale, 2)
    sigma = SMOOTHING_UM / ridges.step_um
    picture = Brightness(grey=softened(ridges.grey, sigma), step_um=ridges.step_um)
    light = Brightness(grey=softened(ridges.light, sigma), step_um=ridges.step_um)
    # A cut-out ends where it was cut, however dim it is there.
    outer = light
    if ridges.cut_out:
        outer = Brightness(grey=(ridges.light > CUT_OUT_LEVEL).astype(np.float32), step_um=ridges.step_um)
    traced: list[tuple[Floats, Floats]] = []
    for line in sorted(
        Lines(ridges, DetectedSpines(boxes=boxes, step_um=ridges.step_um)).chosen(),
        key=lambda each: -polyline_length(each.points),
    ):
        points = centred(line.points, picture)
        points = moved_aside(points, shaft(points, light, _blur_um(ridges.step_um))[0], ridges.step_um)
        points = reaching(points, outer, start=not line.starts_at_fork, end=not line.ends_at_fork)
        points = resampled(np.clip(points, 0, ridges.grey.shape[::-1]), 1.0)
        if line.starts_at_fork:
            points = _from_surface(points, traced)
        if line.ends_at_fork:
            points = _from_surface(points[::-1], traced)[::-1]
        if len(points) > 1:
            radius = shaft(points, light, _blur_um(ridges.step_um))[1]
            traced.append((points, _without_narrow_ends(radius, EDGE_WINDOW_UM / ridges.step_um)))
    scale = np.array(ridges.scale)
    dendrites = []
    for points, radius in traced:
        radius_px = radius * float(scale.mean())
        kept = simplified(points * scale, TOLERANCE_PX, radius_px)
        dendrites.append(Dendrite(points_px=points[kept] * scale, radius_px=radius_px[kept]))
    return sorted(dendrites, key=lambda dendrite: -dendrite.length_px)


def shaft_radius_px(
    plane: NDArray[np.generic], points_px: NDArray[np.float64], *, pixel_size_um: float | None = None
) -> NDArray[np.float64]:
    """The shaft's half width (n,) in pixels at each point of a polyline (n, 2), n ≥ 2, that a person drew.

    As for `trace_dendrites`, the optics' blur is taken off it; without a pixel size, as much as fits the picture.
    """
    grey = finite(plane)
    points = np.asarray(points_px, np.float64)
    step_um = pixel_size_um or pixel_size_from_ridges(grey)
    picture = Brightness(grey=softened(grey, SMOOTHING_UM / step_um), step_um=step_um)
    # Nobody draws quite along the middle.
    line = centred(points, picture)
    radius = shaft(line, picture, _blur_um(step_um))[1]
    arc, drawn = arc_length(line), arc_length(points)
    return np.asarray(np.interp(drawn * arc[-1] / max(drawn[-1], 1e-9), arc, radius))


def _blur_um(step_um: float) -> float:
    """Spread of all that blurs a shaft: the optics as assumed, the smoothing, reducing and reading between pixels."""
    return float(np.sqrt(OPTICS_UM**2 + SMOOTHING_UM**2 + 2 * step_um**2 / 6))


def _without_narrow_ends(radius: Floats, window: float) -> Floats:
    """The radii (n,) of a line of points about 1 apart, on its round ends those of where the shaft is whole.

    `window` is over how many points radii were told.
    """
    whole = radius.copy()
    back = min(int(np.median(radius) + window / 2), (len(radius) - 1) // 3)
    whole[:back] = radius[back]
    whole[len(radius) - back :] = radius[len(radius) - 1 - back]
    return whole


def _from_surface(points: Floats, parents: list[tuple[Floats, Floats]]) -> Floats:
    """A branch from the surface of the dendrite that it leaves, not from its centreline."""
    for parent, radius in parents:
        apart = np.hypot(*(points[:, None] - parent).transpose(2, 0, 1))
        inside = apart.min(axis=1) < radius[apart.argmin(axis=1)]
        if inside[0]:
            return points[int(np.argmin(inside)) if not inside.all() else len(points) :]
    return points
