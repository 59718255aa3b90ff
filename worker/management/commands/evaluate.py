"""`manage.py evaluate`: how good the pipeline is on a COCO set."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.errors import DomainError, InvalidInput
from spines.training_sets import TrueImage, read_truth
from worker.evaluation import (
    ClassFigures,
    DetectionFigures,
    Rule,
    ScoredImage,
    score_classes,
    score_detections,
)
from worker.inference.card import SPINE_CLASSES
from worker.inference.files import FileResult, Reading, analyse_file, classify_file, own_pixel_size
from worker.inference.pipeline import Pipeline
from worker.management.pipeline_options import (
    add_network_options,
    add_reading_options,
    pipeline_from,
    progress,
    reading_from,
)


class Command(BaseCommand):
    """Score the pipeline against annotated images."""

    help = "Print the pipeline's precision, recall, F1 and class figures on a COCO set; needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("truth", type=Path, metavar="TRUTH.json", help="COCO detection file")
        parser.add_argument("--images", type=Path, metavar="FOLDER", help="default: the folder of TRUTH.json")
        parser.add_argument("--boxes", action="store_true", help="take the annotated boxes, only classify")
        parser.add_argument("--json", action="store_true", help="print JSON")
        add_reading_options(parser)
        add_network_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Analyse every annotated image, then print the figures."""
        try:
            images = self._scored(options)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        detections = {rule: score_detections(images, rule) for rule in Rule}
        classes = score_classes(images)
        if options["json"]:
            figures: dict[str, Any] = {rule.value: asdict(of_rule) for rule, of_rule in detections.items()}
            figures |= {"images": len(images), "classes": asdict(classes) if classes else None}
            self.stdout.write(json.dumps(figures))
        else:
            self.stdout.write(_table(len(images), detections, classes))

    def _scored(self, options: dict[str, Any]) -> list[ScoredImage]:
        truth = read_truth(options["truth"])
        folder: Path = options["images"] or options["truth"].parent
        files = [_file_of(image, folder) for image in truth.values()]
        pipeline, reading = pipeline_from(options), reading_from(options)
        return [
            _score(image, _result(pipeline, path, image, reading, given_boxes=options["boxes"]))
            for path, image in progress(zip(files, truth.values(), strict=True), total=len(files))
        ]


def _file_of(image: TrueImage, folder: Path) -> Path:
    """Where an annotated image lies: by its whole name, or by the last component. Raises InvalidInput."""
    for path in (folder / image.file_name, folder / image.last_name):
        if path.is_file():
            return path
    raise InvalidInput(f"The annotated image {image.file_name} is not in {folder}: name its folder with --images.")


def _result(pipeline: Pipeline, path: Path, image: TrueImage, reading: Reading, *, given_boxes: bool) -> FileResult:
    own = own_pixel_size(path, name=path.name, reading=reading, annotated_um=image.pixel_size_um)
    if given_boxes:
        return classify_file(pipeline, path, image.boxes_px, name=path.name, reading=own)
    return analyse_file(pipeline, path, name=path.name, reading=own)


def _score(image: TrueImage, result: FileResult) -> ScoredImage:
    return ScoredImage(
        true_boxes_px=image.boxes_px,
        true_classes=image.classes,
        boxes_px=[spine.box_px for spine in result.spines],
        scores=[spine.score for spine in result.spines],
        class_probabilities=[[spine.class_probabilities[name] for name in SPINE_CLASSES] for spine in result.spines],
    )


def _table(images: int, detections: dict[Rule, DetectionFigures], classes: ClassFigures | None) -> str:
    centre = detections[Rule.CENTRE]
    lines = [
        f"{images} images, {centre.true_spines} annotated spines, {centre.predicted_spines} found",
        f"{'rule':<8}{'precision':>10}{'recall':>8}{'F1':>7}{'95 %':>17}{'AP':>7}",
    ]
    lines += [
        f"{rule.value:<8}{of.precision:>10.3f}{of.recall:>8.3f}{of.f1:>7.3f}"
        f"{of.f1_95[0]:>10.3f}–{of.f1_95[1]:.3f}{of.average_precision:>7.3f}"
        for rule, of in detections.items()
    ]
    if classes is None:
        return "\n".join([*lines, "No annotated spine that was found has one of the four classes."])
    lines += [
        f"classes: {classes.spines} spines, calibration error {classes.expected_calibration_error:.3f}",
        f"accuracy {classes.accuracy:.3f} ({classes.accuracy_95[0]:.3f}–{classes.accuracy_95[1]:.3f})",
        f"macro-F1 {classes.macro_f1:.3f} ({classes.macro_f1_95[0]:.3f}–{classes.macro_f1_95[1]:.3f})",
        f"{'annotated':<12}{'precision':>10}{'recall':>8}   found as " + " ".join(f"{n:>10}" for n in SPINE_CLASSES),
    ]
    lines += [
        f"{name:<12}{classes.precision[name]:>10.3f}{classes.recall[name]:>8.3f}            "
        + " ".join(f"{n:>10}" for n in row)
        for name, row in zip(SPINE_CLASSES, classes.confusion, strict=True)
    ]
    return "\n".join(lines)
