"""Train the spine classifier: `python -m worker.training.classifier --data FOLDER --minutes N`.

InceptionV3 as a hub layer, fine-tuned whole under MirroredStrategy. The learning rate follows a cosine
over the time budget, so that a run ends finished on a machine of any speed. At the end it is exported.
"""

import argparse
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from spines.recipes import CLASSIFIER_RECIPES, ClassifierRecipe
from worker.inference.card import SPINE_CLASSES
from worker.training.classifier_data import WindowSampler, load_spines, serving_windows, split_by_group
from worker.training.console import exit_code, say_figures
from worker.training.export_classifier import export_with_card
from worker.training.inception import build_from_recipe, load_weights, save_weights


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one call of the command asks for."""

    data: Path
    checkpoint: Path
    output: Path
    recipe: ClassifierRecipe
    minutes: float
    steps: int | None
    held_out_share: float
    resume: bool
    seed: int


class Budget(tf.keras.callbacks.Callback):  # type: ignore[misc]
    """Warm-up and cosine over the budget of time or steps; stops the training at its end."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run
        self.step = 0
        self.started = time.monotonic()

    @property
    def done(self) -> float:
        """Share of the budget that is used up."""
        if self.run.steps is not None:
            return self.step / self.run.steps
        return (time.monotonic() - self.started) / (self.run.minutes * 60)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set the learning rate of this step."""
        warm = min(1.0, (self.step + 1) / self.run.recipe.warm_up_steps)
        cosine = 0.5 * (1 + math.cos(math.pi * min(self.done, 1.0)))
        self.model.optimizer.learning_rate.assign(self.run.recipe.learning_rate * warm * cosine)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the step and stop when the budget is used up."""
        self.step += 1
        if self.done >= 1:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Say the epoch's figures."""
        figures = {name: round(float(value), 4) for name, value in (logs or {}).items()}
        progress = {"step": self.step, "done": round(self.done, 3)}
        say_figures(self.run.checkpoint.with_suffix(".jsonl"), {"epoch": epoch, **figures, **progress})


class SmoothedCrossEntropy(tf.keras.losses.Loss):  # type: ignore[misc]
    """Cross-entropy of integer labels against logits, the labels smoothed over the classes."""

    def __init__(self, smoothing: float) -> None:
        super().__init__()
        self.smoothing = smoothing

    def call(self, labels: Any, logits: Any) -> Any:
        """Return the loss of every window, (N,)."""
        one_hot = tf.one_hot(tf.reshape(tf.cast(labels, tf.int32), [-1]), len(SPINE_CLASSES))
        return tf.keras.losses.categorical_crossentropy(
            one_hot, logits, from_logits=True, label_smoothing=self.smoothing
        )


def train(run: Run, network: Any) -> None:
    """Train, keep the weights in the checkpoint, and export. Raises TrainingError, InvalidInput."""
    recipe = run.recipe
    tf.keras.utils.set_random_seed(run.seed)
    spines = load_spines(run.data / "meng" / "train.json")
    inside, watched = split_by_group(spines, held_out_share=run.held_out_share, seed=run.seed)
    if not watched:
        watched = load_spines(run.data / "meng" / "val.json")
    steps_before = load_weights(run.checkpoint, network) if run.resume else 0
    with network.distribute_strategy.scope():
        network.compile(
            optimizer=tf.keras.optimizers.AdamW(recipe.learning_rate, weight_decay=recipe.weight_decay),
            loss=SmoothedCrossEntropy(recipe.label_smoothing),
            metrics=["accuracy"],
        )
    sampler = WindowSampler(inside, recipe=recipe, rng=np.random.default_rng((run.seed, steps_before)))
    windows = serving_windows(watched, window_px=recipe.window_px, size_px=recipe.size_px)
    budget = Budget(run)
    network.fit(
        sampler.batches(recipe.batch),
        steps_per_epoch=recipe.steps_per_epoch,
        epochs=1_000_000,
        verbose=0,
        validation_data=(windows, np.array([spine.label for spine in watched])),
        validation_freq=4,
        callbacks=[budget],
    )
    steps = steps_before + budget.step
    save_weights(run.checkpoint, network, steps=steps)
    export_with_card(network, data=run.data, folder=run.output, recipe={**asdict(recipe), "steps": steps})


def parse(arguments: list[str]) -> Run:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="manage.py train classifier", description="Train the spine classifier.")
    parser.add_argument("--data", type=Path, required=True, help="folder with meng/ and inception_v3/")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/classifier.npz"))
    parser.add_argument("--output", type=Path, default=Path("checkpoints/classifier"), help="folder for the network")
    parser.add_argument("--recipe", choices=sorted(CLASSIFIER_RECIPES), default="default")
    parser.add_argument("--minutes", type=float, default=25, help="time for training (default 25)")
    parser.add_argument("--steps", type=int, help="a number of steps instead of a time")
    parser.add_argument(
        "--held-out-share", type=float, default=0.0, help="share of the stacks to watch instead of the val part"
    )
    parser.add_argument("--resume", action="store_true", help="begin with the checkpoint's weights")
    parser.add_argument("--seed", type=int, default=0)
    known = vars(parser.parse_args(arguments))
    return Run(**{**known, "recipe": CLASSIFIER_RECIPES[known["recipe"]]})


def main(arguments: list[str]) -> None:
    """Read the command line, build the network and train it."""
    run = parse(arguments)
    train(run, build_from_recipe(run.data, run.recipe))


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
