"""Export a trained classifier again: `python -m worker.training.classifier.export --data FOLDER --run FOLDER`.

Writes ONNX with 16-bit weights, checks it against TensorFlow, fits temperature and uncertain threshold on the val
part with the exported file itself, and writes the model card.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from spines.training.recipes import ClassifierRecipe
from worker.inference.backends import Backend, load_network
from worker.inference.card import CARD_FILE, MODEL_FILE, PRETRAINED_FOLDER, SPINE_CLASSES
from worker.training.classifier.checkpoint import keep_share, native_weights, start_from
from worker.training.classifier.inception import build_classifier, plain_base, use_processor
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.data.windows import serving_windows, spines_of
from worker.training.judging.card import (
    INCEPTION_V3,
    MADE_NAME,
    Card,
    DataSource,
    described,
    made_described,
    write_card,
)
from worker.training.judging.classifier_answers import Judged, calling_point, judged_spines, served_figures
from worker.training.judging.classifier_limits import limits_of, taught_by
from worker.training.judging.lineage import beginning_of, data_through
from worker.training.run.console import exit_code
from worker.training.run.onnx_file import require_agreement, store_half_weights, write_model
from worker.training.run.options import add_detector_option
from worker.training.run.weights import save_weights_file

# Of logits; probabilities differ by less.
TOLERANCE = 0.1
AGREEMENT_WINDOWS = 64
NAMES = {"default": "inception-v3-spines", "seed": "inception-v3-seed"}


def export(network: Any, path: Path, windows: NDArray[np.float32]) -> float:
    """Write the ONNX file where it agrees with the network in float32 on windows; the largest difference of an output.

    Raises TrainingError where they disagree; `path` is left as it was then.
    """
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": False})
    shape = (None, *network.input_shape[1:])
    signature = (tf.TensorSpec(shape, tf.float32, name="windows"),)
    model, _ = tf2onnx.convert.from_keras(network, input_signature=signature, opset=17)
    store_half_weights(model)
    candidate = path.with_suffix(".candidate.onnx")
    write_model(model, candidate)
    try:
        parts = np.array_split(windows, min(4, len(windows)))  # the network refuses an empty one
        expected = np.concatenate([network(part, training=False).numpy() for part in parts])
        difference = require_agreement(candidate, windows, [expected], [TOLERANCE])[0]
        candidate.replace(path)
    finally:
        candidate.unlink(missing_ok=True)
    return difference


def export_with_card(
    network: Any,
    *,
    data: TrainingData,
    folder: Path,
    recipe_name: str,
    recipe: Mapping[str, Any],
    sources: Sequence[DataSource],
    beginning: Mapping[str, Any] | None = None,
    detector: Path = PRETRAINED_FOLDER / "detector",
    beside: Mapping[str, Any] | None = None,
) -> None:
    """Write model.onnx, weights.npz, card.json and card.md of a trained network into `folder`.

    `beginning` is the card of the network that the training went on from, `detector` the folder of the one that serves
    and tells the scale of the pictures that the figures are taken on.
    """
    part, spines, val = judged_spines(data)
    window: dict[str, Any] = {"window_px": recipe["window_px"], "size_px": recipe["size_px"]}
    difference = export(network, folder / MODEL_FILE, serving_windows(val[:AGREEMENT_WINDOWS], **window))
    save_weights_file(folder, native_weights(network))
    judged = Judged(load_network(folder / MODEL_FILE, backend=Backend.ONNXRUNTIME), recipe)
    point = calling_point(judged, val, beginning=beginning)
    card = Card(
        kind="classifier",
        name=NAMES.get(recipe_name, f"inception-v3-{recipe_name}"),
        version=f"{datetime.now(UTC):%Y.%m.%d}",
        summary=summary_of(recipe),
        serving={
            "classes": list(SPINE_CLASSES),
            "window_px": recipe["window_px"],
            "input_size_px": recipe["size_px"],
            "input": "windows (N, S, S, 3) float32, worker.preprocess.crop_windows in three equal channels",
            "input_scale": 1.0,
            "input_offset": 0.0,
            "output": "probabilities" if recipe["hidden"] else "logits",
            **point.as_entry(),
            "test_time_flips": recipe["test_time_flips"],
            "turned_windows": recipe["turned_windows"],
        },
        data=sources,
        recipe={"name": recipe_name, **recipe},
        figures={
            "largest output difference to TensorFlow": round(difference, 5),
            **(beside or {}),
        },
        figures_command="python -m worker.training.classifier.export --data DATA --run RUN",
        limits=(),
    )
    write_card(card, folder)  # serving reads it, to judge
    figures = served_figures(folder, data, part=part, detector=detector)
    limits = limits_of(
        taught_by(data),
        spines,
        part=part,
        window_px=recipe["window_px"],
        has_made=any(source.name == MADE_NAME for source in sources),
        beginning=beginning,
        figures=figures,
        kept_because=point.kept_because,
    )
    write_card(replace(card, figures={**figures, **card.figures}, limits=limits), folder)


def summary_of(recipe: Mapping[str, Any]) -> str:
    """One sentence of what was trained."""
    if recipe["whole"]:
        return "InceptionV3, fine-tuned whole to tell four classes of dendritic spines apart in a fixed window."
    return "A frozen InceptionV3 with a dense head that tells four classes of dendritic spines apart in a fixed window."


def named_sources(
    data: TrainingData, recipe: ClassifierRecipe, *, made: int, seed: int, start_from: Path | None
) -> list[DataSource]:
    """What went into a network, as its card names it."""
    named = []
    for source in data.sources:
        if not source.has_classes and not recipe.background_share:
            continue
        images = data.images(source, "train")
        entry = described(source, images=len(images), spines=sum(len(spines_of([image], source)) for image in images))
        if source.has_classes:
            named.append(entry)
        elif images:
            named.append(replace(entry, part=f"train: {len(images):,} fields, put dimly behind spines"))
    if made and recipe.made_share:
        named.append(made_described(made, seed=seed))
    if recipe.outline_share and (data.folder / "ghani_masks").is_dir():
        named.append(OUTLINES)
    return [*named, *base_sources(recipe, start_from)]


OUTLINES = DataSource(
    name="ghani_masks",
    part="456 experts' outlines as binary images",
    licence="MIT",
    source="Ghani et al., J Neurosci Methods 279:13–21 (2017), github.com/mughanibu/Dendritic-Spine-Analysis-Dataset",
)


def base_sources(recipe: ClassifierRecipe, start_from: Path | None) -> list[DataSource]:
    """Where the base's weights are from: a handle, the classifier that is continued, or the 8-bit base."""
    if start_from is not None:
        try:
            return data_through(json.loads((start_from / CARD_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return [DataSource(name=start_from.name, part="weights to start from", licence="", source=str(start_from))]
    if recipe.base:
        return [DataSource(name="base", part="InceptionV3 base", licence="as its source states", source=recipe.base)]
    return [INCEPTION_V3]


def main(arguments: list[str]) -> None:
    """Read the command line and export a finished run's weights again."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.classifier.export", description="Export a run's weights.npz again."
    )
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--run", type=Path, default=Path("checkpoints/classifier"), help="folder of the finished run")
    parser.add_argument("--beside", type=Path, action="append", default=[], help="model folder whose figures to quote")
    parser.add_argument("--flips", type=int, choices=(1, 2, 4), help="mirror images that serving averages over")
    parser.add_argument("--keep-from", type=Path, help="model folder whose weights to average in")
    parser.add_argument("--kept-share", type=float, default=0.3, help="how much of them (default 0.3)")
    add_detector_option(parser)
    known = parser.parse_args(arguments)
    use_processor(threads=0)
    model = known.run / "model"
    stated = json.loads((model / CARD_FILE).read_text(encoding="utf-8"))
    recipe = {**stated["recipe"], **({"test_time_flips": known.flips} if known.flips else {})}
    known_fields = {field.name for field in fields(ClassifierRecipe)}
    built = ClassifierRecipe(**{name: value for name, value in recipe.items() if name in known_fields})
    network = build_classifier(built.base or plain_base(), built)
    start_from(model, network)
    if known.keep_from:
        keep_share(known.keep_from, network, known.kept_share)
        recipe["kept_share"] = known.kept_share
    name = recipe.pop("name")
    export_with_card(
        network,
        data=read_training_folder(known.data),
        folder=model,
        recipe_name=name,
        recipe=recipe,
        sources=[DataSource(**entry) for entry in stated["data"]],
        beginning=beginning_of(known.run),
        detector=known.detector,
        beside={f"recipe {n}": f for n, f in map(_quoted, known.beside)},
    )


def _quoted(folder: Path) -> tuple[str, dict[str, Any]]:
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    return card["recipe"]["name"], {name: f for name, f in card["figures"].items() if isinstance(f, int | float)}


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
