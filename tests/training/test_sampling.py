"""Crops and windows: what they show is where their labels say."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import maximum_position

from tests.training.made_sets import dots, write_set
from worker.training.data.augment import add_noise
from worker.training.data.coco import AnnotatedImage, load_annotated
from worker.training.data.parts import Part
from worker.training.data.sources import Source
from worker.training.detector.crops import CropSampler
from worker.training.run.errors import TrainingError

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
        crop = crops.crop()
        for x, y, width, height in crop.boxes_px:
            if min(x, y) > 12 and max(x, y) < 84:
                row, column = maximum_position(crop.grey)
                assert abs(column + 0.5 - x) < 3
                assert abs(row + 0.5 - y) < 3
                assert 16 * 0.79 < width < 16 * 1.26
                assert width == pytest.approx(height, rel=1e-5)
                seen += 1
    assert seen > 10


def test_annotated_squares_are_shrunk_and_small_pictures_enlarged() -> None:
    def widths(**source: float | bool | int) -> float:
        crops = sampler(one_spine(), around_spines=True, **source)
        boxes = np.concatenate([crops.crop().boxes_px for _ in range(60)])
        inside = (boxes[:, :2] > 20).all(axis=1) & (boxes[:, :2] < 76).all(axis=1)
        return float(np.median(boxes[inside, 2]))

    plain = widths()
    assert widths(box_factor=0.5) == pytest.approx(plain / 2, rel=0.05)
    assert widths(reference_side_px=256) == pytest.approx(plain * 2, rel=0.2)


def test_a_batch_numbers_its_targets() -> None:
    crops, targets, known, slack = sampler(one_spine(), around_spines=True, click_slack=1.5).batch(5)
    assert crops.shape == (5, 3, 96, 96)
    assert (crops[:, 0] == crops[:, 2]).all()
    assert set(targets[:, 0]) <= set(range(5))
    assert (targets[:, 1] == 0).all()
    assert known.shape == (5, 12, 12)
    assert (known == 1).all()
    assert (slack == 1.5).all()


def test_spines_outside_of_a_crop_are_no_targets() -> None:
    image = AnnotatedImage(
        grey=np.zeros((600, 600), np.uint8),
        boxes_px=np.array([[2, 2, 8, 8]], np.float32),
        classes=("spine",),
        group="a",
    )
    crops = sampler(image)
    found = [len(crops.crop().boxes_px) for _ in range(20)]
    assert found.count(0) > 10
    assert set(found) <= {0, 1}


def test_only_what_lies_about_an_annotated_spine_is_known() -> None:
    crops = sampler(one_spine(), around_spines=True, known_within=1.25)
    checked = 0
    for _ in range(20):
        crop = crops.crop()
        rows, columns = np.indices(crop.known.shape) * 8 + 4
        black = 0
        for x, y, side, _height in crop.boxes_px:
            near = np.hypot(columns - x, rows - y) < side
            assert (crop.known[near] == 1).all()
            checked += int(near.sum())
            black = int((crop.known[np.hypot(columns - x, rows - y) > 1.6 * side] == 0).sum())
        checked += black
    assert checked > 500


def test_what_may_be_a_spine_or_not_is_unknown() -> None:
    image = replace(one_spine(), unknown_px=np.array([[20, 20, 30, 30]], np.float32))
    part = Part(Source(folder="made"), [image])
    crops = CropSampler([part], crop_px=96, scales=(1, 1), rng=np.random.default_rng(3))
    shares = [1 - crops.crop().known.mean() for _ in range(30)]
    assert 0 < np.mean(shares) < 0.2  # 900 of the 9,216 px of a crop at most, where it shows them


def test_noise_is_as_coarse_as_the_pixels_of_the_picture() -> None:
    grey = np.full((120, 120), 0.5, np.float32)
    fine, coarse = (add_noise(np.random.default_rng(1), grey, grain_px=grain) for grain in (1.0, 4.0))
    steps = [np.abs(np.diff(noisy, axis=1)).mean() / noisy.std() for noisy in (fine, coarse)]
    assert steps[0] > 2 * steps[1]


def test_a_missing_picture_is_named(tmp_path: Path) -> None:
    truth = write_set(tmp_path, "train", images=2, classes=("spine",))
    (tmp_path / "train" / "1.png").unlink()
    with pytest.raises(TrainingError, match=r"1\.png cannot be read as a picture"):
        load_annotated(truth)
