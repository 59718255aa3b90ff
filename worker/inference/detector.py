"""Finding spines in a whole image with the detection network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.inference.backends import Array, Network
from worker.inference.card import TILE_MULTIPLE_PX, DetectorCard
from worker.inference.tiling import Tile, batches_with_signal, plan_tiles, suppress, to_image

SMALLEST_SCALE = 1 / 16
LARGEST_SCALE = 4.0
MOST_PIXELS_AT_ONCE = 1536**2  # of a batch of tiles: bounds the memory
MOST_CANDIDATES_A_TILE = 2000

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A spine's place: `box_px` is x, y, width, height in pixels of the original image; `score` 0 to 1."""

    box_px: Box
    score: float


def scale_for(card: DetectorCard, pixel_size_um: float | None) -> float:
    """Pixels at the card's target pixel size to one of the image; 1 where a pixel size is not known.

    Bounded to 1/16–4: beyond that nothing of an image is left, or no detail comes of enlarging it.
    """
    if pixel_size_um is None or card.target_pixel_size_um is None:
        return 1.0
    return float(np.clip(pixel_size_um / card.target_pixel_size_um, SMALLEST_SCALE, LARGEST_SCALE))


class Detector:
    """The detection network with its card."""

    def __init__(self, card: DetectorCard, network: Network) -> None:
        self.card = card
        self._network = network

    def __call__(self, normalised: Array, *, pixel_size_um: float | None = None) -> list[Detection]:
        """Every spine at the card's operating point, at the scale of a pixel size, whatever the picture shows."""
        scale = scale_for(self.card, pixel_size_um)
        return self.candidates(normalised, scale=scale, score_from=self.card.score_threshold)

    def candidates(self, normalised: Array, *, scale: float = 1.0, score_from: float) -> list[Detection]:
        """Every box with at least this score, in reading order (by row, then column of the centre).

        A lesser box never takes the place of a better one: those from 0.5 up are the same, whether 0.5 or 0.1 was
        asked for.

        Parameters
        ----------
        normalised : (M, N) ndarray of float32 in [0, 1], from `worker.preprocess.normalise`.
        scale : pixels at the card's target pixel size to one of the image.
        """
        height_px, width_px = normalised.shape
        left, top, shown = _without_black_margin(normalised)
        view = _View(shown, scale=scale * self.card.network_scale)
        boxes, scores = self._boxes_in(view, score_from=score_from)
        boxes = boxes * np.array(view.factors_to_image * 2) + np.array([left, top] * 2)
        boxes = np.round(np.clip(boxes, 0, np.array([width_px, height_px] * 2)), 2)
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        order = np.lexsort((centres[:, 0], centres[:, 1]))
        return [
            Detection(box_px=_box(x1, y1, x2, y2), score=float(scores[index]))
            for index, (x1, y1, x2, y2) in zip(order, boxes[order], strict=True)
            if x2 > x1 and y2 > y1
        ]

    def _boxes_in(self, view: _View, *, score_from: float) -> tuple[Array, NDArray[np.float64]]:
        """Boxes (n, 4) as x1, y1, x2, y2 in pixels of the view, and scores (n,), merged across tiles."""
        card = self.card
        tiles = plan_tiles(view.height_px, view.width_px, tile_px=card.tile_px, overlap_px=card.overlap_px)
        found: list[tuple[Array, NDArray[np.float64], NDArray[np.bool_]]] = []
        batch_size = max(1, MOST_PIXELS_AT_ONCE // (tiles[0].width_px * tiles[0].height_px))
        for part, batch in batches_with_signal(view.pixels, tiles, batch_size=batch_size):
            all_boxes, all_scores = self._network(batch)[:2]
            # Rounded, in double precision: whoever compares a stored score with a threshold compares as is done here.
            rounded = np.round(all_scores[..., 0].astype(np.float64), 6)
            for tile, boxes, scores in zip(part, all_boxes, rounded, strict=True):
                best = np.flatnonzero(scores >= score_from)
                best = best[np.argsort(-scores[best], kind="stable")][:MOST_CANDIDATES_A_TILE]
                moved, keep, inner = to_image(boxes[best], tile, slack_px=card.overlap_px / 4)
                found.append((moved[keep], scores[best][keep], inner[keep]))
        if not found:
            return np.zeros((0, 4), np.float32), np.zeros(0)
        boxes = np.concatenate([each[0] for each in found])
        scores = np.concatenate([each[1] for each in found])
        inner = np.concatenate([each[2] for each in found])
        # By score alone, so that a lesser box never suppresses a better one; of two equal ones the inner stays.
        rank = scores + inner * 1e-9
        kept = suppress(boxes, rank, iou=card.nms_iou, centre_distance=card.nms_centre_distance)
        return boxes[kept], scores[kept]


def _box(x1: float, y1: float, x2: float, y2: float) -> Box:
    """To a hundredth of a pixel, as it is kept wherever a box is kept."""
    return float(x1), float(y1), round(float(x2 - x1), 2), round(float(y2 - y1), 2)


def _without_black_margin(image: Array) -> tuple[int, int, Array]:
    """Left and top of the part of (M, N) that is not black, and that part: cut-out dendrites fill little.

    A narrow margin stays, and both are multiples of the network's largest stride, so that its grid falls on
    the same pixels as without the cut.
    """
    rows, columns = (np.flatnonzero(image.max(axis=axis) > 0) for axis in (1, 0))
    if not len(rows):
        return 0, 0, image
    stride = TILE_MULTIPLE_PX
    left, top = (max(0, int(first) // stride * stride - stride) for first in (columns[0], rows[0]))
    return left, top, image[top : rows[-1] + 1 + stride, left : columns[-1] + 1 + stride]


class _View:
    """An image at the scale of the network, resampled tile by tile: a whole one enlarged 16-fold may not fit."""

    def __init__(self, image: Array, *, scale: float) -> None:
        height_px, width_px = image.shape
        self.width_px = max(1, round(width_px * scale))
        self.height_px = max(1, round(height_px * scale))
        # Sides are whole pixels, so that the true factors differ a little from the scale.
        self.factors_to_image = (width_px / self.width_px, height_px / self.height_px)
        self._image = image
        self._resampled = None if self.factors_to_image == (1, 1) else Image.fromarray(image)

    def pixels(self, tile: Tile) -> Array:
        """A tile's pixels (height_px, width_px); bilinear, averaging where the scale is below 1."""
        right, bottom = tile.x_px + tile.width_px, tile.y_px + tile.height_px
        if self._resampled is None:
            return self._image[tile.y_px : bottom, tile.x_px : right]
        across, down = self.factors_to_image
        part = (tile.x_px * across, tile.y_px * down, right * across, bottom * down)
        resampled = self._resampled.resize((tile.width_px, tile.height_px), Image.Resampling.BILINEAR, box=part)
        return np.asarray(resampled, np.float32)
