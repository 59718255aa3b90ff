"""Tiles cover an image once, and spines on their borders are found once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from worker.inference.card import DetectorCard
from worker.inference.detector import Detector
from worker.inference.tiling import Tile, batches_with_signal, plan_tiles, suppress


@pytest.mark.parametrize("length_px", [1, 31, 416, 640, 641, 737, 1024, 1183, 2048, 5000])
def test_inner_parts_cover_the_image_exactly_once(length_px: int) -> None:
    tiles = plan_tiles(length_px, length_px, tile_px=640, overlap_px=96)
    covered = np.zeros((length_px, length_px), np.uint8)
    columns = np.arange(length_px) + 0.5
    for tile in tiles:
        left, top, right, bottom = tile.inner_px
        inside_x, inside_y = (columns > left) & (columns <= right), (columns > top) & (columns <= bottom)
        covered[np.ix_(inside_y, inside_x)] += 1
        assert left >= tile.x_px
        assert right <= tile.x_px + tile.width_px <= length_px
        assert top >= tile.y_px
        assert bottom <= tile.y_px + tile.height_px <= length_px
    assert (covered == 1).all()


@pytest.mark.parametrize("length_px", [641, 737, 1024, 1183, 2048, 5000])
def test_neighbours_share_at_least_the_overlap_and_no_tile_is_too_large(length_px: int) -> None:
    tiles = plan_tiles(100, length_px, tile_px=640, overlap_px=96)
    starts = [tile.x_px for tile in tiles]
    assert max(tile.width_px for tile in tiles) <= 640
    assert all(a + tiles[0].width_px - b >= 96 for a, b in pairwise(starts))


def test_tiles_are_as_small_as_their_number_allows() -> None:
    tiles = plan_tiles(1024, 1024, tile_px=640, overlap_px=96)
    assert {(tile.width_px, tile.height_px) for tile in tiles} == {(576, 576)}
    assert len(tiles) == 4


def test_tiles_without_signal_are_left_out_and_the_rest_padded_to_multiples_of_32() -> None:
    image = np.zeros((100, 1000), np.float32)
    image[50, 10] = 1
    tiles = plan_tiles(100, 1000, tile_px=640, overlap_px=96)

    def pixels(tile: Tile) -> NDArray[np.float32]:
        return image[tile.y_px : tile.y_px + tile.height_px, tile.x_px : tile.x_px + tile.width_px]

    ((shown, batch),) = batches_with_signal(pixels, tiles, batch_size=4)
    assert [tile.x_px for tile in shown] == [0]
    assert batch.shape[0] == 1
    assert batch.shape[2] % 32 == batch.shape[3] % 32 == 0
    assert batch[0, :, 50, 10].tolist() == [1, 1, 1]
    assert batch.sum() == 3


def test_a_lesser_box_goes_when_it_overlaps_or_when_its_centre_is_near() -> None:
    boxes = np.array([[0, 0, 20, 20], [2, 0, 22, 20], [12, 0, 32, 20], [100, 100, 104, 140], [100, 100, 140, 104]])
    scores = np.array([0.5, 0.9, 0.4, 0.8, 0.7])
    by_overlap = suppress(boxes.astype(np.float32), scores, iou=0.5, centre_distance=0)
    assert by_overlap.tolist() == [1, 3, 4, 2]
    by_centre = suppress(boxes.astype(np.float32), scores, iou=1, centre_distance=0.6)
    assert by_centre.tolist() == [1, 3, 4]


def test_suppression_equals_the_plain_greedy_rule_on_crowded_boxes() -> None:
    random = np.random.default_rng(11)
    low = random.uniform(0, 150, (300, 2))
    boxes = np.hstack([low, low + random.uniform(5, 40, (300, 2))]).astype(np.float32)
    scores = random.uniform(size=300)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if all(not _conflict(boxes[index], boxes[other]) for other in kept):
            kept.append(int(index))
    assert suppress(boxes, scores, iou=0.4, centre_distance=0.5).tolist() == kept


def _conflict(a: NDArray[np.float32], b: NDArray[np.float32]) -> bool:
    shared = np.prod(np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None))
    overlap = shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)
    distance = np.hypot(*((a[:2] + a[2:]) / 2 - (b[:2] + b[2:]) / 2))
    return bool(overlap > 0.4 or distance < 0.5 * (max(a[2:] - a[:2]) + max(b[2:] - b[:2])) / 2)


class BlobNetwork:
    """Boxes every blob of a tile, cut ones too, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        self.shapes.append(batch.shape)
        found = [ndimage.find_objects(ndimage.label(tile[0] > 0.5)[0]) for tile in batch]
        most = max(len(slices) for slices in found)
        boxes = np.zeros((len(batch), most, 4), np.float32)
        scores = np.zeros((len(batch), most, 1), np.float32)
        for row, slices in enumerate(found):
            for column, (y, x) in enumerate(slices):
                boxes[row, column] = x.start, y.start, x.stop, y.stop
                scores[row, column] = 0.9
        return boxes, scores


def test_every_spine_of_a_large_image_is_found_once_also_on_the_borders_of_tiles(detector_card: DetectorCard) -> None:
    plane = np.zeros((1500, 1300), np.float32)
    true = [(x, y) for x in range(5, 1280, 37) for y in range(3, 1480, 41)]
    for x, y in true:
        plane[y : y + 12, x : x + 10] = 1
    network = BlobNetwork()
    found = Detector(replace(detector_card, tile_px=640), network)(plane)
    boxes = sorted(tuple(detection.box_px) for detection in found)
    assert boxes == sorted((float(x), float(y), 10.0, 12.0) for x, y in true)
    assert len(network.shapes) > 1


def test_a_black_margin_costs_nothing_and_moves_nothing(detector_card: DetectorCard) -> None:
    plane = np.zeros((1024, 1024), np.float32)
    plane[700:712, 500:510] = 1
    network = BlobNetwork()
    (found,) = Detector(detector_card, network)(plane)
    assert found.box_px == (500.0, 700.0, 10.0, 12.0)
    (shape,) = network.shapes
    assert max(shape[2:]) <= 128


def test_detections_come_in_reading_order(detector_card: DetectorCard) -> None:
    plane = np.zeros((300, 300), np.float32)
    for x, y in ((200, 10), (20, 10), (100, 150)):
        plane[y : y + 10, x : x + 10] = 1
    found = Detector(detector_card, BlobNetwork())(plane)
    assert [detection.box_px[:2] for detection in found] == [(20, 10), (200, 10), (100, 150)]
