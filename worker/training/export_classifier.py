"""Export a trained classifier: `python -m worker.training.export_classifier --data FOLDER`.

Writes ONNX with 16-bit weights, checks it against TensorFlow, fits the temperature on the val part with the
exported file itself, and writes the model card.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf2onnx
from numpy.typing import NDArray

from spines.recipes import CLASSIFIER_RECIPES
from worker.evaluation import ScoredImage, score_classes
from worker.inference.backends import Backend, load_network
from worker.inference.card import MODEL_FILE, SPINE_CLASSES
from worker.training.card import INCEPTION_V3, MENG, Card, write_card
from worker.training.classifier_data import LabelledSpine, load_spines, serving_windows
from worker.training.console import exit_code, say_figures
from worker.training.inception import build_from_recipe, load_weights
from worker.training.onnx_file import require_agreement, store_half_weights, write_model

LOGIT_TOLERANCE = 0.1
TEMPERATURES = np.exp(np.linspace(np.log(0.2), np.log(5), 101))
# Eight experts agreed pairwise on 60 % of 330 spines (SpineTool): a class less sure than that is no class.
UNCERTAIN_BELOW = 0.6
LIMITS = [
    (
        "Trained on one laboratory's laser-scanning projections, the dendrite cut out on black: on whole fields "
        "with background its classes are unmeasured."
    ),
    "15 filopodia in the training part and 3 in the val part: their figures mean little.",
    (
        "Round spines without a visible neck (the source's class ball) are none of the four classes and were left "
        "out: they are given the class they resemble most."
    ),
    "The temperature was fitted on the val part that the figures are given for.",
    "The window is fixed in pixels; spines much larger or smaller than about 8 to 40 px are unlike its training.",
]


def export(network: Any, path: Path, windows: NDArray[np.float32]) -> float:
    """Write the ONNX file and compare it with the network on windows; the largest difference of a logit."""
    shape = (None, *network.input_shape[1:])
    signature = (tf.TensorSpec(shape, tf.float32, name="windows"),)
    model, _ = tf2onnx.convert.from_keras(network, input_signature=signature, opset=17)
    store_half_weights(model)
    write_model(model, path)
    expected = network(windows, training=False).numpy()
    return require_agreement(path, windows, [expected], [LOGIT_TOLERANCE])[0]


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Temperature of the lowest negative log-likelihood of (n,) labels under (n, 4) logits (Guo et al. 2017)."""
    losses = [-np.log(probabilities(logits, t)[np.arange(len(labels)), labels]).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def probabilities(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """Softmax of (n, 4) logits over a temperature."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def class_figures(spines: list[LabelledSpine], found: NDArray[np.float64]) -> dict[str, Any]:
    """Figures of (n, 4) probabilities on annotated spines, and how many of them are uncertain."""
    boxes_px = [[index * 10.0, 0.0, 5.0, 5.0] for index in range(len(spines))]
    figures = score_classes(
        [
            ScoredImage(
                true_boxes_px=boxes_px,
                true_classes=[SPINE_CLASSES[spine.label] for spine in spines],
                boxes_px=boxes_px,
                scores=np.ones(len(spines)),
                class_probabilities=found,
            )
        ]
    )
    assert figures is not None
    return {
        "meng val accuracy": round(figures.accuracy, 4),
        "meng val macro-F1": round(figures.macro_f1, 4),
        "meng val spines": figures.spines,
        "meng val recall": {name: round(value, 3) for name, value in figures.recall.items()},
        "meng val expected calibration error": round(figures.expected_calibration_error, 4),
        "meng val share uncertain": round(float((found.max(axis=1) < UNCERTAIN_BELOW).mean()), 4),
    }


def export_with_card(network: Any, *, data: Path, folder: Path, recipe: Mapping[str, Any]) -> None:
    """Write model.onnx, card.json and card.md of a trained network into `folder`."""
    spines = load_spines(data / "meng" / "val.json")
    windows = serving_windows(spines, window_px=recipe["window_px"], size_px=recipe["size_px"])
    difference = export(network, folder / MODEL_FILE, windows)
    (logits,) = load_network(folder / MODEL_FILE, backend=Backend.ONNXRUNTIME)(windows)
    temperature = round(fit_temperature(logits, np.array([spine.label for spine in spines])), 3)
    figures = class_figures(spines, probabilities(logits, temperature))
    card = Card(
        kind="classifier",
        name="inception-v3-spines",
        version=f"{datetime.now(UTC):%Y.%m.%d}",
        summary="InceptionV3, fine-tuned whole to tell four classes of dendritic spines apart in a fixed window.",
        serving={
            "classes": list(SPINE_CLASSES),
            "window_px": recipe["window_px"],
            "input_size_px": recipe["size_px"],
            "input": "windows (N, S, S, 3) float32, worker.preprocess.crop_windows in three equal channels",
            "input_scale": 1.0,
            "input_offset": 0.0,
            "output": "logits",
            "temperature": temperature,
            "uncertain_below": UNCERTAIN_BELOW,
            "test_time_flips": 1,
        },
        data=(MENG, INCEPTION_V3),
        recipe=recipe,
        figures={**figures, "largest logit difference to TensorFlow": round(difference, 5)},
        figures_command="python -m worker.training.export_classifier --data DATA",
        limits=LIMITS,
    )
    write_card(card, folder)
    say_figures(folder / "export.jsonl", card.figures)


def main(arguments: list[str]) -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.export_classifier", description="Export a checkpoint of the classifier again."
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with meng/ and inception_v3/")
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/classifier.npz"))
    parser.add_argument("--output", type=Path, default=Path("checkpoints/classifier"), help="folder for the network")
    parser.add_argument("--recipe", choices=sorted(CLASSIFIER_RECIPES), default="default")
    known = parser.parse_args(arguments)
    recipe = CLASSIFIER_RECIPES[known.recipe]
    network = build_from_recipe(known.data, recipe)
    steps = load_weights(known.checkpoint, network)
    export_with_card(network, data=known.data, folder=known.output, recipe={**asdict(recipe), "steps": steps})


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
