"""A classifier asked about annotated spines as serving asks it: operating point and figures of its card. No TensorFlow.

`python -m worker.training.judging.classifier_answers --data DATA --model FOLDER [--turned]` writes both anew into a
card, for a network that is to be served in another way than when it was exported.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from worker.inference.backends import Backend, Network, load_network
from worker.inference.card import MODEL_FILE
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.data.windows import LabelledSpine, load_spines, serving_windows
from worker.training.judging.answers import ClassifierJudge, ServedScales, pictures_of
from worker.training.judging.card import read_card, write_card
from worker.training.judging.classifier_figures import (
    Logits,
    choose_threshold,
    fit_temperature,
    logits_of,
    probabilities,
    shifted_logits,
)
from worker.training.judging.lineage import named
from worker.training.judging.paired_figures import classifier_figures
from worker.training.run.console import exit_code
from worker.training.run.errors import TrainingError
from worker.training.run.keeping import FEW_SPINES
from worker.training.run.options import add_detector_option


@dataclass(frozen=True, kw_only=True)
class CallingPoint:
    """The temperature of the probabilities, and the confidence below which a class is uncertain."""

    temperature: float
    uncertain_below: float
    kept_because: str = ""
    """Why they are those of the network that a training went on from; empty where they were fitted."""

    def as_entry(self) -> dict[str, float]:
        """As a card states it."""
        return {"temperature": self.temperature, "uncertain_below": self.uncertain_below}


class Judged:
    """An exported file asked about annotated spines, as serving asks it."""

    def __init__(self, network: Network, recipe: Mapping[str, Any]) -> None:
        self.network = network
        turned = recipe.get("turned_windows", False)
        self.window = {"window_px": recipe["window_px"], "size_px": recipe["size_px"], "turned": turned}
        self.asked = {"flips": recipe["test_time_flips"], "gives_logits": not recipe["hidden"], "turned": turned}

    def logits(self, spines: Sequence[LabelledSpine]) -> Logits:
        """(flips, n, 4)."""
        return logits_of(self.network, serving_windows(spines, **self.window), **self.asked)

    def operating_point(self, spines: Sequence[LabelledSpine]) -> CallingPoint:
        """Fitted on spines that were not trained on."""
        logits, labels = shifted_logits(self.network, spines, window=self.window, asked=self.asked)
        temperature = round(fit_temperature(logits, labels), 3)
        uncertain_below = choose_threshold(probabilities(logits, temperature), labels)
        return CallingPoint(temperature=temperature, uncertain_below=round(uncertain_below, 2))


def calling_point(
    judged: Judged, spines: Sequence[LabelledSpine], *, beginning: Mapping[str, Any] | None
) -> CallingPoint:
    """Fitted on spines that were not trained on; with few of them that of the network it went on from.

    Fitted on six spines of one laboratory it once left two in five of another's uncertain.

    Parameters
    ----------
    beginning : the card of the network that the training went on from, where there was one.
    """
    if beginning is None or judged.asked["gives_logits"] != (beginning.get("output") == "logits"):
        return judged.operating_point(spines)
    if len(spines) >= FEW_SPINES or not {"temperature", "uncertain_below"} <= beginning.keys():
        return judged.operating_point(spines)
    reason = (
        f"Temperature and uncertain threshold are those of {named(beginning)}: the pictures to fit them on have "
        f"{len(spines)} spines of the four classes, and {FEW_SPINES} are needed."
    )
    return CallingPoint(
        temperature=float(beginning["temperature"]),
        uncertain_below=float(beginning["uncertain_below"]),
        kept_because=reason,
    )


def served_figures(model: Path, data: TrainingData, *, part: str, detector: Path) -> dict[str, Any]:
    """Figures of a model folder on a part, as its card states them: by the evaluator that compares networks.

    The pictures are read, scaled and cut as serving does, at the scale that the detector finds in them; intervals draw
    independent groups.
    """
    images = [each for source in data.sources for each in pictures_of(data, source, part, for_classes=True)]
    scales = ServedScales(detector, backend=Backend.ONNXRUNTIME, threads=0)
    answers = ClassifierJudge(model, scales=scales, backend=Backend.ONNXRUNTIME, threads=0)(images)
    found = classifier_figures(images, answers)
    by_class = found["by_class"]
    stated = {
        "accuracy": round(found["accuracy"], 4),
        "accuracy 95 %": [round(bound, 4) for bound in found["accuracy_95"]],
        "macro-F1": round(found["macro_f1"], 4),
        "macro-F1 95 %": [round(bound, 4) for bound in found["macro_f1_95"]],
        "images": len(images),
        "independent groups": len({image.group for image in images}),
        "spines": sum(each["spines"] for each in by_class.values()),
        "precision": {name: round(each["precision"], 3) for name, each in by_class.items()},
        "recall": {name: round(each["recall"], 3) for name, each in by_class.items()},
        "confusion, rows annotated": [list(row) for row in found["confusion"]],
        "expected calibration error": round(found["calibration_error"], 4),
        "called share": round(found["called_share"], 4),
        "called accuracy": None if found["called_accuracy"] is None else round(found["called_accuracy"], 4),
        "reliability": [{name: round(value, 4) for name, value in each.items()} for each in found["calibration"]],
    }
    return {f"{part} {name}": value for name, value in stated.items()}


def judged_spines(data: TrainingData) -> tuple[str, list[LabelledSpine], list[LabelledSpine]]:
    """The part that figures are given for, its spines, and those of the val part, which fit the temperature."""
    val = load_spines(data, "val") if any(data.images(s, "val") for s in data.sources if s.has_classes) else []
    part = data.judged_part()
    judged = load_spines(data, "test") if part == "test" and any(data.images(s, "test") for s in data.sources) else val
    if not judged:
        raise TrainingError(f"{data.folder} has no val and no test part with classes: add one to judge a network by.")
    return (part if judged is not val else "val"), judged, val or judged


def judge_again(model: Path, data: TrainingData, *, turned: bool, detector: Path) -> None:
    """Fit the operating point and take the figures anew, and write them into a model folder's card."""
    card = read_card(model)
    part, _, val = judged_spines(data)
    recipe = {**card.recipe, "turned_windows": turned}
    judged = Judged(load_network(model / MODEL_FILE, backend=Backend.ONNXRUNTIME), recipe)
    point = judged.operating_point(val)
    changed = replace(
        card,
        version=f"{datetime.now(UTC):%Y.%m.%d}",
        created="",
        serving={**card.serving, "turned_windows": turned, **point.as_entry()},
        recipe=recipe,
        figures_command="python -m worker.training.judging.classifier_answers --data DATA --model FOLDER",
    )
    write_card(changed, model)
    figures = served_figures(model, data, part=part, detector=detector)
    write_card(replace(changed, figures={**card.figures, **figures}), model)


def main(arguments: list[str]) -> None:
    """Read the command line and judge."""
    parser = argparse.ArgumentParser(prog="python -m worker.training.judging.classifier_answers", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="training folder")
    parser.add_argument("--model", type=Path, required=True, help="the classifier's folder")
    parser.add_argument("--turned", action="store_true", help="serve it with windows turned towards their light")
    add_detector_option(parser)
    known = parser.parse_args(arguments)
    judge_again(known.model, read_training_folder(known.data), turned=known.turned, detector=known.detector)


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
