"""What each ingredient of the classifier's recipe does: `python -m worker.training.classifier.ablation --data FOLDER`.

Three kinds of row. Cheap ones train a head on features of a frozen base, by grouped cross-validation. Whole ones
train the network from the same base for the same number of steps with one thing changed, on part of the training
groups. The last are the published recipe's. Each is judged on groups it has not seen, the same in haze, and the val
part. Rows are kept in the output folder as they are done, and rows that are there are not trained again.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from spines.synthesis import Look
from spines.training.recipes import CLASSIFIER_RECIPES, ClassifierRecipe
from spines.vocabulary.classes import IMMATURE
from worker.inference.card import SPINE_CLASSES
from worker.inference.classifier import flips_of
from worker.training.classifier import ablation_frozen
from worker.training.classifier.batches import Spines, WindowSampler
from worker.training.classifier.features import FrozenWindows, features_of
from worker.training.classifier.fitting import compile_network
from worker.training.classifier.inception import build_classifier, choose_base, estimate_norms, use_processor
from worker.training.classifier.trainer import MADE_LOOKS, NORM_BATCHES
from worker.training.data.sources import read_training_folder
from worker.training.data.windows import (
    LabelledSpine,
    labels_of,
    load_backgrounds,
    load_spines,
    make_spines,
    outline_spines,
    serving_windows,
    split_by_group,
)
from worker.training.judging.classifier_figures import class_figures, fit_temperature, probabilities
from worker.training.run.console import exit_code

ROWS_FILE = "rows.json"
TABLE_FILE = "table.md"
HELD_OUT_SHARE = 0.3
HEAD_STEPS = 600
DEFAULT = CLASSIFIER_RECIPES["default"]
SEED_RECIPE = replace(CLASSIFIER_RECIPES["seed"], views=1)
PLAIN = replace(
    DEFAULT,
    balance=0.0,
    made_share=0.0,
    binarised_share=0.0,
    outline_share=0.0,
    background_share=0.0,
    degraded_share=0.0,
    inverted_share=0.0,
    wide_share=0.0,
    jitter_of_box=0.0,
)
_MADE = replace(PLAIN, made_share=DEFAULT.made_share)
_BALANCED = replace(_MADE, balance=DEFAULT.balance)
_BINARISED = replace(_BALANCED, binarised_share=DEFAULT.binarised_share)
RECIPES: dict[str, ClassifierRecipe] = {
    "real spines only, drawn as often as annotated": PLAIN,
    "+ made images": _MADE,
    "+ rare classes drawn more often": _BALANCED,
    "+ binarised spines": _BINARISED,
    "+ haze, noise, wide scales, box shifts: `default`": DEFAULT,
    "`default` without made images": replace(DEFAULT, made_share=0.0),
    "`default` in a window of 64 px at 128²": replace(DEFAULT, window_px=64.0, size_px=128),
    "`default` at 128²": replace(DEFAULT, size_px=128),
    "`default` with 10 % experts' outlines": replace(DEFAULT, outline_share=0.1),
}
FROZEN_ROWS = {
    "frozen base, norms as stored (`seed` without them)": False,
    "frozen base, norms estimated: `seed`": True,
}
COLUMNS = ("accuracy", "macro-F1", *IMMATURE, "ECE")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every row shares."""

    data: Any
    spines: Spines
    sets: dict[str, list[LabelledSpine]]
    steps: int
    seed: int

    def sampler(self, recipe: ClassifierRecipe, spines: Spines | None = None) -> WindowSampler:
        """Batches of the training groups."""
        return WindowSampler(spines or self.spines, recipe=recipe, rng=np.random.default_rng((self.seed, 7)))


def prepare(folder: Path, *, steps: int, seed: int) -> Bench:
    """Read the training folder and hold groups out."""
    data = read_training_folder(folder)
    inside, held_out = split_by_group(load_spines(data, "train"), held_out_share=HELD_OUT_SHARE, seed=seed)
    spines = Spines(
        real=inside,
        made=make_spines(DEFAULT.made_images, seed=seed, looks=MADE_LOOKS),
        outlines=outline_spines(data),
        backgrounds=load_backgrounds(data),
    )
    return Bench(
        data=data, spines=spines, sets={"held out": held_out, "val": load_spines(data, "val")}, steps=steps, seed=seed
    )


