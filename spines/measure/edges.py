"""Edges of spines across their midlines: where brightness falls to a part of the head's, or of each place's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from spines.measure.outlines import (
    EDGE_LEVEL,
    HALF,
    Midlines,
    widths,
)
from spines.measure.poses import HALF_COLUMNS, Floats

NECK_AVERAGED_ROWS = 2.0


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Edges across the midlines of n spines, (n, ROWS), in steps.

    `head` edges are at `EDGE_LEVEL` of the head's brightness, `half` edges at half of each place's own, as is usual for
    necks; `own_width` is the width at `EDGE_LEVEL` of each place's own. The latter come from profiles averaged along
    the midline, since a neck is faint.
    """

    head_left: Floats
    head_right: Floats
    open_at_head: NDArray[np.bool_]
    half_left: Floats
    half_right: Floats
    own_width: Floats
    own_brightness: Floats

    @property
    def half_width(self) -> Floats:
        """Between the half edges."""
        return self.half_left + self.half_right


def edges_of(midlines: Midlines) -> Edges:
    """Edges of n spines, in the order of their midlines."""
    brightness = np.maximum(midlines.brightness, 1e-9)
    at_head = EDGE_LEVEL * brightness[np.arange(len(brightness)), np.maximum(midlines.head_row, 0)]
    head_left, head_right, open_at_head = widths(midlines.profiles, np.broadcast_to(at_head[:, None], brightness.shape))
    averaged = gaussian_filter1d(midlines.profiles, NECK_AVERAGED_ROWS, axis=1, mode="nearest")
    own = np.maximum(averaged[:, :, HALF_COLUMNS], 1e-9)
    half_left, half_right, _ = widths(averaged, HALF * own)
    own_left, own_right, _ = widths(averaged, EDGE_LEVEL * own)
    return Edges(
        head_left=gaussian_filter1d(head_left, 1.0, axis=1, mode="nearest"),
        head_right=gaussian_filter1d(head_right, 1.0, axis=1, mode="nearest"),
        open_at_head=open_at_head,
        half_left=half_left,
        half_right=half_right,
        own_width=own_left + own_right,
        own_brightness=own,
    )
