"""Features of a frozen base, computed once and kept beside the run, so that its head retrains in seconds."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spines.training.recipes import ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import stretch_windows
from worker.training.classifier.batches import Spines, WindowSampler
from worker.training.data.windows import LabelledSpine, class_counts

FEATURES_FILE = "features.npz"
WINDOWS_AT_ONCE = 32
BINARISED_SHARE = 0.5  # of what evens the classes out; the rest are made silhouettes

Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]


class FrozenWindows:
    """The windows that a frozen base sees: every real spine `views` times, and silhouettes that even out the classes.

    Of what a class lacks to the most frequent one, half are its real spines binarised and half made silhouettes.
    """

    def __init__(self, spines: Spines, *, recipe: ClassifierRecipe, rng: np.random.Generator) -> None:
        self.sampler = WindowSampler(spines, recipe=recipe, rng=rng)
        self.drawn: list[tuple[LabelledSpine, bool]] = [(s, False) for s in spines.real for _ in range(recipe.views)]
        counts = class_counts(spines.real)
        for label, name in enumerate(SPINE_CLASSES):
            lacking = recipe.views * (max(counts.values()) - counts[name])
            real = [spine for spine in spines.real if spine.label == label]
            made = [spine for spine in spines.made if spine.label == label]
            share = BINARISED_SHARE if real and made else float(bool(real))
            binarised = round(share * lacking)
            for few, count in ((real, binarised), (made, lacking - binarised)):
                if few:
                    self.drawn += [(few[i], True) for i in rng.integers(0, len(few), count)]

    def __len__(self) -> int:
        return len(self.drawn)

    @property
    def classes(self) -> NDArray[np.float32]:
        """(n, 4), one-hot."""
        return np.eye(len(SPINE_CLASSES), dtype=np.float32)[[spine.label for spine, _ in self.drawn]]

    def windows(self, drawn: Sequence[tuple[LabelledSpine, bool]]) -> NDArray[np.float32]:
        """(n, side, side, 3) in [0, 1]."""
        windows = [self.sampler.silhouette(s) if binary else self.sampler.changed(s) for s, binary in drawn]
        return np.repeat(stretch_windows(np.stack(windows))[..., None], 3, axis=3)

    def batches(self, size: int) -> list[NDArray[np.float32]]:
        """All windows, `size` at a time, in a random order."""
        order = self.sampler.rng.permutation(len(self.drawn))
        parts = [order[first : first + size] for first in range(0, len(order), size)]
        return [self.windows([self.drawn[i] for i in part]) for part in parts]


def features_of(base: Any, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 2048) features of (n, side, side, 3) windows."""
    parts = [
        np.asarray(base(windows[first : first + WINDOWS_AT_ONCE], training=False))
        for first in range(0, len(windows), WINDOWS_AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float32)


def cached_features(folder: Path, base: Any, frozen: FrozenWindows, *, key: str) -> Arrays:
    """Features and one-hot classes of the windows; computed, or read where they were kept under the same key."""
    path, named = folder / FEATURES_FILE, hashlib.sha256(key.encode()).hexdigest()
    if path.is_file():
        with np.load(path) as kept:
            if str(kept["key"]) == named:
                return kept["features"], kept["classes"]
    parts = [
        features_of(base, frozen.windows(frozen.drawn[first : first + WINDOWS_AT_ONCE]))
        for first in range(0, len(frozen), WINDOWS_AT_ONCE)
    ]
    features = np.concatenate(parts)
    part = path.with_suffix(".part.npz")
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(part, key=np.array(named), features=features, classes=frozen.classes)
    part.replace(path)
    return features, frozen.classes