def hazy(bench: Bench, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same windows with light behind them, which cut-outs lack; the same haze for every row."""
    sampler = bench.sampler(replace(DEFAULT, size_px=windows.shape[1]))
    lit = np.stack([sampler.with_background(window) for window in windows[..., 0]])
    low = lit.min(axis=(1, 2), keepdims=True)
    lit = (lit - low) / (lit.max(axis=(1, 2), keepdims=True) - low)
    return np.repeat(lit[..., None], 3, axis=3).astype(np.float32)


def judge(bench: Bench, recipe: ClassifierRecipe, ask: Any, *, flips: int = 1) -> dict[str, Any]:
    """Figures on the held-out groups, the same in haze, and the val part; each with the other's temperature."""
    logits, found = {}, {}
    for name, spines in bench.sets.items():
        windows = serving_windows(spines, window_px=recipe.window_px, size_px=recipe.size_px)
        logits[name] = np.stack([ask(np.flip(windows, axes)) for axes in flips_of(flips, turned=False)])
        if name == "held out":
            logits["in haze"] = ask(hazy(bench, windows))[None]
    temperatures = {name: fit_temperature(logits[name], labels_of(spines)) for name, spines in bench.sets.items()}
    other = {"held out": "val", "val": "held out", "in haze": "val"}
    for name, of_set in logits.items():
        spines = bench.sets["held out" if name == "in haze" else name]
        figures = class_figures(spines, probabilities(of_set, temperatures[other[name]]))
        found[name] = {
            "accuracy": figures["accuracy"],
            "macro-F1": figures["macro-F1"],
            **{key: figures["recall"][key] for key in IMMATURE},
            "ECE": figures["expected calibration error"],
        }
    return found


class WholeRows:
    """Rows in which the whole network is trained, always from the same weights."""

    def __init__(self, bench: Bench, network: Any) -> None:
        self.bench = bench
        self.network = network
        compile_network(network, DEFAULT)
        network.optimizer.build(network.trainable_variables)
        self.weights = network.get_weights()

    def ask(self, windows: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n, 4) logits."""
        return np.asarray(self.network.predict(windows, batch_size=32, verbose=0), np.float64)

    def train(self, recipe: ClassifierRecipe) -> None:
        """Train anew for the steps of the bench, the learning rate falling as a cosine."""
        self.network.set_weights(self.weights)
        for variable in self.network.optimizer.variables:
            variable.assign(tf.zeros_like(variable))
        sampler = self.bench.sampler(recipe)
        for step in range(self.bench.steps):
            warm = min(1.0, (step + 1) / recipe.warm_up_steps)
            rate = recipe.learning_rate * warm * 0.5 * (1 + np.cos(np.pi * step / self.bench.steps))
            self.network.optimizer.learning_rate.assign(rate)
            self.network.train_on_batch(*sampler.batch(recipe.batch))

    def rows(self, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Train and judge; after `default`, its mirror images and re-estimated norms too."""
        for name in names:
            recipe = RECIPES[name]
            self.train(recipe)
            yield name, judge(self.bench, recipe, self.ask)
            if recipe == DEFAULT:
                for flips in (2, 4):
                    yield f"… {flips} mirror images averaged", judge(self.bench, recipe, self.ask, flips=flips)
                self._estimate_norms(recipe)
                yield "… norms estimated anew on unchanged windows", judge(self.bench, recipe, self.ask)

    def _estimate_norms(self, recipe: ClassifierRecipe) -> None:
        """Let the norms forget the changed windows that they were trained on."""
        sampler = self.bench.sampler(replace(PLAIN, balance=recipe.balance))
        for _ in range(3 * NORM_BATCHES):
            self.network(sampler.batch(recipe.batch)[0], training=True)


def frozen_row(bench: Bench, *, estimated: bool) -> dict[str, Any]:
    """Train the seed recipe's head on the features of a frozen base."""
    made = make_spines(SEED_RECIPE.made_images, seed=bench.seed, looks=(Look.BINARY,))
    spines = replace(bench.spines, made=made, outlines=())
    frozen = FrozenWindows(spines, recipe=SEED_RECIPE, rng=np.random.default_rng((bench.seed, 8)))
    base = choose_base(bench.data.folder, SEED_RECIPE, start_from=None)
    if estimated:
        estimate_norms(base, frozen.batches(SEED_RECIPE.batch)[:NORM_BATCHES])
    network = build_classifier(base, SEED_RECIPE)
    features = features_of(network.layers[0], frozen.windows(frozen.drawn))
    with network.distribute_strategy.scope():
        head = tf.keras.Sequential([tf.keras.layers.InputLayer(features.shape[1:]), *network.layers[1:]])
    compile_network(head, SEED_RECIPE)
    rng, classes = np.random.default_rng(bench.seed), frozen.classes
    for _ in range(HEAD_STEPS):
        rows = rng.integers(0, len(features), SEED_RECIPE.batch)
        head.train_on_batch(features[rows], classes[rows])

    def ask(windows: NDArray[np.float32]) -> NDArray[np.float64]:
        found = head.predict(features_of(network.layers[0], windows), verbose=0)
        return np.log(np.maximum(np.asarray(found, np.float64), 1e-12))

    return judge(bench, SEED_RECIPE, ask)


def table(bench_note: str, rows: dict[str, dict[str, Any]]) -> str:
    """The rows as Markdown; "unseen" are the held-out groups, of all folds where rows were cross-validated."""
    heads = [f"{part}: {column}" for part in ("unseen", "val") for column in COLUMNS]
    heads = [*heads[: len(COLUMNS)], "in haze: accuracy", *heads[len(COLUMNS) :]]
    lines = ["| what | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name, row in rows.items():
        unseen = row.get("held out") or row["cross-validated"]
        cells = [unseen[c] for c in COLUMNS] + [row["in haze"]["accuracy"]] + [row["val"][c] for c in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in cells) + " |")
    return "\n".join([*lines, "", bench_note, ""])


def main(arguments: list[str]) -> None:
    """Train the rows that are not there yet and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.classifier.ablation",
        description="Measure what each ingredient of the recipe does.",
    )
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--output", type=Path, default=Path("checkpoints/ablation"))
    parser.add_argument("--steps", type=int, default=160, help="of 32 windows, a row (default 160)")
    parser.add_argument("--rows", type=int, nargs="*", help="numbers of the rows to train, from 0; default all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    known = parser.parse_args(arguments)
    use_processor(threads=known.threads)
    tf.keras.utils.set_random_seed(known.seed)
    known.output.mkdir(parents=True, exist_ok=True)
    kept = known.output / ROWS_FILE
    done: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.is_file() else {}
    names = [*ablation_frozen.ROWS, *RECIPES, *FROZEN_ROWS]
    wanted = [names[i] for i in known.rows] if known.rows is not None else names
    bench = prepare(known.data, steps=known.steps, seed=known.seed)
    started = time.monotonic()
    for name, row in train_rows(bench, [name for name in wanted if name not in done]):
        done[name] = {**row, "minutes": round((time.monotonic() - started) / 60, 2)}
        kept.write_text(json.dumps(done, indent=1))
        sys.stdout.write(f"{name}: {json.dumps(done[name])}\n")
        sys.stdout.flush()
    counts = {name: np.bincount(labels_of(spines), minlength=4).tolist() for name, spines in bench.sets.items()}
    note = f"{known.steps} steps of {DEFAULT.batch} windows a row, seed {known.seed}; spines as " + ", ".join(
        SPINE_CLASSES
    )
    note += "".join(f"; {name}: {', '.join(map(str, count))}" for name, count in counts.items()) + "."
    written = table(note, done)
    (known.output / TABLE_FILE).write_text(written)
    sys.stdout.write(written)


def train_rows(bench: Bench, names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Train the named rows."""
    heads = [name for name in names if name in ablation_frozen.ROWS]
    if heads:
        everything = replace(bench.spines, real=load_spines(bench.data, "train"))
        yield from ablation_frozen.FrozenRows(bench.data, everything, bench.sets["val"], seed=bench.seed).rows(heads)
    whole = [name for name in names if name in RECIPES]
    if whole:
        base = choose_base(bench.data.folder, DEFAULT, start_from=None)
        yield from WholeRows(bench, build_classifier(base, DEFAULT)).rows(whole)
    for name in names:
        if name in FROZEN_ROWS:
            yield name, frozen_row(bench, estimated=FROZEN_ROWS[name])


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
