"""Sizes of a spine whose outline a person set: they follow from that outline, whatever its neighbours are.

The midline runs through the middle of the outline, from its base on the dendrite's surface to its tip; widths are
chords of the outline across it. Light is summed over the outline, above what shaft and background give there, as of
outlines that were found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter1d, median_filter
from skimage.graph import MCP_Geometric

from spines.measure.frames import SmoothPlane, upright_frames
from spines.measure.outlined import Outlined
from spines.measure.polygons import bounds_of, filled, inside_polygon
from spines.measure.poses import COLUMNS, HALF_COLUMNS, ROWS, Floats, poses_of
from spines.measure.seats import nearest_place
from spines.measure.shape import INNER_SHARE, LEAST_CONSTRICTION
from spines.measure.sizes import Sizes, trusted
from spines.measure.types import ByHand, Dendrite, Quality, Seat, SpineMeasures

CELLS = 72
"""Of the grid that a midline is found on, along the longer side of the outline."""
CONTACT_SHARE = 0.12
CAP_SHARE = 0.12
NECK_SHARE = 0.25
CORNER_SHARE = 0.08
PLACES = 49
NOTCH_PLACES = 9


def measure_outline(
    plane: NDArray[np.generic],
    hand: ByHand,
    seat: Seat | None,
    dendrites: Sequence[Dendrite],
    *,
    pixel_size_um: float | None,
    seen_um: float,
) -> SpineMeasures:
    """Measure a spine on the outline that a person set.

    Parameters
    ----------
    plane : (M, N) ndarray, raw
    seat
        None: it sits on no dendrite, so that it has no base and is not measured.
    seen_um
        The pixel size by which the plane is smoothed, as `seen_pixel_um` gives it.
    """
    outline = np.array(hand.outline_px, np.float64)
    if seat is None:
        return SpineMeasures(quality=Quality.NO_DENDRITE, outline_px=outline)
    base = _base(outline, dendrites[seat.dendrite]) if hand.base_px is None else np.array(hand.base_px)
    midline = midline_of(outline, base)
    spine = Outlined(outline_px=outline, midline_px=midline, pixel_size_um=pixel_size_um)

    def sizes() -> Sizes:
        arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(midline, axis=0).T))])
        head, neck_width, neck_length = _widths(arc, _chords(outline, midline))
        return Sizes(
            length_px=float(arc[-1]),
            head_width_px=head,
            neck_width_px=neck_width,
            neck_length_px=neck_length,
            light_px2=_light(plane, outline, seat, dendrites, seen_um),
        )

    return trusted(spine, sizes, seat=seat, midline_px=midline[:: PLACES // 12])


def _base(outline: Floats, dendrite: Dendrite) -> Floats:
    """The middle of that stretch of the outline which lies on the dendrite's surface, or nearest to it, (2,)."""
    around = _along(np.vstack([outline, outline[:1]]), 4 * CELLS)[:-1]
    _, distance, _, radius = nearest_place(dendrite, around)
    clearance = distance - radius
    reach = CONTACT_SHARE * max(float(np.ptp(clearance)), 1e-9)
    reaches_in = bool(-clearance.min() > reach)
    if reaches_in:
        contact = around[(clearance > 0) != (np.roll(clearance, 1) > 0)]
    else:
        contact = around[clearance - clearance.min() <= reach]
    nearest = np.asarray(around[int(np.abs(clearance).argmin())])
    middle = np.asarray((contact.min(axis=0) + contact.max(axis=0)) / 2)
    if not inside_polygon(outline, middle[None])[0]:
        return nearest
    if reaches_in:
        return middle
    outward = middle - around.mean(axis=0)
    length = float(np.hypot(*outward))
    back, _ = _crossings(outline, middle[None], outward[None] / max(length, 1e-9))
    return np.asarray(middle + outward / length * back[0]) if length > 0 and np.isfinite(back[0]) else nearest


def midline_of(outline: Floats, base: Floats) -> Floats:
    """The line (PLACES, 2) through the middle of a polygon (k, 2), from its base (2,) to the place furthest from it."""
    x, y, width, height = bounds_of(outline)
    cell = max(width, height) / CELLS
    shape = (int(height / cell) + 4, int(width / cell) + 4)
    origin = np.array([x, y]) - 1.5 * cell
    cells = (outline - origin) / cell - 0.5
    mask = filled(cells, shape)
    depth = distance_transform_edt(mask)
    rows, columns = np.nonzero(mask)
    start = int(
        np.argmin(np.hypot(rows - (base[1] - origin[1]) / cell + 0.5, columns - (base[0] - origin[0]) / cell + 0.5))
    )
    foot = (int(rows[start]), int(columns[start]))
    way = MCP_Geometric(np.where(mask, 1.0, -1.0))
    away = way.find_costs([foot])[0]
    furthest = float(away[mask & np.isfinite(away)].max())
    cap = np.argwhere(mask & np.isfinite(away) & (away >= (1 - CAP_SHARE) * furthest))
    tip = cap[np.hypot(*(cap - cap.mean(axis=0)).T).argmin()]
    middle = MCP_Geometric(np.where(mask, 1.0 / np.maximum(depth, 0.5) ** 2, -1.0))
    middle.find_costs([foot], [tuple(tip)])
    found = np.array(middle.traceback(tuple(tip)), np.float64)[:, ::-1]
    line = np.vstack([base, (found + 0.5) * cell + origin])
    smooth = gaussian_filter1d(_along(line, 2 * CELLS), 6.0, axis=0, mode="nearest")
    smooth[0] = base
    return _along(_to_edge(smooth, outline), PLACES)


