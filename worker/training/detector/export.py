"""Export a trained detector: `python -m worker.training.detector.export --data FOLDER --run FOLDER`.

Writes ONNX with 16-bit weights and the native weights, checks ONNX against torch, chooses the operating point on
the val parts with the exported file itself, and writes the model card.
"""

import argparse
import copy
import io
import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from worker.inference.backends import Backend, load_network
from worker.inference.card import CARD_FILE, MODEL_FILE
from worker.training.data.coco import AnnotatedImage
from worker.training.data.made_images import FLUORESCENT, make_annotated
from worker.training.data.parts import MADE, Part, load_parts
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.detector.tightness import tightened
from worker.training.detector.yolo_nas import TorchNetwork, load_average, native_weights, read_checkpoint
from worker.training.judging.card import Card, DataSource, described, made_described, write_card
from worker.training.judging.detector_card import (
    Beginning,
    limits_of,
    served_figures,
    served_point,
    with_typical,
)
from worker.training.judging.lineage import beginning_of, data_through, named
from worker.training.judging.unlikeness import TooFewPictures, add_look
from worker.training.run.console import exit_code, say_figures
from worker.training.run.onnx_file import require_agreement, store_half_weights, write_model
from worker.training.run.weights import save_weights_file

CHECKPOINT_FILE = "checkpoint.pt"
BOX_TOLERANCE_PX = 0.5
JUDGED_MADE_IMAGES, JUDGED_MADE_SEED = 24, 1_000_003  # made pictures that no training with the seed beside saw
JUDGED_MADE_SIDE_PX = 256
SCORE_TOLERANCE = 0.01


def to_onnx(network: torch.nn.Module) -> onnx.ModelProto:
    """Trace a copy of the network with its blocks fused; images of any size in multiples of 32."""
    fused: Any = copy.deepcopy(network)
    fused.prep_model_for_conversion(full_fusion=True)
    buffer = io.BytesIO()
    torch.onnx.export(
        fused,
        (torch.zeros(1, 3, 416, 416),),
        buffer,
        dynamo=False,
        opset_version=17,
        input_names=["images"],
        output_names=["boxes", "scores"],
        dynamic_axes={
            "images": {0: "batch", 2: "height", 3: "width"},
            "boxes": {0: "batch", 1: "anchors"},
            "scores": {0: "batch", 1: "anchors"},
        },
    )
    return onnx.load_from_string(buffer.getvalue())


def export(network: torch.nn.Module, path: Path) -> dict[str, float]:
    """Write the ONNX file and compare it with the network on two sizes; the largest differences."""
    model = to_onnx(network)
    store_half_weights(model)
    write_model(model, path)
    rng = np.random.default_rng(0)
    differences = []
    for shape in ((2, 3, 256, 320), (1, 3, 416, 416)):
        batch = rng.random(shape, np.float32) ** 3
        expected = TorchNetwork(network)(batch)
        differences.append(require_agreement(path, batch, expected, (BOX_TOLERANCE_PX, SCORE_TOLERANCE)))
    box, score = np.max(differences, axis=0)
    return {
        "largest box difference to torch, px": round(float(box), 4),
        "largest score difference to torch": round(float(score), 6),
    }


