"""The figures of a card taken anew, and nothing else of it: `python -m worker.training.judging.card_figures`.

For a network that stays as it is when the evaluator changed since it was exported: a card, a comparison and a page
state the same figure. Operating point, recipe and data stay. Neither torch nor TensorFlow is loaded.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from worker.inference.backends import Backend, load_network
from worker.inference.card import check_model_file, load_detector_card
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.judging import classifier_answers, detector_card
from worker.training.judging.card import Card, read_card, write_card
from worker.training.run.console import exit_code
from worker.training.run.options import add_detector_option

COMMAND = "python -m worker.training.judging.card_figures --data DATA --model FOLDER"
KEPT = ("largest ", "recipe ")
"""Figures of the export, and those of another network that a card quotes."""


def take_figures_anew(model: Path, data: TrainingData, *, detector: Path) -> None:
    """Write figures, and a detector's curve, of the judged part into a model folder's card.

    `detector` is the folder of the one that serves, which tells a classifier the scale of pictures. Raises
    TrainingError, BrokenModel.
    """
    card = read_card(model)
    part = data.judged_part()
    kept = {name: value for name, value in card.figures.items() if name.startswith(KEPT)}
    if card.kind == "classifier":
        figures: dict[str, Any] = classifier_answers.served_figures(model, data, part=part, detector=detector)
        curve = card.curve
    else:
        served = load_detector_card(model)
        check_model_file(served)
        network = load_network(served.model_path, backend=Backend.ONNXRUNTIME)
        seen = detector_card.served_figures(network, served, data, part=part)
        figures, curve = _left_out(card, data, part=part) | seen.figures, seen.curve
    write_card(replace(card, figures=figures | kept, curve=curve, figures_command=COMMAND), model)


def _left_out(card: Card, data: TrainingData, *, part: str) -> dict[str, str]:
    """The judged sets on which neither the network nor one that it began with was trained, where there are any."""
    trained_on = {entry.name for entry in card.data}
    judged = [s.name or s.folder for s in data.sources if (data.folder / s.folder / f"{part}.json").is_file()]
    left_out = [name for name in judged if name not in trained_on]
    return {"sets in no training of it": ", ".join(left_out)} if left_out else {}


def main(arguments: list[str]) -> None:
    """Read the command line and judge."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.judging.card_figures", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="training folder")
    parser.add_argument("--model", type=Path, required=True, help="the network's folder, whose card is written")
    add_detector_option(parser)
    known = parser.parse_args(arguments)
    take_figures_anew(known.model, read_training_folder(known.data), detector=known.detector)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
