"""Crops and windows: what they show is where their labels say."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import maximum_position

from tests.training.made_sets import dots, write_set
from worker.training.coco import AnnotatedImage, load_annotated
from worker.training.detector_data import CropSampler, Part
from worker.training.errors import TrainingError
from worker.training.sources import Source

SPINE_PX = (70.0, 52.0)


def one_spine(side_px: int = 128) -> AnnotatedImage:
    x, y = SPINE_PX
    box = np.array([[x - 8, y - 8, 16, 16]], np.float32)
    return AnnotatedImage(grey=dots(side_px, [SPINE_PX]), boxes_px=box, classes=("thin",), group="a")


def sampler(image: AnnotatedImage, **source: float | bool | int) -> CropSampler:
    part = Part(Source(folder="made", **source), [image])  # type: ignore[arg-type]
    return CropSampler([part], crop_px=96, scales=(0.8, 1.25), rng=np.random.default_rng(3))


def test_boxes_follow_their_spines_through_every_turn() -> None:
    seen = 0
    crops = sampler(one_spine(), around_spines=True)
    for _ in range(40):
        crop, boxes = crops.crop()
        for x, y, width, height in boxes:
            if min(x, y) > 12 and max(x, y) < 84:
                row, column = maximum_position(crop)
                assert abs(column + 0.5 - x) < 3
                assert abs(row + 0.5 - y) < 3
                assert 16 * 0.79 < width < 16 * 1.26
                assert width == pytest.approx(height, rel=1e-5)
                seen += 1
    assert seen > 10


def test_annotated_squares_are_shrunk_and_small_pictures_enlarged() -> None:
    def widths(**source: float | bool | int) -> float:
        crops = sampler(one_spine(), around_spines=True, **source)
        boxes = np.concatenate([crops.crop()[1] for _ in range(60)])
        inside = (boxes[:, :2] > 20).all(axis=1) & (boxes[:, :2] < 76).all(axis=1)
        return float(np.median(boxes[inside, 2]))

    plain = widths()
    assert widths(box_factor=0.5) == pytest.approx(plain / 2, rel=0.05)
    assert widths(reference_side_px=256) == pytest.approx(plain * 2, rel=0.2)


def test_a_batch_numbers_its_targets() -> None:
    crops, targets = sampler(one_spine(), around_spines=True).batch(5)
    assert crops.shape == (5, 3, 96, 96)
    assert (crops[:, 0] == crops[:, 2]).all()
    assert set(targets[:, 0]) <= set(range(5))
    assert (targets[:, 1] == 0).all()


def test_spines_outside_of_a_crop_are_no_targets() -> None:
    image = AnnotatedImage(
        grey=np.zeros((600, 600), np.uint8),
        boxes_px=np.array([[2, 2, 8, 8]], np.float32),
        classes=("spine",),
        group="a",
    )
    crops = sampler(image)
    found = [len(crops.crop()[1]) for _ in range(20)]
    assert found.count(0) > 10
    assert set(found) <= {0, 1}


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    truth = write_set(tmp_path, "train", images=2, classes=("spine",))
    (tmp_path / "train" / "1.png").unlink()
    with pytest.raises(TrainingError, match=r"1\.png cannot be read as a picture"):
        load_annotated(truth)
