"""Compare a trained network with the one in use.

`python -m worker.training.judging.compare --kind KIND --data FOLDER …`.

Both run on the judged part of the training folder (its test part, else its val part) with the code that serves;
neither torch nor TensorFlow is loaded. The difference is drawn in pairs: both networks on the same pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from worker.inference.backends import Backend
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.judging.answers import ClassifierJudge, DetectorJudge, judged_pictures
from worker.training.judging.mistakes import wrong_boxes, wrong_classes
from worker.training.judging.paired_figures import (
    classifier_difference,
    classifier_figures,
    detector_difference,
    detector_figures,
)
from worker.training.run.console import exit_code

Evaluation = dict[str, Any]


def compare_classifiers(
    data: TrainingData, candidate: Path, active: Path | None, *, backend: str, threads: int
) -> Evaluation:
    """The evaluation of a classifier on annotated boxes. Raises TrainingError, BrokenModel."""
    judged = judged_pictures(data, for_classes=True)
    named = ClassifierJudge(candidate, backend=backend, threads=threads)(judged.images)
    other = ClassifierJudge(active, backend=backend, threads=threads)(judged.images) if active else None
    return {
        "kind": "classifier",
        "part": judged.part,
        "images": len(judged.images),
        "spines": sum(len(of.labels) for of in named),
        "figure": "macro_f1",
        "candidate": classifier_figures(named),
        "active": classifier_figures(other) if other else None,
        "difference": classifier_difference(named, other) if other else None,
        "wrong": wrong_classes(judged.images, named),
    }


def compare_detectors(
    data: TrainingData, candidate: Path, active: Path | None, *, backend: str, threads: int
) -> Evaluation:
    """The evaluation of a detector on fully marked pictures. Raises TrainingError, BrokenModel."""
    judged = judged_pictures(data, for_classes=False)
    images = judged.images
    found = DetectorJudge(candidate, backend=backend, threads=threads)(images)
    other = DetectorJudge(active, backend=backend, threads=threads)(images) if active else None
    return {
        "kind": "detector",
        "part": judged.part,
        "images": len(images),
        "spines": sum(len(picture.boxes_px) for picture in images),
        "figure": "f1",
        "candidate": detector_figures(images, found),
        "active": detector_figures(images, other) if other else None,
        "difference": detector_difference(images, found, other) if other else None,
        "wrong": wrong_boxes(images, found),
    }


def with_verdict(evaluation: Evaluation) -> Evaluation:
    """Better is what is better beyond chance: the whole interval of the difference lies above 0."""
    difference = evaluation["difference"]
    return evaluation | {"is_better": difference["low"] > 0 if difference else None}


def main(arguments: list[str]) -> None:
    """Read the command line, compare and write the evaluation."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.judging.compare", description="Compare a trained network with the one in use."
    )
    parser.add_argument("--kind", choices=("detector", "classifier"), required=True)
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--candidate", type=Path, required=True, help="model folder")
    parser.add_argument("--active", type=Path, help="model folder of the network in use")
    parser.add_argument("--output", type=Path, required=True, help="file of JSON to write")
    default = os.environ.get("SPINULA_INFERENCE_BACKEND") or Backend.OPENVINO.value
    parser.add_argument("--backend", choices=[backend.value for backend in Backend], default=default)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 uses every core")
    known = parser.parse_args(arguments)
    compare = compare_classifiers if known.kind == "classifier" else compare_detectors
    data = read_training_folder(known.data)
    evaluation = compare(data, known.candidate, known.active, backend=known.backend, threads=known.threads)
    known.output.write_text(json.dumps(with_verdict(evaluation), allow_nan=False) + "\n")


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
