"""`manage.py register_models`: tell the database of the networks that come with the program."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.errors import DomainError
from spines.models import ModelKind
from spines.services.models.versions import register_version
from worker import model_files
from worker.inference.card import (
    PRETRAINED_FOLDER,
    check_model_file,
    load_classifier_card,
    load_detector_card,
)


class Command(BaseCommand):
    """Make a row for each network under `worker/pretrained`."""

    help = "Register the networks that come with the program; running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        """Check each card and file, then register it."""
        try:
            cards = (
                load_detector_card(PRETRAINED_FOLDER / "detector"),
                load_classifier_card(PRETRAINED_FOLDER / "classifier"),
            )
            for card in cards:
                check_model_file(card)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        for card in cards:
            row = register_version(
                kind=ModelKind(card.kind),
                name=card.name,
                version=card.version,
                sha256=card.sha256,
                path=card.folder.relative_to(PRETRAINED_FOLDER).as_posix(),
                card=card.raw,
                files=model_files.hashes(card.folder),
            )
            self.stdout.write(f"{row.get_kind_display()}: {row} ({row.get_state_display().lower()})")