def export_with_card(*, data: Path, run_folder: Path, recipe_name: str) -> None:
    """Write model.onnx, weights.npz, card.json and card.md of a run's checkpoint into its model folder."""
    checkpoint = read_checkpoint(run_folder / CHECKPOINT_FILE)
    recipe, folder = checkpoint["recipe"], run_folder / "model"
    beginning = beginning_of(run_folder)
    agreement = export(load_average(recipe["network"], checkpoint["average"]), folder / MODEL_FILE)
    save_weights_file(folder, native_weights(checkpoint["average"]))
    served = load_network(folder / MODEL_FILE, backend=Backend.ONNXRUNTIME)
    training_data = read_training_folder(data)
    scale = recipe["network_scale"]
    val, trained = (
        tightened(load_parts(training_data, part), checkpoint.get("box_factors", {})) for part in ("val", "train")
    )
    made = [Part(MADE, _judged_made(training_data, most=recipe["made_images"]))] if recipe["made_images"] else []
    point = served_point(served, [*val, *made], network_scale=scale, beginning=beginning, new=val)
    point = with_typical(point, beginning)
    judged = training_data.judged_part()
    seen = served_figures(served, point.as_card(scale), training_data, part=judged, made=made)
    card = Card(
        kind="detector",
        name=f"{recipe['network'].replace('_', '-')}-spines",
        version=f"{datetime.now(UTC):%Y.%m.%d}",
        summary=_summary(beginning, checkpoint),
        serving={
            "classes": ["spine"],
            "input": "images (N, 3, H, W) float32, normalised to 0..1, H and W multiples of 32",
            "outputs": "boxes (N, A, 4) x1 y1 x2 y2 in px; scores (N, A, 1)",
            **point.as_entry(scale),
        },
        data=_described(training_data, trained, checkpoint, beginning),
        recipe={
            "name": recipe_name,
            **recipe,
            "steps": checkpoint["step"],
            "minutes of training steps": round(checkpoint["elapsed_s"] / 60),
            "share kept of the earlier network": checkpoint.get("kept_share", 0.0),
        },
        figures=seen.figures | agreement,
        figures_command="python -m worker.training.detector.export --data DATA --run RUN",
        limits=limits_of(trained, point, part=judged, beginning=beginning),
        curve=seen.curve,
    )
    write_card(card, folder)
    _add_look(folder, data, recipe, beginning)
    say_figures(folder / "export.jsonl", card.figures)


def _summary(beginning: Beginning | None, checkpoint: Mapping[str, Any]) -> str:
    came = "trained from scratch"
    if beginning is not None:
        came = f"trained on from {named(beginning)}, of whose weights {checkpoint.get('kept_share', 0.0):.0%} stayed,"
    return f"YOLO-NAS (super-gradients 3.7.1, code Apache-2.0), {came} to find dendritic spines."


def _judged_made(data: TrainingData, *, most: int) -> list[AnnotatedImage]:
    seed, count = data.made_seed + JUDGED_MADE_SEED, min(most, JUDGED_MADE_IMAGES)
    return make_annotated(count, seed=seed, looks=FLUORESCENT, side_px=JUDGED_MADE_SIDE_PX)


def _add_look(folder: Path, data: Path, recipe: Mapping[str, Any], beginning: Beginning | None) -> None:
    """Tell unlike images by what it was trained on; a network that goes on from another keeps that one's look.

    Its own pictures alone would make all that the earlier one knew look unlike. A card without a look serves as well:
    nothing warns then.
    """
    if beginning is not None and "look" in beginning:
        path = folder / CARD_FILE
        stated = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(stated | {"look": beginning["look"]}, indent=2) + "\n", encoding="utf-8")
        return
    with suppress(TooFewPictures):
        add_look(model=folder, data=data, made_images=recipe["made_images"])


def _described(
    data: TrainingData, trained: Sequence[Part], checkpoint: Mapping[str, Any], beginning: Beginning | None
) -> list[DataSource]:
    sources = [
        described(part.source, images=len(part.images), spines=sum(len(image.boxes_px) for image in part.images))
        for part in trained
    ]
    if made := checkpoint.get("made_images", 0):
        sources.append(made_described(made, seed=data.made_seed))
    return [*sources, *(data_through(beginning) if beginning else [])]


def main(arguments: list[str]) -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.detector.export", description="Export a checkpoint of the detector again."
    )
    parser.add_argument("--data", type=Path, required=True, help="training folder")
    parser.add_argument("--run", type=Path, default=Path("checkpoints/detector"), help="folder of the run")
    parser.add_argument("--recipe", default="default", help="name of the recipe it was trained with")
    known = parser.parse_args(arguments)
    export_with_card(data=known.data, run_folder=known.run, recipe_name=known.recipe)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