def _to_edge(line: Floats, outline: Floats) -> Floats:
    """A line that goes on straight from its end to the outline."""
    direction = line[-1] - line[-max(len(line) // 5, 2)]
    length = float(np.hypot(*direction))
    if length < 1e-9:
        return line
    ahead, _ = _crossings(outline, line[-1:], direction[None] / length)
    return np.vstack([line, line[-1] + direction / length * ahead[0]]) if np.isfinite(ahead[0]) else line


def _along(line: Floats, places: int) -> Floats:
    """So many places of a line, equally far apart along it, (places, 2)."""
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, arc[-1], places)
    return np.stack([np.interp(at, arc, line[:, axis]) for axis in (0, 1)], axis=1)


def _crossings(outline: Floats, places: Floats, directions: Floats) -> tuple[Floats, Floats]:
    """How far the outline is from each place (n, 2) in its direction (n, 2) and against it; infinite: nowhere."""
    start, along = outline[None], (np.roll(outline, -1, axis=0) - outline)[None]
    away, direction = start - places[:, None], directions[:, None]
    cross = direction[..., 0] * along[..., 1] - direction[..., 1] * along[..., 0]
    safe = np.where(np.abs(cross) < 1e-12, np.inf, cross)
    far = (away[..., 0] * along[..., 1] - away[..., 1] * along[..., 0]) / safe
    on_side = (away[..., 0] * direction[..., 1] - away[..., 1] * direction[..., 0]) / safe
    met = np.isfinite(safe) & (on_side >= 0) & (on_side <= 1)
    ahead = np.where(met & (far >= 0), far, np.inf).min(axis=1)
    behind = np.where(met & (far <= 0), -far, np.inf).min(axis=1)
    return ahead, behind


def _chords(outline: Floats, midline: Floats) -> Floats:
    """Widths of the outline across its midline, (PLACES,); 0 where the midline lies outside."""
    tangent = np.gradient(midline, axis=0)
    tangent /= np.maximum(np.hypot(*tangent.T), 1e-12)[:, None]
    left, right = _crossings(outline, midline, np.stack([-tangent[:, 1], tangent[:, 0]], axis=1))
    width = left + right
    return np.where(np.isfinite(width) & inside_polygon(outline, midline), width, 0.0)


def _widths(arc: Floats, width: Floats) -> tuple[float, float | None, float | None]:
    """Of the head, of the neck, and the neck's length; none of a neck where there is no constriction."""
    outer = np.flatnonzero(arc >= INNER_SHARE * arc[-1])
    head_at = int(outer[width[outer].argmax()])
    head = float(width[head_at])
    # Next to the base a chord cuts the outline's corners.
    before = np.flatnonzero((np.arange(len(arc)) < head_at) & (arc >= CORNER_SHARE * arc[-1]) & (width > 0))
    if not len(before):
        return head, None, None
    # A notch of the hand, or between a neck and a head that were found, is no neck.
    width = np.minimum(median_filter(width, NOTCH_PLACES), head)
    narrowest = float(width[before].min())
    if narrowest * LEAST_CONSTRICTION >= head:
        return head, None, None
    narrow = before[width[before] < narrowest + NECK_SHARE * (head - narrowest)]
    return head, narrowest, float(arc[narrow[-1]])


def _light(
    plane: NDArray[np.generic], outline: Floats, seat: Seat, dendrites: Sequence[Dendrite], seen_um: float
) -> float:
    """Signal summed over the outline, over the shaft's mean brightness beside it, in px²."""
    poses = poses_of([bounds_of(outline)], [seat], dendrites)
    frames = upright_frames(SmoothPlane.of(plane, seen_um, poses), poses, [seat], dendrites, [np.empty((0, 2))])
    away = (outline - frames.foot_px[0]) / frames.step_px[0]
    rows, columns = away @ frames.outward[0], away @ frames.along[0] + HALF_COLUMNS
    inside = filled(np.stack([columns, rows], axis=1), (ROWS, COLUMNS))
    summed = float(frames.signal[0][inside].sum()) * float(frames.step_px[0]) ** 2
    return max(summed, 0.0) / max(float(frames.shaft_brightness[0]), 1e-9)
