"""Sizes of spines from their midlines and edges, and whether these can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from spines.measure.edges import Edges, edges_of
from spines.measure.frames import Frames
from spines.measure.outlined import Outlined
from spines.measure.outlines import (
    EDGE_LEVEL,
    MOST_TEXTURE,
    NEIGHBOUR_RISE,
    OPEN_EDGE,
    SHADOW_IN_RADII,
    Midlines,
)
from spines.measure.polygons import inside_polygon, polygon_area
from spines.measure.poses import HALF_COLUMNS, ROWS, Floats
from spines.measure.sizes import Sizes, trusted
from spines.measure.types import Quality, Seat, SpineMeasures

OVER_SHAFT_IN_RADII = 0.5
LEAST_SIGNAL_IN_NOISE = 5.0
LEAST_SIGNAL_IN_SHAFT = 0.03
ROWS_AGREE = 0.7
NECK_SIGNAL_IN_NOISE = 3.0
LEAST_CONSTRICTION, LEAST_CONSTRICTION_IN_SHADOW = 1.2, 1.35
INNER_SHARE = 0.3
MOST_FLARE = 1.25
MOST_WIDTH_IN_BOXES = 1.5
MOST_WIDTH_IN_LENGTHS = 2.2
MOST_OFF_BOX = 0.12
LEAST_AREA_PX = 4.0
LEAST_LENGTH_PX = 1.5
OUTLINE_PLACES = 24
MERGED_SHARE = 0.5


class _Untrusted(Exception):
    """A spine whose outline cannot be trusted."""

    def __init__(self, quality: Quality) -> None:
        self.quality = quality


def measure_shapes(
    frames: Frames, midlines: Midlines, seats: Sequence[Seat | None], *, pixel_size_um: float | None
) -> list[SpineMeasures]:
    """Measure n spines in their frames; docs/measures.md defines every measure.

    Parameters
    ----------
    frames, midlines, seats
        Of the same n spines, in the same order.
    pixel_size_um
        None leaves every measure in µm out.
    """
    edges = edges_of(midlines)
    measures = []
    for index, seat in enumerate(seats):
        try:
            spine = _Spine(frames, midlines, edges, index)
            spine.refuse_what_cannot_be()
            measures.append(spine.measures(seat, pixel_size_um))
        except _Untrusted as refusal:
            measures.append(SpineMeasures(quality=refusal.quality, seat=seat))
    return measures


class _Spine:
    """One spine of the frames: where its head, tip and edges are."""

    def __init__(self, frames: Frames, midlines: Midlines, edges: Edges, index: int) -> None:
        self.frames, self.midlines, self.edges, self.index = frames, midlines, edges, index
        self.step_px = float(frames.step_px[index])
        self.arc, self.brightness = midlines.arc[index], midlines.brightness[index]
        self.noise = float(frames.noise[index])
        self.base_arc = float(midlines.base_arc[index])
        head_row = int(midlines.head_row[index])
        over_shaft = float(frames.centre_row[index]) * self.step_px < OVER_SHAFT_IN_RADII * float(
            frames.radius_px[index]
        )
        if head_row < 0 or over_shaft:
            raise _Untrusted(Quality.OVER_DENDRITE)
        self.head_row = head_row
        self.head_brightness = float(self.brightness[head_row])
        least = max(LEAST_SIGNAL_IN_NOISE * self.noise, LEAST_SIGNAL_IN_SHAFT * float(frames.shaft_brightness[index]))
        # One bright sample is noise; a spine is as bright over some rows.
        if min(self.head_brightness, float(edges.own_brightness[index, head_row]) / ROWS_AGREE) < least:
            inside = frames.centre_row[index] < self.base_arc
            raise _Untrusted(Quality.OVER_DENDRITE if inside else Quality.FAINT)
        self.tip_arc = self._tip_arc()
        self.length = self.tip_arc - self.base_arc
        if self.length * self.step_px < LEAST_LENGTH_PX:
            raise _Untrusted(Quality.OVER_DENDRITE)
        # The head: the rows about its brightest that are as bright as its edge.
        dark = np.flatnonzero(self.brightness[: head_row + 1] < EDGE_LEVEL * self.head_brightness)
        self.first_row = min(int(np.searchsorted(self.arc, self.base_arc)), head_row)
        self.head_begins = max(int(dark[-1]) + 1 if len(dark) else 0, self.first_row)
        # Beside the shaft a spine looks narrower and darker than it is: the light they share is counted as the shaft's.
        shadow = SHADOW_IN_RADII * float(frames.radius_px[index]) / self.step_px
        self.free_row = min(int(np.searchsorted(self.arc, self.base_arc + shadow)), ROWS - 1)
        self.width = edges.head_left[index] + edges.head_right[index]
        self._refuse_merged()
        self.head_width = self._head_width()
        # A small spine's tight box is narrower than its blur; a radius makes room for that.
        widest_px = MOST_WIDTH_IN_BOXES * float(frames.box_side_px[index]) + float(frames.radius_px[index])
        if self.head_width * self.step_px > widest_px:
            raise _Untrusted(Quality.MERGED)
        self.outline_px, self.midline_px = self._outline_px(), self._midline_px()

    def _tip_arc(self) -> float:
        """Where brightness falls to the edge's level, or is darkest before a neighbour's rises."""
        level = EDGE_LEVEL * self.head_brightness
        beyond = self.brightness[self.head_row :]
        dark = np.flatnonzero(beyond < level)
        last = int(dark[0]) if len(dark) else len(beyond) - 1
        darkest = np.minimum.accumulate(beyond)
        least_rise = np.where(darkest > OPEN_EDGE * self.head_brightness, MOST_TEXTURE, NEIGHBOUR_RISE)
        risen = np.flatnonzero((beyond - darkest > least_rise * self.head_brightness)[: last + 1])
        if len(risen):
            valley = int(beyond[: risen[0] + 1].argmin())
            if beyond[valley] > OPEN_EDGE * self.head_brightness:
                raise _Untrusted(Quality.MERGED)
            return float(self.arc[self.head_row + valley])
        if not len(dark):
            raise _Untrusted(Quality.MERGED if self._is_inside(ROWS - 1) else Quality.CUT_BY_EDGE)
        row = self.head_row + last
        above, below = self.brightness[row - 1], self.brightness[row]
        return float(self.arc[row - 1] + (above - level) / (above - below) * (self.arc[row] - self.arc[row - 1]))

    def _is_inside(self, row: int) -> bool:
        column = int(np.clip(np.rint(self.midlines.column[self.index, row]), 0, 2 * HALF_COLUMNS))
        return bool(self.frames.inside[self.index, row, column])

    def _refuse_merged(self) -> None:
        rows = slice(max(self.head_row - 1, 0), self.head_row + 2)
        if self.edges.open_at_head[self.index, rows].mean() > MERGED_SHARE:
            raise _Untrusted(Quality.MERGED)

    def _head_width(self) -> float:
        outer = self.arc >= self.base_arc + INNER_SHARE * self.length
        rows = outer & (np.arange(ROWS) >= self.head_begins) & (self.arc <= self.tip_arc)
        rows[self.head_row] = True
        return float(self.width[rows].max())

    def _neck(self) -> tuple[float | None, float | None]:
        """Width and length of the neck in steps; neither where there is no constriction, no width of a faint one."""
        rows = np.arange(self.first_row, self.head_row)
        if not len(rows):
            return None, None
        free = rows >= self.free_row
        own, half = (width[self.index, rows] for width in (self.edges.own_width, self.edges.half_width))
        constricted = own * np.where(free, LEAST_CONSTRICTION, LEAST_CONSTRICTION_IN_SHADOW) < self.head_width
        if self.head_begins - self.first_row < (self.free_row - self.first_row) / 2 and not constricted.any():
            return None, None
        neck = free & (rows < self.head_begins)
        neck = neck if neck.any() else free if free.any() else np.ones(len(rows), np.bool_)
        # A neck has a width where it can be seen all along; near the head it is the head's blur that is seen.
        seen = self.edges.own_brightness[self.index, rows[neck]].min() >= NECK_SIGNAL_IN_NOISE * self.noise
        narrowest = float(half[neck].min()) if seen else None
        narrow = self.width[rows] < (narrowest or 0.0) + 0.25 * (self.head_width - (narrowest or 0.0))
        last = int(np.flatnonzero(narrow)[-1]) if narrow.any() else 0
        return narrowest, max(float(self.arc[rows[last]]) - self.base_arc, 0.0)

    def _half_widths(self, arc: Floats) -> tuple[Floats, Floats]:
        """Distances of the outline from the midline, left and right, at arc lengths from base to tip."""
        sides = []
        for head, neck_edge in (
            (self.edges.head_left, self.edges.half_left),
            (self.edges.head_right, self.edges.half_right),
        ):
            edge = head[self.index].copy()
            neck = slice(self.first_row, self.head_begins)
            edge[neck] = np.minimum(neck_edge[self.index, neck], self.head_width / 2)
            # Beside the shaft the edges are hardly the spine's: it goes on as wide as where it comes free.
            edge[neck][: self.free_row - self.first_row] = edge[self.free_row]
            inner = int(np.searchsorted(self.arc, self.base_arc + INNER_SHARE * self.length))
            edge[:inner] = np.minimum(edge[:inner], MOST_FLARE * edge[inner])
            edge[: self.first_row] = edge[self.first_row]
            at = np.interp(arc, self.arc, edge)
            at[-1] = 0.0
            sides.append(at)
        return sides[0], sides[1]

    def _outline_px(self) -> Floats:
        # Closer together towards the tip, which is round.
        share = np.sin(np.linspace(0, np.pi / 2, OUTLINE_PLACES))
        arc = self.base_arc + share * self.length
        left, right = self._half_widths(arc)
        one = self.midlines.places(self.index, arc, -left)
        other = self.midlines.places(self.index, arc[:-1], right[:-1])
        rows = np.concatenate([one[0], other[0][::-1]])
        columns = np.concatenate([one[1], other[1][::-1]])
        return self.frames.to_picture(self.index, rows, columns)

    def _midline_px(self) -> Floats:
        arc = np.linspace(self.base_arc, self.tip_arc, OUTLINE_PLACES // 2)
        return self.frames.to_picture(self.index, *self.midlines.places(self.index, arc))

    def _light(self) -> float:
        """Signal summed over the outline, in px²."""
        rows = np.flatnonzero((self.arc >= self.base_arc) & (self.arc <= self.tip_arc))
        left, right = self._half_widths(self.arc[rows])
        aside = np.arange(self.midlines.profiles.shape[2]) - HALF_COLUMNS
        within = (aside >= -left[:, None]) & (aside <= right[:, None])
        per_step = np.gradient(self.arc)[rows]
        summed = (self.midlines.profiles[self.index, rows] * within).sum(axis=1) @ per_step
        return float(summed) * self.step_px**2

    def refuse_what_cannot_be(self) -> None:
        """Refuse outlines that leave the picture, have hardly a pixel, lie along the shaft or are not the box's own."""
        rows, columns = self._grid_of_outline()
        if not self.frames.inside[self.index, rows, columns].all():
            raise _Untrusted(Quality.CUT_BY_EDGE)
        if polygon_area(self.outline_px) < LEAST_AREA_PX:
            raise _Untrusted(Quality.TOO_SMALL)
        if self.head_width > MOST_WIDTH_IN_LENGTHS * self.length:
            raise _Untrusted(Quality.OVER_DENDRITE)
        away_px = float(np.hypot(*(self.midline_px - self.frames.centre_px[self.index]).T).min())
        is_another = away_px > self.head_width * self.step_px / 2 + MOST_OFF_BOX * float(
            self.frames.box_side_px[self.index]
        )
        if is_another or inside_polygon(self.outline_px, self.frames.others_px[self.index]).any():
            raise _Untrusted(Quality.MERGED)

    def _grid_of_outline(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        away = (self.outline_px - self.frames.foot_px[self.index]) / self.step_px
        rows = np.clip(np.rint(away @ self.frames.outward[self.index]), 0, ROWS - 1).astype(np.intp)
        columns = np.rint(away @ self.frames.along[self.index]) + HALF_COLUMNS
        return rows, np.clip(columns, 0, 2 * HALF_COLUMNS).astype(np.intp)

    def measures(self, seat: Seat | None, pixel_size_um: float | None) -> SpineMeasures:
        """The spine's measures, those in µm only with a pixel size."""
        spine = Outlined(outline_px=self.outline_px, midline_px=self.midline_px, pixel_size_um=pixel_size_um)
        return trusted(spine, self._sizes, seat=seat)

    def _sizes(self) -> Sizes:
        neck_width, neck_length = self._neck()
        return Sizes(
            length_px=self.length * self.step_px,
            head_width_px=self.head_width * self.step_px,
            neck_width_px=None if neck_width is None else neck_width * self.step_px,
            neck_length_px=None if neck_length is None else neck_length * self.step_px,
            light_px2=self._light() / float(self.frames.shaft_brightness[self.index]),
        )
