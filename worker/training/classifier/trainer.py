"""Train the spine classifier: `python -m worker.training.classifier --data FOLDER --run FOLDER --minutes N`.

InceptionV3 as a hub layer under MirroredStrategy: whole, or frozen with a head on features that are computed once.
The learning rate follows a cosine over the budget, so that a run ends finished on a machine of any speed; a run that
was stopped goes on from its checkpoint with --resume. At the end the network is exported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from spines.synthesis import Look
from spines.training.recipes import CLASSIFIER_RECIPES, ClassifierRecipe
from worker.training.classifier.batches import Spines, WindowSampler
from worker.training.classifier.checkpoint import (
    native_weights,
    put_mixed,
    start_from,
)
from worker.training.classifier.export import export_with_card, named_sources
from worker.training.classifier.features import FrozenWindows, cached_features, features_of
from worker.training.classifier.fitting import Batch, ClassifierRun, Fitting, compile_network, watched_figures
from worker.training.classifier.inception import build_classifier, choose_base, estimate_norms, use_processor
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.data.windows import (
    LabelledSpine,
    labels_of,
    load_backgrounds,
    load_spines,
    make_spines,
    outline_spines,
    require_examples,
    serving_windows,
    split_by_group,
)
from worker.training.judging.lineage import beginning_of, note_beginning
from worker.training.run.console import say_stage
from worker.training.run.errors import TrainingError
from worker.training.run.keeping import choose_share
from worker.training.run.options import parse_run

DEFAULT_MINUTES = 40
DEFAULT_THREADS = 0  # every core
WATCHED_SHARE = 0.15  # of the groups, where a training folder has no val part
NORM_BATCHES = 16
KEPT_MADE_IMAGES, KEPT_MADE_SEED = 12, 3_000_017  # old domain by which the kept share is chosen
MADE_LOOKS = (Look.TWO_PHOTON, Look.CUT_OUT)


def gather(run: ClassifierRun, data: TrainingData) -> tuple[Spines, list[LabelledSpine]]:
    """Spines to train on, and real ones to watch. Raises TrainingError where a class has too few."""
    recipe = run.recipe
    real = load_spines(data, "train")
    watched = load_spines(data, "val") if _has_part(data, "val") else []
    if not watched:
        real, watched = split_by_group(real, held_out_share=WATCHED_SHARE, seed=run.seed)
    count = recipe.made_images if data.made_images is None else data.made_images
    looks = MADE_LOOKS if recipe.whole else (Look.BINARY,)
    made = make_spines(count, seed=data.made_seed or run.seed, looks=looks)
    require_examples([*real, *made])
    outlines = outline_spines(data) if recipe.outline_share else []
    backgrounds = load_backgrounds(data) if recipe.background_share else []
    return Spines(real=real, made=made, outlines=outlines, backgrounds=backgrounds), watched


def _has_part(data: TrainingData, part: str) -> bool:
    return any((data.folder / s.folder / f"{part}.json").is_file() for s in data.sources if s.has_classes)


def train(run: ClassifierRun) -> None:
    """Train, keep a checkpoint an epoch, and export. Raises TrainingError, InvalidInput."""
    use_processor(threads=run.threads)
    tf.keras.utils.set_random_seed(run.seed)
    data = read_training_folder(run.data)
    note_beginning(run.folder, run.start_from)
    say_stage(run.progress, "Reading images and drawing made ones")
    spines, watched = gather(run, data)
    if run.recipe.whole:
        network, done = train_whole(run, spines, watched)
    else:
        network, done = train_head(run, spines, watched)
    say_stage(run.progress, "Exporting and checking the network")
    made = len({spine.image.group for spine in spines.made})
    seed = data.made_seed or run.seed
    export_with_card(
        network,
        data=data,
        folder=run.model,
        recipe_name=run.recipe_name,
        recipe={**asdict(run.recipe), **done},
        sources=named_sources(data, run.recipe, made=made, seed=seed, start_from=run.start_from),
        beginning=beginning_of(run.folder),
        detector=run.detector,
    )


def train_whole(run: ClassifierRun, spines: Spines, watched: list[LabelledSpine]) -> tuple[Any, dict[str, float]]:
    """Train base and head together; the network, its steps, and the share that it keeps of an earlier one."""
    say_stage(run.progress, "Building the network")
    network = build_classifier(choose_base(run.data, run.recipe, start_from=run.start_from), run.recipe)
    if run.start_from is not None:
        start_from(run.start_from, network)
    compile_network(network, run.recipe)
    rng = np.random.default_rng((run.seed, 7))
    sampler = WindowSampler(spines, recipe=run.recipe, rng=rng)
    windows = serving_windows(watched, window_px=run.recipe.window_px, size_px=run.recipe.size_px)
    fitting = Fitting(network, run, draw=sampler.batch, watched=(windows, _one_hot(watched)), rng=rng)
    fitting.fit()
    done: dict[str, float] = {"steps": fitting.progress.step}
    if run.start_from is not None:
        kept = keep_old(run, network, began_in=run.start_from, watched=(windows, _one_hot(watched)))
        done["share kept of the earlier network"] = kept
    return network, done


def keep_old(run: ClassifierRun, network: Any, *, began_in: Path, watched: Batch) -> float:
    """Average the weights that the run began with into the network, by a share chosen on watched and made spines."""
    say_stage(run.progress, "Choosing how much of the earlier network stays")
    became = native_weights(network)
    start_from(began_in, network)
    began = native_weights(network)
    made = make_spines(min(KEPT_MADE_IMAGES, run.recipe.made_images), seed=KEPT_MADE_SEED, looks=MADE_LOOKS)
    old = (serving_windows(made, window_px=run.recipe.window_px, size_px=run.recipe.size_px), _one_hot(made))

    def figure(share: float) -> float:
        put_mixed(network, began=began, became=became, share=share)
        found = [watched_figures(network, part, batch=run.recipe.batch) for part in (watched, old) if len(part[0])]
        return float(np.mean([each["accuracy"] for each in found]))

    kept = choose_share(figure, spines=len(watched[0]))
    put_mixed(network, began=began, became=became, share=kept.share)
    say_stage(run.progress, kept.sentence)
    return kept.share


def train_head(run: ClassifierRun, spines: Spines, watched: list[LabelledSpine]) -> tuple[Any, dict[str, float]]:
    """Train a head on a frozen base's features, which are computed once; the whole network and its steps."""
    recipe = run.recipe
    rng = np.random.default_rng((run.seed, 8))
    frozen = FrozenWindows(spines, recipe=recipe, rng=rng)
    say_stage(run.progress, "Building the network")
    base = choose_base(run.data, recipe, start_from=run.start_from)
    if not isinstance(base, str) and run.start_from is None:
        estimate_norms(base, frozen.batches(recipe.batch)[:NORM_BATCHES])
    network = build_classifier(base, recipe)
    if run.start_from is not None:
        start_from(run.start_from, network)
    say_stage(run.progress, f"Computing the features of {len(frozen):,} windows")
    key = f"{recipe} {run.seed} {run.start_from} {run.data} {len(frozen)} {len(spines.made)}"
    features, classes = cached_features(run.folder, network.layers[0], frozen, key=key)
    windows = serving_windows(watched, window_px=recipe.window_px, size_px=recipe.size_px)
    with network.distribute_strategy.scope():
        head = tf.keras.Sequential([tf.keras.layers.InputLayer(features.shape[1:]), *network.layers[1:]])
    compile_network(head, recipe)
    drawing = np.random.default_rng((run.seed, 9))

    def draw(size: int) -> Batch:
        rows = drawing.integers(0, len(features), size)
        return features[rows], classes[rows]

    seen = features_of(network.layers[0], windows)
    fitting = Fitting(head, run, draw=draw, watched=(seen, _one_hot(watched)), rng=drawing)
    fitting.fit()
    return network, {"steps": fitting.progress.step}


def _one_hot(spines: list[LabelledSpine]) -> NDArray[np.float32]:
    return np.eye(4, dtype=np.float32)[labels_of(spines)]


@contextmanager
def memory_explained(recipe: ClassifierRecipe) -> Iterator[None]:
    """Turn running out of memory into a TrainingError that says what to lower."""
    try:
        yield
    except (MemoryError, tf.errors.ResourceExhaustedError) as error:
        raise TrainingError(
            f"The memory does not hold a batch of {recipe.batch} windows of {recipe.size_px} × {recipe.size_px} px: "
            f"lower it with batch={max(recipe.batch // 2, 1)}, or make the windows smaller with size_px."
        ) from error


def main(arguments: list[str]) -> None:
    """Read the command line, train and export."""
    run = parse_run(
        arguments, kind="classifier", recipes=CLASSIFIER_RECIPES, threads=DEFAULT_THREADS, minutes=DEFAULT_MINUTES
    )
    with memory_explained(run.recipe):
        train(run)
