"""The part of the ablation that costs little: heads on features of a frozen base, judged by grouped cross-validation.

Every window's features are computed once. A row is a way to draw from them; for every fold of the training groups a
head is trained on the others, so that every annotated spine is judged by a head that saw no plane of its stack.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from spines.training.recipes import CLASSIFIER_RECIPES
from spines.vocabulary.classes import IMMATURE
from worker.inference.card import SPINE_CLASSES
from worker.preprocess import stretch_windows
from worker.training.classifier.batches import MADE_BALANCE, Spines, WindowSampler
from worker.training.classifier.features import features_of
from worker.training.classifier.inception import choose_base, estimate_norms
from worker.training.data.sources import TrainingData
from worker.training.data.windows import LabelledSpine, labels_of, serving_windows
from worker.training.judging.classifier_figures import class_figures, probabilities

FOLDS = 5
VIEWS = 2
NORM_BATCHES = 16
HEAD_STEPS = 250
HEAD_BATCH = 64
HEAD_UNITS = 256
HEAD_RATE = 1e-3
DEFAULT = CLASSIFIER_RECIPES["default"]


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How a head's batches are drawn; shares as in a recipe."""

    balance: float = 0.0
    made: float = 0.0
    binarised: float = 0.0
    outlines: float = 0.0
    norms_estimated: bool = True
    mirrored: bool = False


_FULL = Mix(balance=DEFAULT.balance, made=DEFAULT.made_share, binarised=DEFAULT.binarised_share)
ROWS: dict[str, Mix] = {
    "frozen: real spines, drawn as often as annotated": Mix(),
    "frozen: + made images": Mix(made=DEFAULT.made_share),
    "frozen: + rare classes drawn more often": replace(_FULL, binarised=0.0),
    "frozen: + binarised spines": _FULL,
    "frozen: the same without made images": replace(_FULL, made=0.0),
    "frozen: the same with 10 % experts' outlines": replace(_FULL, outlines=0.1),
    "frozen: the same, two mirror images averaged": replace(_FULL, mirrored=True),
    "frozen: the same, norms as stored": replace(_FULL, norms_estimated=False),
}


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Features of one kind of window with class and fold; fold -1 may be drawn for every fold."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]


def folds_of(spines: Sequence[LabelledSpine], *, seed: int) -> NDArray[np.int64]:
    """(n,) fold of each spine: groups stay whole, those with the rarest class are dealt out first."""
    rarest = int(np.argmin(np.bincount(labels_of(spines), minlength=len(SPINE_CLASSES))))
    with_rarest = {spine.image.group for spine in spines if spine.label == rarest}
    groups = np.random.default_rng(seed).permutation(sorted({spine.image.group for spine in spines})).tolist()
    dealt = sorted(groups, key=lambda group: group not in with_rarest)
    fold = {group: index % FOLDS for index, group in enumerate(dealt)}
    return np.array([fold[spine.image.group] for spine in spines], np.int64)


