"""Which boxes of two lists stand for the same spine. Plain numpy, for review and for evaluation alike.

A box is in the place of another when its centre lies within half the longer side of the
other from the other's centre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def as_boxes(boxes_px: ArrayLike) -> Floats:
    """(n, 4) x, y, width, height in pixels; an empty list gives (0, 4)."""
    return np.asarray(boxes_px, float).reshape(-1, 4)


def centre_closeness(boxes_px: ArrayLike, reference_boxes_px: ArrayLike) -> Floats:
    """How near each box's centre is to each reference box's.

    Returns
    -------
    (n, m) ndarray
        0 where the centres meet, −1 at half the reference's longer side, −inf farther away.
    """
    boxes, reference = as_boxes(boxes_px), as_boxes(reference_boxes_px)
    offsets = (boxes[:, None, :2] + boxes[:, None, 2:] / 2) - (reference[:, :2] + reference[:, 2:] / 2)
    distance = np.hypot(offsets[..., 0], offsets[..., 1])
    reach = reference[:, 2:].max(axis=1, initial=0) / 2
    return np.where(distance <= reach, -distance / np.maximum(reach, 1e-9), -np.inf)


def match_nearest(boxes_px: ArrayLike, reference_boxes_px: ArrayLike) -> dict[int, int]:
    """Pair boxes with reference boxes one to one, the nearest pair of all first.

    Returns
    -------
    dict
        Index of the reference box → index of the box in its place; those without a partner are left out.
    """
    closeness = centre_closeness(boxes_px, reference_boxes_px)
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    boxes, references = np.nonzero(closeness > -np.inf)
    nearest_first = np.argsort(-closeness[boxes, references], kind="stable")
    for box, reference in zip(boxes[nearest_first].tolist(), references[nearest_first].tolist(), strict=True):
        if box not in taken and reference not in pairs:
            pairs[reference] = box
            taken.add(box)
    return pairs
