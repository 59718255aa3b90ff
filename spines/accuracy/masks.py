"""The length of a mask's own centreline, and how it compares with a tracing's. Nothing here is shared with tracing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_fill_holes, distance_transform_edt, gaussian_filter1d, label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from skimage.morphology import skeletonize

from spines.errors import InvalidInput
from spines.measure.types import Box


def mask_length_px(mask: NDArray[np.bool_], boxes_px: Sequence[Box]) -> float:
    """Length of a mask's own centreline.

    The longest of the shortest ways along the skeleton of the mask's largest part between ends that lie in no spine's
    box, smoothed by a Gaussian of the shaft's typical radius, which takes out the staircase of pixels, and carried on
    straight to the mask's outline at both ends.
    """
    parts, count = label(mask, np.ones((3, 3)))
    if not count:
        return 0.0
    whole = binary_fill_holes(parts == 1 + int(np.bincount(parts.ravel())[1:].argmax()))
    skeleton = skeletonize(whole)  # type: ignore[no-untyped-call]
    depth = distance_transform_edt(whole)
    radius = float(np.median(depth[skeleton]))
    way = _longest_way(skeleton, boxes_px)
    if len(way) < 3:
        return float(len(way))
    reach = int(np.ceil(3 * radius))
    longer = np.concatenate([2 * way[0] - way[reach:0:-1], way, 2 * way[-1] - way[-2 : -reach - 2 : -1]])
    start = len(way[reach:0:-1])
    smooth = gaussian_filter1d(longer, radius, axis=0, mode="nearest")[start : start + len(way)]
    arm = min(int(2 * radius), len(smooth) - 1)
    ends = sum(
        _way_out(whole, tip, tip - inner) for tip, inner in ((smooth[0], smooth[arm]), (smooth[-1], smooth[-1 - arm]))
    )
    return float(np.hypot(*np.diff(smooth, axis=0).T).sum()) + ends


def cut_outs(folder: Path) -> Iterator[tuple[NDArray[np.uint8], list[Box]]]:
    """Pictures of a folder, and the boxes of the COCO annotations that lie beside it, `<folder>.json`."""
    annotations = folder.parent / f"{folder.name}.json"
    if not annotations.is_file():
        raise InvalidInput(f"There are no annotations {annotations.name} beside the folder of pictures.")
    said = json.loads(annotations.read_text())
    for record in said["images"]:
        path = folder / Path(record["file_name"]).name
        if path.is_file():
            boxes = [tuple(each["bbox"]) for each in said["annotations"] if each["image_id"] == record["id"]]
            yield np.asarray(Image.open(path).convert("L")), boxes


def _longest_way(skeleton: NDArray[np.bool_], boxes_px: Sequence[Box]) -> NDArray[np.float64]:
    """Rows and columns (n, 2) along a skeleton."""
    places = np.argwhere(skeleton)
    number = np.full(np.array(skeleton.shape) + 2, -1)
    number[places[:, 0] + 1, places[:, 1] + 1] = np.arange(len(places))
    pairs, lengths = [], []
    for row, column in ((0, 1), (1, 0), (1, 1), (1, -1)):
        other = number[places[:, 0] + 1 + row, places[:, 1] + 1 + column]
        here = np.flatnonzero(other >= 0)
        pairs.append(np.column_stack([here, other[here]]))
        lengths.append(np.full(len(here), np.hypot(row, column)))
    edges = np.concatenate(pairs)
    graph = csr_array((np.concatenate(lengths), edges.T), shape=(len(places),) * 2)
    degree = np.bincount(edges.ravel(), minlength=len(places))
    ends = np.flatnonzero(degree <= 1)
    boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
    away = places[ends, None, ::-1] + 0.5 - boxes[:, :2]
    in_box = np.any(np.all((away >= -1) & (away <= boxes[:, 2:] + 1), axis=2), axis=1)
    if (~in_box).sum() >= 2:
        ends = ends[~in_box]
    if len(ends) < 2:
        return np.asarray(places, np.float64)[:1]
    length, before = dijkstra(graph, directed=False, indices=ends, return_predecessors=True)
    between = np.where(np.isfinite(length[:, ends]), length[:, ends], -1)
    first, last = np.unravel_index(int(between.argmax()), between.shape)
    way = [int(ends[last])]
    while way[-1] != ends[first]:
        way.append(int(before[first, way[-1]]))
    return np.asarray(places[way], np.float64)


def _way_out(mask: NDArray[np.bool_], tip: NDArray[np.float64], way: NDArray[np.float64]) -> float:
    """How far a mask goes on from its tip, rows and columns, in a direction."""
    step = 0.25 * way / max(float(np.hypot(*way)), 1e-9)
    place, length = tip.copy(), 0.0
    while True:
        place = place + step
        row, column = (int(np.rint(value)) for value in place)
        if not (0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and mask[row, column]):
            return length
        length += 0.25