class FrozenRows:
    """Features of all windows under one state of the norms, and heads trained on them."""

    def __init__(self, data: TrainingData, spines: Spines, val: list[LabelledSpine], *, seed: int) -> None:
        self.data = data
        self.spines = spines
        self.val = val
        self.seed = seed
        self.folds = folds_of(spines.real, seed=seed)
        layers = tf.keras.layers
        self.head = tf.keras.Sequential(
            [
                layers.InputLayer((2048,)),
                layers.Dense(HEAD_UNITS, activation="relu"),
                layers.Dropout(0.5),
                layers.Dense(len(SPINE_CLASSES)),
            ]
        )
        loss = tf.keras.losses.CategoricalCrossentropy(from_logits=True)
        self.head.compile(optimizer=tf.keras.optimizers.Adam(HEAD_RATE), loss=loss)
        self.head.optimizer.build(self.head.trainable_variables)
        self.first_weights = self.head.get_weights()

    def rows(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Train and judge the named rows; features are computed for the norms that they need."""
        for estimated in (True, False):
            wanted = [name for name in names if ROWS[name].norms_estimated is estimated]
            if wanted:
                self._compute(estimated=estimated)
            for name in wanted:
                yield name, self._row(ROWS[name])

    def _compute(self, *, estimated: bool) -> None:
        sampler = WindowSampler(self.spines, recipe=DEFAULT, rng=np.random.default_rng((self.seed, 11)))
        base = choose_base(self.data.folder, DEFAULT, start_from=None)
        if estimated:
            plain = replace(DEFAULT, made_share=0.0, binarised_share=0.0, outline_share=0.0)
            drawn = WindowSampler(self.spines, recipe=plain, rng=np.random.default_rng((self.seed, 12)))
            estimate_norms(base, [drawn.batch(32)[0] for _ in range(NORM_BATCHES)])
        call = tf.function(lambda windows, training: base(windows, training=training))
        real = self.spines.real
        self.pools = {
            "real": self._pool(call, [sampler.changed(s) for s in real for _ in range(VIEWS)], real, VIEWS, self.folds),
            "binarised": self._pool(call, [sampler.silhouette(s) for s in real], real, 1, self.folds),
        }
        for name, some in (("made", self.spines.made), ("outlines", self.spines.outlines)):
            change = sampler.changed if name == "made" else sampler.silhouette
            if some:
                folds = np.full(len(some), -1, np.int64)
                self.pools[name] = self._pool(call, [change(s) for s in some], some, 1, folds)
        clean = serving_windows(real, window_px=DEFAULT.window_px, size_px=DEFAULT.size_px)
        hazy = _as_windows([sampler.with_background(window) for window in clean[..., 0]])
        val = serving_windows(self.val, window_px=DEFAULT.window_px, size_px=DEFAULT.size_px)
        views = {"cross-validated": clean, "in haze": hazy, "val": val}
        views |= {f"{name} mirrored": np.flip(windows, 2) for name, windows in views.items()}
        self.judged = {name: features_of(call, windows) for name, windows in views.items()}

    @staticmethod
    def _pool(
        call: Any,
        windows: list[NDArray[np.float32]],
        spines: Sequence[LabelledSpine],
        views: int,
        folds: NDArray[np.int64],
    ) -> Pool:
        features = features_of(call, _as_windows(windows))
        return Pool(features=features, labels=np.repeat(labels_of(spines), views), folds=np.repeat(folds, views))

    def _row(self, mix: Mix) -> dict[str, Any]:
        real = self.spines.real
        views = ("", " mirrored") if mix.mirrored else ("",)
        logits = {
            name: np.zeros((len(views), len(real), len(SPINE_CLASSES))) for name in ("cross-validated", "in haze")
        }
        for fold in range(FOLDS):
            self._train(mix, without=fold)
            rows = self.folds == fold
            for name, of_set in logits.items():
                for number, view in enumerate(views):
                    of_set[number, rows] = self.head.predict(self.judged[f"{name}{view}"][rows], verbose=0)
        self._train(mix, without=None)
        logits["val"] = np.stack([self.head.predict(self.judged[f"val{view}"], verbose=0) for view in views])
        return {
            name: _short(class_figures(self.val if name == "val" else real, probabilities(of_set, 1.0)))
            for name, of_set in logits.items()
        }

    def _train(self, mix: Mix, *, without: int | None) -> None:
        self.head.set_weights(self.first_weights)
        for variable in self.head.optimizer.variables:
            variable.assign(tf.zeros_like(variable))
        self.head.optimizer.learning_rate.assign(HEAD_RATE)
        features, classes, chances = self._drawn_from(mix, without=without)
        rng = np.random.default_rng(self.seed)
        for _ in range(HEAD_STEPS):
            rows = rng.choice(len(features), HEAD_BATCH, p=chances)
            self.head.train_on_batch(features[rows], classes[rows])

    def _drawn_from(
        self, mix: Mix, *, without: int | None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
        shares = {"made": mix.made, "binarised": mix.binarised, "outlines": mix.outlines}
        shares["real"] = 1 - sum(shares.values())
        features, labels, chances = [], [], []
        for name, share in shares.items():
            if not share or name not in self.pools:
                continue
            pool = self.pools[name]
            rows = pool.folds != (-2 if without is None else without)
            balance = mix.balance if name in {"real", "binarised"} else MADE_BALANCE
            counts = np.bincount(pool.labels[rows], minlength=len(SPINE_CLASSES)).astype(float)
            weights = counts[pool.labels[rows]] ** -balance
            features.append(pool.features[rows])
            labels.append(pool.labels[rows])
            chances.append(share * weights / weights.sum())
        drawn = np.concatenate(chances)
        classes = np.eye(len(SPINE_CLASSES), dtype=np.float32)[np.concatenate(labels)]
        return np.concatenate(features), classes, drawn / drawn.sum()


def _as_windows(windows: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.repeat(stretch_windows(np.stack(windows))[..., None], 3, axis=3)


def _short(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        "accuracy": figures["accuracy"],
        "macro-F1": figures["macro-F1"],
        **{key: figures["recall"][key] for key in IMMATURE},
        "ECE": figures["expected calibration error"],
    }
