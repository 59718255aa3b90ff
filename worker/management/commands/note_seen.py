"""`manage.py note_seen`: hash the pictures that shipped networks were trained on, so that imports of them are told."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from spines.errors import DomainError
from spines.training_sets import read_truth
from spines.training_sets.fingerprints import Fingerprint, fingerprint
from spines.training_sets.seen import Seen, note_seen


class Command(BaseCommand):
    """Write the hashes that come with the networks."""

    help = "Write the hashes of a training folder's pictures (its sets' train and val parts); needs no database."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the options."""
        parser.add_argument("data", type=Path, help="folder of the sets; see docs/training.md")
        parser.add_argument("sets", nargs="+", metavar="SET", help="names of the sets that were trained on")
        parser.add_argument("--output", type=Path, default=settings.SPINULA_SEEN_PICTURES)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, hash and write."""
        fingerprints: list[Fingerprint] = []
        files: list[str] = []
        where: list[Seen] = []
        try:
            for name in options["sets"]:
                for part in ("train", "val"):
                    folder = options["data"] / name
                    for image in read_truth(folder / f"{part}.json").values():
                        content = (folder / image.file_name).read_bytes()
                        with Image.open(folder / image.file_name) as picture:
                            fingerprints.append(fingerprint(np.asarray(picture.convert("L"))))
                        files.append(hashlib.sha256(content).hexdigest())
                        where.append(Seen(name=name, part=part))
        except DomainError as error:
            raise CommandError(error.sentence) from error
        except OSError as error:
            raise CommandError(f"A picture cannot be read ({error}).") from error
        note_seen(fingerprints, files, where).save(options["output"])
        self.stdout.write(f"{len(files):,} pictures noted in {options['output']}.")
