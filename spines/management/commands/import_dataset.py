"""`manage.py import_dataset PATH`: an annotated set, for training."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.errors import DomainError
from spines.selectors.datasets.sets import set_facts
from spines.services.datasets.imports import import_set
from spines.training_sets import SetFormat, report_lines
from spines.training_sets.types import KNOWN_CLASSES
from spines.vocabulary.classes import NETWORK_KEYS


class Command(BaseCommand):
    """Bring in a COCO or YOLO set."""

    help = "Bring an annotated set of images in, to train on, and tell what was left out and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a folder, a .zip of one, a COCO file or a data.yaml")
        parser.add_argument("--format", choices=[f.value for f in SetFormat], default=SetFormat.COCO.value)
        parser.add_argument("--name", required=True, help="what the set is called")
        parser.add_argument("--licence", required=True, help="for example CC BY 4.0; model cards cite it")
        parser.add_argument("--source", required=True, help="where it comes from, as model cards cite it")
        parser.add_argument("--box-factor", type=float, default=1.0, help="shrink boxes to this share (default 1)")
        parser.add_argument("--reference-side-px", type=int, help="scale pictures to this longer side")
        parser.add_argument("--pixel-size-um", type=float, help="µm a pixel of pictures that state none")
        parser.add_argument("--spine-side-px", type=float, help="usual side of a spine, where no pixel size is known")
        parser.add_argument("--partly-marked", action="store_true", help="not every spine of a picture is marked")
        parser.add_argument(
            "--class",
            action="append",
            default=[],
            dest="classes",
            metavar="NAME=CLASS",
            help=f"what the set calls a class, and what it is here: {', '.join(KNOWN_CLASSES)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            imported = import_set(
                user=None,
                path=options["path"],
                set_format=options["format"],
                name=options["name"],
                licence=options["licence"],
                source=options["source"],
                box_factor=options["box_factor"],
                reference_side_px=options["reference_side_px"],
                pixel_size_um=options["pixel_size_um"],
                spine_side_px=options["spine_side_px"],
                is_fully_marked=not options["partly_marked"],
                class_names=dict(_renaming(text) for text in options["classes"]),
            )
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if imported.name != options["name"]:
            self.stdout.write(f"The same set is there already, as {imported.name}.")
        counts = imported.counts
        classes = ", ".join(f"{counts[name]} {name}" for name in NETWORK_KEYS if name in counts)
        self.stdout.write(f"{imported.name}: {counts['images']} images, {counts['spines']} spines. {classes}".rstrip())
        for part, sizes in counts["parts"].items():
            self.stdout.write(f"  {part}: {sizes['images']} images, {sizes['spines']} spines")
        if advice := set_facts(imported).advice:
            self.stdout.write(advice)
        for line in report_lines(imported.report):
            self.stdout.write(line)
        self.stdout.write(f"Set {imported.pk}, sha256 {imported.sha256}")


def _renaming(text: str) -> tuple[str, str]:
    name, equals, known = text.rpartition("=")
    if not equals or not name:
        raise CommandError(f"--class {text} is no NAME=CLASS, for example --class Class_1={NETWORK_KEYS[0]}.")
    return name, known
