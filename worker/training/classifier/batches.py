"""Training batches for the classifier: real, made and binarised spines, every window turned and changed anew."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from spines.training.recipes import ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import stretch_windows
from worker.training.data.augment import change_intensity, random_turn
from worker.training.data.binarise import binarise
from worker.training.data.coco import AnnotatedImage
from worker.training.data.windows import LabelledSpine

MADE_BALANCE = 1.0
NATIVE_SHARE = 0.5  # of the windows of pictures without a pixel size: at their own scale, as serving shows them

Window = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Spines:
    """What batches are drawn from. `outlines` and `binary` are silhouettes already."""

    real: Sequence[LabelledSpine]
    made: Sequence[LabelledSpine] = ()
    outlines: Sequence[LabelledSpine] = ()
    backgrounds: Sequence[AnnotatedImage] = ()


class _Pool:
    """Spines of one kind with the chance of each to be drawn."""

    def __init__(self, spines: Sequence[LabelledSpine], *, balance: float) -> None:
        self.spines = spines
        labels = np.array([spine.label for spine in spines], np.int64)
        weights = np.bincount(labels, minlength=len(SPINE_CLASSES)).astype(float)[labels] ** -balance
        self.weights = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> LabelledSpine:
        return self.spines[int(rng.choice(len(self.spines), p=self.weights))]


class WindowSampler:
    """Draws training batches by the shares of a recipe; what there is none of leaves its share to real spines."""

    def __init__(self, spines: Spines, *, recipe: ClassifierRecipe, rng: np.random.Generator) -> None:
        self.recipe = recipe
        self.rng = rng
        self.backgrounds = spines.backgrounds
        self.real = _Pool(spines.real, balance=recipe.balance)
        made, outlines = spines.made if recipe.made_share else (), spines.outlines if recipe.outline_share else ()
        self.made = _Pool(made, balance=MADE_BALANCE) if made else None
        self.outlines = _Pool(outlines, balance=MADE_BALANCE) if outlines else None

    def batch(self, size: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw windows (size, side, side, 3) in [0, 1] and one-hot classes (size, 4)."""
        drawn = [self.example() for _ in range(size)]
        windows = stretch_windows(np.stack([window for window, _ in drawn]))
        classes = np.eye(len(SPINE_CLASSES), dtype=np.float32)[[label for _, label in drawn]]
        return np.repeat(windows[..., None], 3, axis=3), classes

    def example(self) -> tuple[Window, int]:
        """Draw one window (side, side) and its class."""
        recipe, chance = self.recipe, self.rng.random()
        if self.outlines is not None and chance < recipe.outline_share:
            spine = self.outlines.draw(self.rng)
            return self.silhouette(spine), spine.label
        chance -= recipe.outline_share
        if self.made is not None and 0 <= chance < recipe.made_share:
            spine = self.made.draw(self.rng)
            return self.changed(spine), spine.label
        chance -= recipe.made_share
        spine = self.real.draw(self.rng)
        if 0 <= chance < recipe.binarised_share:
            return self.silhouette(spine), spine.label
        return self.changed(spine), spine.label

    def silhouette(self, spine: LabelledSpine) -> Window:
        """A spine's window as a silhouette, its edges somewhat soft or hard."""
        window = binarise(self.turned(spine), local=bool(self.rng.random() < 0.5))
        return np.asarray(gaussian_filter(window, self.rng.uniform(0, 1)), np.float32)

    def changed(self, spine: LabelledSpine) -> Window:
        """A spine's window with light, haze, blur and noise changed by the recipe's shares."""
        recipe, rng = self.recipe, self.rng
        window = self.turned(spine)
        if rng.random() < recipe.background_share:
            window = self.with_background(window)
        if rng.random() < recipe.degraded_share:
            window = gaussian_filter(window, rng.uniform(0.8, 2.5))
            window = window + np.float32(rng.uniform(0.03, 0.15)) * rng.standard_normal(window.shape, np.float32)
        window = change_intensity(rng, np.clip(window, 0, 1))
        return 1 - window if rng.random() < recipe.inverted_share else window

    def turned(self, spine: LabelledSpine) -> Window:
        """A spine's window (side, side) in [0, 1], turned, mirrored, scaled and shifted at random."""
        recipe, rng = self.recipe, self.rng
        is_wide = rng.random() < recipe.wide_share
        low, high = recipe.wide_scales if is_wide else recipe.scales
        is_native = spine.image.pixel_size_um is None and rng.random() < NATIVE_SHARE
        px = spine.served_px if is_native else spine.px_per_reference_px
        reach_px = recipe.jitter_px * px + recipe.jitter_of_box * np.array(spine.sides_px)
        shift_px = rng.uniform(-1, 1, 2) * reach_px
        centre_px = np.array(spine.centre_px) + shift_px
        return self._cut(spine.image, centre_px, scale=recipe.size_px / (recipe.window_px * px), low=low, high=high)

    def _cut(
        self, image: AnnotatedImage, centre_px: NDArray[np.float64], *, scale: float, low: float, high: float
    ) -> Window:
        size_px = self.recipe.size_px
        turn = random_turn(self.rng, low_scale=low * scale, high_scale=high * scale)
        back = np.linalg.inv(turn)
        offset = centre_px - back @ np.full(2, size_px / 2)
        window = Image.fromarray(image.grey).transform(
            (size_px, size_px),
            Image.Transform.AFFINE,
            (back[0, 0], back[0, 1], offset[0], back[1, 0], back[1, 1], offset[1]),
            Image.Resampling.BILINEAR,
        )
        return np.asarray(window, np.float32) / np.float32(255)

    def with_background(self, window: Window) -> Window:
        """Light that a cut-out lacks: scattered from the dendrite itself, and a dim piece of another field."""
        rng = self.rng
        spread = gaussian_filter(window, rng.uniform(0.06, 0.2) * window.shape[0])
        lit = window + np.float32(rng.uniform(0, 0.6)) * spread
        if self.backgrounds:
            field = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
            size_px = np.array(field.grey.shape[::-1], float)
            scale = self.recipe.size_px / self.recipe.window_px
            behind = self._cut(field, rng.uniform(0.15, 0.85, 2) * size_px, scale=scale, low=0.7, high=1.5)
            if rng.random() < 0.5:
                behind = gaussian_filter(behind, rng.uniform(0.5, 3))
            lit = lit + np.float32(rng.uniform(0.1, 0.5)) * behind * (1 - np.clip(window, 0, 1))
        return np.asarray(lit / max(float(lit.max()), 1e-6), np.float32)
