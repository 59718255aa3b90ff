"""Export a trained detector: `python -m worker.training.detector.export --data FOLDER --run FOLDER`.

Writes ONNX with 16-bit weights and the native weights, checks ONNX against torch, chooses the operating point on
the val parts with the exported file itself, and writes the model card.
"""

import argparse
import copy
import io
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from worker.inference.backends import Backend, load_network
from worker.inference.card import DEFAULT_OVERLAP_PX, LARGEST_TILE_PX, MODEL_FILE
from worker.training.data.made_images import make_annotated
from worker.training.data.parts import MADE, Part, judged_parts, load_parts
from worker.training.data.sources import REFERENCE_PIXEL_SIZE_UM, TrainingData, read_training_folder
from worker.training.detector.yolo_nas import TorchNetwork, load_average, native_weights, read_checkpoint
from worker.training.judging.card import Card, DataSource, described, made_described, write_card
from worker.training.judging.operating_point import (
    Candidates,
    choose_operating_point,
    curves_for_card,
    figures_at,
    find_candidates,
    typical_of,
)
from worker.training.judging.unlikeness import TooFewPictures, add_look
from worker.training.run.console import exit_code, say_figures
from worker.training.run.onnx_file import require_agreement, store_half_weights, write_model
from worker.training.run.weights import save_weights_file

CHECKPOINT_FILE = "checkpoint.pt"
BOX_TOLERANCE_PX = 0.5
JUDGED_MADE_IMAGES, JUDGED_MADE_SEED = 60, 1_000_003  # made pictures that no training with the seed beside saw
SCORE_TOLERANCE = 0.01
LIMITS = [
    (
        "The sources state no pixel size. 0.1 µm is an assumption: images with a pixel size are resampled to it, "
        "others by the size of what is found (docs/inference.md). It was trained on spines of 8 to 30 px."
    ),
    (
        "Trained on two-photon fields of one institute and on dendrites cut out on black: other microscopes, Golgi"
        " stains and inverted contrast are untested."
    ),
    "Spines on blurred background branches are often not annotated in wide512, so they are found less often.",
    (
        "wide512 marks spines by squares of one size, shrunk to 0.6 for training: sizes of boxes in fields like them "
        "are approximate, centres are what is scored."
    ),
    "The threshold and the suppression were chosen on the val parts that the figures are given for.",
]


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
    agreement = export(load_average(recipe["network"], checkpoint["average"]), folder / MODEL_FILE)
    save_weights_file(folder, native_weights(checkpoint["average"]))
    served = load_network(folder / MODEL_FILE, backend=Backend.ONNXRUNTIME)
    training_data = read_training_folder(data)
    scale = recipe["network_scale"]
    made_images = recipe["made_images"] if training_data.made_images is None else training_data.made_images

    def found(part: str) -> dict[str, list[Candidates]]:
        parts = judged_parts(training_data, part)
        if made_images:
            made = make_annotated(min(made_images, JUDGED_MADE_IMAGES), seed=training_data.made_seed + JUDGED_MADE_SEED)
            parts.append(Part(MADE, made))
        return {p.source.folder: find_candidates(served, p.images, source=p.source, network_scale=scale) for p in parts}

    on_val = found("val")
    point = choose_operating_point(on_val)
    judged = training_data.judged_part()
    on_judged = on_val if judged == "val" else found(judged)
    card = Card(
        kind="detector",
        name=f"{recipe['network'].replace('_', '-')}-spines",
        version=f"{datetime.now(UTC):%Y.%m.%d}",
        summary="YOLO-NAS (super-gradients 3.7.1, code Apache-2.0), trained from scratch to find dendritic spines.",
        serving={
            "classes": ["spine"],
            "input": "images (N, 3, H, W) float32, normalised to 0..1, H and W multiples of 32",
            "outputs": "boxes (N, A, 4) x1 y1 x2 y2 in px; scores (N, A, 1)",
            "score_threshold": point.score_threshold,
            "nms_iou": point.suppression.nms_iou,
            "nms_centre_distance": point.suppression.nms_centre_distance,
            "target_pixel_size_um": REFERENCE_PIXEL_SIZE_UM,
            "network_scale": scale,
            "tile_px": LARGEST_TILE_PX,
            "overlap_px": DEFAULT_OVERLAP_PX,
            **typical_of(point, on_val),
        },
        data=_described(training_data, recipe),
        recipe={
            "name": recipe_name,
            **recipe,
            "steps": checkpoint["step"],
            "minutes of training steps": round(checkpoint["elapsed_s"] / 60),
        },
        figures=figures_at(point, on_judged, part=judged) | agreement,
        figures_command="python -m worker.training.detector.export --data DATA --run RUN",
        limits=LIMITS,
        curve={f"{name} {judged}": rows for name, rows in curves_for_card(point.suppression, on_judged).items()},
    )
    write_card(card, folder)
    # A card without a look serves as well: nothing warns then.
    with suppress(TooFewPictures):
        add_look(model=folder, data=data, made_images=recipe["made_images"])
    say_figures(folder / "export.jsonl", card.figures)


def _described(data: TrainingData, recipe: Mapping[str, Any]) -> list[DataSource]:
    sources = [
        described(part.source, images=len(part.images), spines=sum(len(image.boxes_px) for image in part.images))
        for part in load_parts(data, "train")
    ]
    made_images = recipe["made_images"] if data.made_images is None else data.made_images
    return [*sources, made_described(made_images, seed=data.made_seed)] if made_images else sources


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
