"""Fixed windows around annotated spines for the classifier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from spines.recipes import ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import crop_windows, stretch_windows
from worker.training.augment import change_intensity, random_turn
from worker.training.coco import AnnotatedImage, load_annotated
from worker.training.errors import TrainingError

# Pictures of another size show their spines larger or smaller in proportion.
REFERENCE_SIDE_PX = 1024


@dataclass(frozen=True, kw_only=True)
class LabelledSpine:
    """One spine of one of the four classes."""

    image: AnnotatedImage
    centre_px: tuple[float, float]
    label: int

    @property
    def px_per_reference_px(self) -> float:
        """Pixels of this picture to one of a picture of the reference size."""
        return float(max(self.image.grey.shape) / REFERENCE_SIDE_PX)


def load_spines(truth: Path) -> list[LabelledSpine]:
    """Read the spines of the four classes out of a COCO file; other classes (ball) are left out."""
    spines = [
        LabelledSpine(image=image, centre_px=(float(x), float(y)), label=SPINE_CLASSES.index(name))
        for image in load_annotated(truth)
        for (x, y), name in zip(image.centres_px, image.classes, strict=True)
        if name in SPINE_CLASSES
    ]
    if not spines:
        raise TrainingError(f"{truth} has no spine of the classes {', '.join(SPINE_CLASSES)}.")
    return spines


def split_by_group(
    spines: Sequence[LabelledSpine], *, held_out_share: float, seed: int
) -> tuple[list[LabelledSpine], list[LabelledSpine]]:
    """Split so that a group (a stack's planes) stays on one side: what to train on, what to watch."""
    groups = sorted({spine.image.group for spine in spines})
    count = round(held_out_share * len(groups))
    held_out = set(np.random.default_rng(seed).permutation(groups)[:count])
    inside = [spine for spine in spines if spine.image.group not in held_out]
    return inside, [spine for spine in spines if spine.image.group in held_out]


def serving_windows(spines: Sequence[LabelledSpine], *, window_px: float, size_px: int) -> NDArray[np.float32]:
    """Cut the windows as serving does, (n, size, size, 3) in [0, 1]."""
    windows = [
        crop_windows(
            spine.image.normalised,
            [spine.centre_px],
            window_px=window_px * spine.px_per_reference_px,
            size_px=size_px,
        )
        for spine in spines
    ]
    return np.repeat(np.concatenate(windows)[..., None], 3, axis=3)


class WindowSampler:
    """Draws training batches: rare classes more often, every window turned and changed anew."""

    def __init__(self, spines: Sequence[LabelledSpine], *, recipe: ClassifierRecipe, rng: np.random.Generator) -> None:
        self.spines = spines
        self.recipe = recipe
        self.rng = rng
        labels = np.array([spine.label for spine in spines])
        weights = np.bincount(labels, minlength=len(SPINE_CLASSES)).astype(float)[labels] ** -recipe.balance
        self.weights = weights / weights.sum()

    def batches(self, size: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Yield windows (size, side, side, 3) in [0, 1] and labels (size,), without end."""
        while True:
            drawn = [self.spines[i] for i in self.rng.choice(len(self.spines), size, p=self.weights)]
            windows = stretch_windows(np.stack([self._window(spine) for spine in drawn]))
            yield np.repeat(windows[..., None], 3, axis=3), np.array([spine.label for spine in drawn])

    def _window(self, spine: LabelledSpine) -> NDArray[np.float32]:
        low, high = self.recipe.scales
        size_px = self.recipe.size_px
        own_scale = size_px / (self.recipe.window_px * spine.px_per_reference_px)
        turn = random_turn(self.rng, low_scale=low * own_scale, high_scale=high * own_scale)
        back = np.linalg.inv(turn)
        shift = self.rng.uniform(-self.recipe.jitter_px, self.recipe.jitter_px, 2) * spine.px_per_reference_px
        offset = np.array(spine.centre_px) + shift - back @ np.full(2, size_px / 2)
        window = Image.fromarray(spine.image.grey).transform(
            (size_px, size_px),
            Image.Transform.AFFINE,
            (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1]),
            Image.Resampling.BILINEAR,
        )
        return change_intensity(self.rng, np.asarray(window, np.float32) / np.float32(255))
