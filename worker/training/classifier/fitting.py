"""One training of a classifier: steps by a cosine over its budget, what is watched, checkpoints, the best weights."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from spines.training.recipes import ClassifierRecipe
from worker.training.classifier.checkpoint import (
    CHECKPOINT_FILE,
    Progress,
    load_checkpoint,
    save_checkpoint,
)
from worker.training.run.console import say_figures
from worker.training.run.errors import TrainingError
from worker.training.run.options import Run
from worker.training.run.pace import Stopwatch, epoch_seconds, warm_up

Batch = tuple[NDArray[np.float32], NDArray[np.float32]]


ClassifierRun = Run[ClassifierRecipe]


def compile_network(network: Any, recipe: ClassifierRecipe) -> None:
    """Give a network its optimiser (AdamW; Adam without weight decay), categorical cross-entropy and accuracy."""
    optimisers = tf.keras.optimizers
    with network.distribute_strategy.scope():
        network.compile(
            optimizer=(
                optimisers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay)
                if recipe.weight_decay
                else optimisers.Adam(recipe.learning_rate)
            ),
            loss=tf.keras.losses.CategoricalCrossentropy(
                from_logits=not recipe.hidden, label_smoothing=recipe.label_smoothing
            ),
            metrics=["accuracy"],
        )


def watched_figures(network: Any, watched: Batch, *, batch: int) -> dict[str, float]:
    """Loss and accuracy of a compiled network on windows.

    By one replica: of a last batch of fewer windows than there are replicas one would get none, and fail.
    """
    windows, classes = watched
    parts = [windows[first : first + batch] for first in range(0, len(windows), batch)]
    said = np.concatenate([np.asarray(network(part, training=False)) for part in parts])
    right = said.argmax(axis=1) == classes.argmax(axis=1)
    return {"loss": float(network.loss(classes, said)), "accuracy": float(right.mean())}


class Fitting:
    """One training: a compiled network, where its batches come from, what is watched, and where it stands."""

    def __init__(
        self,
        network: Any,
        run: ClassifierRun,
        *,
        draw: Callable[[int], Batch],
        watched: Batch,
        rng: np.random.Generator,
    ) -> None:
        replicas = network.distribute_strategy.num_replicas_in_sync
        if run.recipe.batch < replicas:
            raise TrainingError(
                f"A batch of {run.recipe.batch} is too small for {replicas} devices: give batch={replicas}."
            )
        self.network = network
        self.run = run
        self.recipe = run.recipe
        self.draw = draw
        self.watched = watched
        self.rng = rng
        self.progress = Progress()
        self.best_weights: list[NDArray[np.float32]] | None = None
        self.rate = self.recipe.learning_rate * (self.recipe.continued_rate if run.start_from else 1.0)
        self.stopwatch = Stopwatch()
        if run.resume and self.checkpoint.is_file():
            self.progress = load_checkpoint(self.checkpoint, network, rng=rng)
        else:
            run.progress.unlink(missing_ok=True)

    @property
    def checkpoint(self) -> Any:
        """What --resume goes on from."""
        return self.run.folder / CHECKPOINT_FILE

    @property
    def done(self) -> float:
        """Share of the budget that is used up: of the steps where they are given, else of the time."""
        if self.run.steps is not None:
            return self.progress.step / self.run.steps
        return self.progress.elapsed_s / (self.run.minutes * 60)

    def fit(self) -> None:
        """Train until the budget is used up or the watched loss stops falling; the best weights stay."""
        if self.run.start_from is not None and not self.progress.step:
            self._say_beginning()
        while self.done < 1 and not self._has_stalled():
            figures = self._epoch()
            self.progress.epoch += 1
            said = {"epoch": self.progress.epoch, **figures, "step": self.progress.step}
            minutes = round(self.progress.elapsed_s / 60, 2)
            self._remember_best(figures["val_loss"])
            self._save()
            say_figures(self.run.progress, {**said, "minutes": minutes, "done": round(min(self.done, 1.0), 3)})
        if self.best_weights is not None:
            self.network.set_weights(self.best_weights)

    def _say_beginning(self) -> None:
        """The figures of the network that it goes on from, before anything is trained: the curves begin there."""
        say_figures(self.run.progress, {"epoch": 0, **self._watch(), "step": 0, "minutes": 0.0, "done": 0.0})

    def _save(self) -> None:
        save_checkpoint(self.checkpoint, self.network, progress=self.progress, rng=self.rng)
        self.stopwatch.restart()

    def _has_stalled(self) -> bool:
        patience = self.recipe.patience
        return bool(patience) and self.progress.epoch - self.progress.best_epoch > patience

    def _remember_best(self, val_loss: float) -> None:
        if self.recipe.patience and val_loss < self.progress.best_loss:
            self.progress.best_loss, self.progress.best_epoch = val_loss, self.progress.epoch
            self.best_weights = self.network.get_weights()

    def _epoch(self) -> dict[str, float]:
        figures: dict[str, float] = {}
        ends_s = self.progress.elapsed_s + epoch_seconds(self.run.minutes, has_steps=self.run.steps is not None)
        for number in range(self.recipe.steps_per_epoch):
            started = time.monotonic()
            self._set_rate()
            windows, classes = self.draw(self.recipe.batch)
            figures = self.network.train_on_batch(windows, classes, reset_metrics=number == 0, return_dict=True)
            if not math.isfinite(figures["loss"]):
                raise TrainingError(
                    f"The loss is no number any more at step {self.progress.step}. Lower the learning rate."
                )
            self.progress.step += 1
            self.progress.elapsed_s += time.monotonic() - started
            if self.done >= 1 or self.progress.elapsed_s >= ends_s:
                break
            if self.stopwatch.is_due():
                self._save()
        return {name: round(float(value), 4) for name, value in figures.items()} | self._watch()

    def _watch(self) -> dict[str, float]:
        watched = watched_figures(self.network, self.watched, batch=self.recipe.batch)
        return {f"val_{name}": round(value, 4) for name, value in watched.items()}

    def _set_rate(self) -> None:
        warm = warm_up(step=self.progress.step, done=self.done, steps=self.recipe.warm_up_steps)
        cosine = 0.5 * (1 + math.cos(math.pi * min(self.done, 1.0)))
        self.network.optimizer.learning_rate.assign(self.rate * warm * cosine)
