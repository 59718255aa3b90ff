"""`manage.py backup [FOLDER]`: all that Spinula keeps, while it runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.template.defaultfilters import filesizeformat

from spines.backups.making import back_up
from spines.errors import DomainError
from spines.surroundings import surrounding_of


class Command(BaseCommand):
    """Make a backup."""

    help = "Back up database, images, networks and settings into a folder on another disk, while everything runs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, help="where backups lie (default: SPINULA_BACKUP)")
        parser.add_argument("--keep", type=int, help="so many of them stay (default: SPINULA_BACKUP_KEPT)")

    def handle(self, *args: Any, **options: Any) -> None:
        place = options["folder"] or settings.SPINULA_BACKUP
        if not place:
            raise CommandError("Say where to: manage.py backup FOLDER, or set SPINULA_BACKUP.")
        keep = settings.SPINULA_BACKUP_KEPT if options["keep"] is None else options["keep"]
        try:
            made = back_up(place=Path(place), keep=keep)
        except DomainError as error:
            raise CommandError(error.sentence) from error
        except (OSError, DatabaseError) as error:
            raise CommandError(f"There is no backup. {surrounding_of(error) or error}") from error
        self.stdout.write(f"{made.place}: {made.rows:,} rows, {made.files:,} files, {filesizeformat(made.file_bytes)}.")
        if made.lost_files:
            self.stderr.write(f"{made.lost_files} images have no file any more: manage.py check_storage names them.")
