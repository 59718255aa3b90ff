"""Cutting a large image into overlapping tiles and putting the tiles' detections together again.

Boxes are (n, 4) arrays of x1, y1, x2, y2 in pixels, origin top left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from worker.inference.backends import Array
from worker.inference.card import TILE_MULTIPLE_PX

FAINTEST_SIGNAL = 0.01  # of the image's normalised range; a tile that varies less shows nothing


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A part of the image, and the part of it whose detections count before those of its neighbours."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
    inner_px: tuple[float, float, float, float]  # x1, y1, x2, y2 in pixels of the image


def plan_tiles(height_px: int, width_px: int, *, tile_px: int, overlap_px: int) -> list[Tile]:
    """Cover an image with equal tiles no larger than `tile_px`, neighbours sharing at least `overlap_px`.

    The inner parts meet in the middle of the overlaps and cover the image once. The tiles are as small as
    their number allows: 1024 px becomes two tiles of 576, not of 640.
    """
    columns = _spans(width_px, tile_px=tile_px, overlap_px=overlap_px)
    rows = _spans(height_px, tile_px=tile_px, overlap_px=overlap_px)
    return [
        Tile(
            x_px=x,
            y_px=y,
            width_px=width,
            height_px=height,
            inner_px=(inner_left, inner_top, inner_right, inner_bottom),
        )
        for y, height, inner_top, inner_bottom in rows
        for x, width, inner_left, inner_right in columns
    ]


def _spans(length_px: int, *, tile_px: int, overlap_px: int) -> list[tuple[int, int, float, float]]:
    """Along one side: start, length, start and end of the inner part, for each tile."""
    if length_px <= tile_px:
        return [(0, length_px, 0.0, float(length_px))]
    count = -(-(length_px - overlap_px) // (tile_px - overlap_px))
    side_px = -(-(length_px + (count - 1) * overlap_px) // count)
    side_px = min(tile_px, _up_to_multiple(side_px))
    starts = np.linspace(0, length_px - side_px, count).round().astype(int).tolist()
    borders = [(start + side_px + following) / 2 for start, following in pairwise(starts)]
    inner = [0.0, *borders, float(length_px)]
    return [(start, side_px, inner[i], inner[i + 1]) for i, start in enumerate(starts)]


def _up_to_multiple(length_px: int) -> int:
    return -(-length_px // TILE_MULTIPLE_PX) * TILE_MULTIPLE_PX


def batches_with_signal(
    pixels_of: Callable[[Tile], Array], tiles: list[Tile], *, batch_size: int
) -> Iterator[tuple[list[Tile], Array]]:
    """Yield tiles and their pixels as (n, 3, H, W), H and W multiples of 32, filled up with black.

    Tiles that show nothing (background of one value) are left out.

    Parameters
    ----------
    pixels_of : gives a tile's (height_px, width_px) pixels, float32 in [0, 1]. Only one batch is in memory.
    """
    shown = ((tile, pixels) for tile in tiles if _shows_something(pixels := pixels_of(tile)))
    while part := list(islice(shown, batch_size)):
        height = max(_up_to_multiple(tile.height_px) for tile, _ in part)
        width = max(_up_to_multiple(tile.width_px) for tile, _ in part)
        batch = np.zeros((len(part), 3, height, width), np.float32)
        for row, (tile, pixels) in zip(batch, part, strict=True):
            row[:, : tile.height_px, : tile.width_px] = pixels
        yield [tile for tile, _ in part], batch


def _shows_something(pixels: Array) -> bool:
    return bool(pixels.max() - pixels.min() >= FAINTEST_SIGNAL)


def to_image(boxes: Array, tile: Tile, *, slack_px: float) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Move a tile's boxes into the image.

    Returns the boxes, which of them to keep (centre in the inner part or at most `slack_px` beside it,
    so that a spine on the border is not lost between two tiles), and which of them are inner.
    """
    moved = boxes + np.array([tile.x_px, tile.y_px] * 2, np.float32)
    centres = (moved[:, :2] + moved[:, 2:]) / 2
    left, top, right, bottom = tile.inner_px
    beside = np.maximum(np.array([left, top]) - centres, centres - np.array([right, bottom])).max(axis=1)
    return moved, beside <= slack_px, beside <= 0


def suppress(boxes: Array, rank: NDArray[np.floating], *, iou: float, centre_distance: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: the indices to keep, best first.

    Parameters
    ----------
    boxes : (n, 4) ndarray, x1, y1, x2, y2.
    rank : (n,) ndarray; the higher goes first, ties in the order given.
    iou : of two boxes that overlap by more, the lesser goes.
    centre_distance : so does one whose centre is nearer than this times the mean of the longer sides.

    Near pairs come from a k-d tree over the centres, so the cost grows with the crowding of the spines
    and not with the square of their number.
    """
    if not len(boxes):
        return np.zeros(0, np.intp)
    order = np.argsort(-rank, kind="stable")
    sorted_boxes = boxes[order].astype(np.float64)
    first, second = _conflicts(sorted_boxes, iou=iou, centre_distance=centre_distance)
    starts = np.searchsorted(first, np.arange(len(order) + 1))
    alive = np.ones(len(order), bool)
    for index in np.unique(first):
        if alive[index]:
            alive[second[starts[index] : starts[index + 1]]] = False
    return order[alive]


def _conflicts(
    boxes: NDArray[np.float64], *, iou: float, centre_distance: float
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs (better, worse) of boxes, sorted best first, of which only the better may stay."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    longer = sizes.max(axis=1)
    reach = float(np.hypot(*sizes.max(axis=0))) * max(1.0, centre_distance)
    pairs = cKDTree(centres).query_pairs(reach, output_type="ndarray")  # each pair once, first < second
    first, second = pairs[:, 0], pairs[:, 1]
    low = np.maximum(boxes[first, :2], boxes[second, :2])
    high = np.minimum(boxes[first, 2:], boxes[second, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = sizes.prod(axis=1)
    overlap = shared / np.maximum(areas[first] + areas[second] - shared, 1e-9)
    distance = np.hypot(*(centres[first] - centres[second]).T)
    near = distance < centre_distance * (longer[first] + longer[second]) / 2
    chosen = near | (overlap > iou)
    first, second = first[chosen], second[chosen]
    by_first = np.argsort(first, kind="stable")
    return first[by_first], second[by_first]
