"""Compare a trained network with the one in use.

`python -m worker.training.judging.compare --kind KIND --data FOLDER …`.

Both run, with the code that serves, on the judged part of the training folder (its test part, else its val part) and
on the panel of old domains; neither torch nor TensorFlow is loaded. Differences are drawn in pairs, both networks on
the same groups of pictures.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spines.vocabulary.verdicts import MARGINS, Verdict
from worker.inference.backends import Backend
from worker.inference.card import load_detector_card
from worker.training.data.sources import TrainingData, read_training_folder
from worker.training.judging.answers import (
    ClassifierJudge,
    DetectorJudge,
    JudgedImage,
    ServedScales,
    judged_pictures,
    load_detector,
)
from worker.training.judging.mistakes import wrong_boxes, wrong_classes
from worker.training.judging.paired_figures import (
    classifier_difference,
    classifier_figures,
    detector_difference,
    detector_figures,
)
from worker.training.judging.panel import SHIPPED_PANEL, Domain, domains_of
from worker.training.judging.verdict import verdict_of, verdict_on
from worker.training.run.console import exit_code
from worker.training.run.options import add_detector_option

Evaluation = dict[str, Any]
Answers = Sequence[Any]


class Comparing:
    """Two networks of a kind on the same pictures."""

    def __init__(
        self, kind: str, candidate: Path, active: Path | None, *, detector: Path, backend: str, threads: int
    ) -> None:
        self.is_classifier = kind == "classifier"
        self.figure = "macro_f1" if self.is_classifier else "f1"
        scales = ServedScales(detector, backend=backend, threads=threads) if self.is_classifier else None

        def judge(folder: Path) -> Callable[[Sequence[JudgedImage]], Answers]:
            if scales is not None:
                return ClassifierJudge(folder, scales=scales, backend=backend, threads=threads)
            return DetectorJudge(load_detector(folder, backend=backend, threads=threads))

        folders = {"candidate": candidate, **({"active": active} if active else {})}
        self.thresholds = (
            {} if self.is_classifier else {name: load_detector_card(at).score_threshold for name, at in folders.items()}
        )
        self._candidate = judge(candidate)
        self._active = judge(active) if active else None

    def on(self, images: Sequence[JudgedImage]) -> tuple[Evaluation, Answers]:
        """Figures of both and their difference on pictures, and what the candidate said of them."""
        figures = classifier_figures if self.is_classifier else detector_figures
        difference = classifier_difference if self.is_classifier else detector_difference
        said = self._candidate(images)
        other = self._active(images) if self._active else None
        return {
            "images": len(images),
            "groups": len({judged.group for judged in images}),
            "spines": self._spines(images, said),
            "candidate": figures(images, said),
            "active": figures(images, other) if other else None,
            "difference": difference(images, said, other) if other else None,
        }, said

    def on_domain(self, domain: Domain) -> Evaluation:
        """The deciding figure of both on an old domain, and what that says."""
        found, _ = self.on(domain.images)
        difference, margin = found["difference"], MARGINS[self.figure]
        verdict = verdict_on(difference, groups=domain.groups, margin=margin) if difference else Verdict.NONE
        return found | {
            "name": domain.name,
            "candidate": found["candidate"][self.figure],
            "active": found["active"][self.figure] if found["active"] else None,
            "verdict": verdict.value,
        }

    def _spines(self, images: Sequence[JudgedImage], said: Answers) -> int:
        return sum(len(of.labels) for of in said) if self.is_classifier else sum(len(i.boxes_px) for i in images)


def compare(comparing: Comparing, data: TrainingData, *, panels: Sequence[Path]) -> Evaluation:
    """The whole evaluation of a candidate. Raises TrainingError, BrokenModel."""
    judged = judged_pictures(data, for_classes=comparing.is_classifier)
    found, said = comparing.on(judged.images)
    wrong = wrong_classes if comparing.is_classifier else wrong_boxes
    domains = domains_of(panels, for_classes=comparing.is_classifier)
    old = [comparing.on_domain(domain) for domain in domains]
    verdict, reasons = Verdict.NONE, ["No other network was compared on these images."]
    if found["difference"]:
        verdict, reasons = verdict_of(found, old, figure=comparing.figure)
    return {
        "kind": "classifier" if comparing.is_classifier else "detector",
        "part": judged.part,
        "figure": comparing.figure,
        **found,
        "thresholds": comparing.thresholds,
        "panel": old,
        "margin": MARGINS[comparing.figure],
        "verdict": verdict.value,
        "reasons": reasons,
        "wrong": wrong(judged.images, said),
    }


def main(arguments: list[str]) -> None:
    """Read the command line, compare and write the evaluation."""
    parser = argparse.ArgumentParser(
        prog="python -m worker.training.judging.compare", description="Compare a trained network with the one in use."
    )
    parser.add_argument("--kind", choices=("detector", "classifier"), required=True)
    parser.add_argument("--data", type=Path, required=True, help="training folder; see docs/training.md")
    parser.add_argument("--candidate", type=Path, required=True, help="model folder")
    parser.add_argument("--active", type=Path, help="model folder of the network in use")
    add_detector_option(parser)
    parser.add_argument(
        "--panel",
        type=Path,
        action="append",
        help="training folder of old domains, in place of the program's own; may be repeated",
    )
    parser.add_argument("--no-panel", action="store_true", help="look at no old domain")
    parser.add_argument("--output", type=Path, required=True, help="file of JSON to write")
    default = os.environ.get("SPINULA_INFERENCE_BACKEND") or Backend.OPENVINO.value
    parser.add_argument("--backend", choices=[backend.value for backend in Backend], default=default)
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 uses every core")
    known = parser.parse_args(arguments)
    comparing = Comparing(
        known.kind,
        known.candidate,
        known.active,
        detector=known.detector,
        backend=known.backend,
        threads=known.threads,
    )
    panels = [] if known.no_panel else known.panel or [SHIPPED_PANEL]
    evaluation = compare(comparing, read_training_folder(known.data), panels=panels)
    known.output.write_text(json.dumps(evaluation, allow_nan=False) + "\n")


if __name__ == "__main__":
    sys.exit(exit_code(lambda: main(sys.argv[1:])))
