"""`manage.py check_leaks FOLDER_OR_DATASET`: whether a split parts near-duplicates."""

from __future__ import annotations

from argparse import ArgumentParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from spines.errors import DomainError
from spines.models import DatasetVersion
from spines.services.datasets.earlier_parts import read_manifest
from spines.storage.kept import kept_picture
from spines.training_sets.fingerprints import Fingerprint, fingerprint
from spines.training_sets.leaks import Leak, find_leaks, find_leaks_in_folder


class Command(BaseCommand):
    """Look for pictures that stand on both sides of a split."""

    help = (
        "List pictures that are nearly the same, or of one group, and stand in different parts of an annotated set "
        "or of a frozen dataset. Ends with 1 when there are some."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("place", help="a folder of COCO or YOLO files with parts, or the number of a dataset")

    def handle(self, *args: Any, **options: Any) -> None:
        place: str = options["place"]
        try:
            count, leaks = _in_dataset(int(place)) if place.isdigit() else find_leaks_in_folder(Path(place))
        except DomainError as error:
            raise CommandError(error.sentence) from error
        for leak in leaks:
            self.stdout.write(str(leak))
        if leaks:
            raise CommandError(f"{len(leaks)} pairs among {count} pictures stand on both sides of the split.")
        self.stdout.write(f"No leak between the parts: {count} pictures looked at.")


def _in_dataset(number: int) -> tuple[int, list[Leak]]:
    dataset = DatasetVersion.objects.filter(pk=number).first()
    if dataset is None:
        raise CommandError(f"There is no dataset {number}.")
    pictures = read_manifest(dataset.path)["pictures"]
    return len(pictures), find_leaks(
        [f"{picture['source']}/{picture['file']}" for picture in pictures],
        [picture["part"] for picture in pictures],
        [_fingerprint_of(picture["file"]) for picture in pictures],
        [picture["keys"] for picture in pictures],
    )


def _fingerprint_of(file: str) -> Fingerprint:
    with Image.open(BytesIO(kept_picture(file))) as picture:
        return fingerprint(np.asarray(picture if picture.mode.startswith("I") else picture.convert("L")))
