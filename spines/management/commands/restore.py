"""`manage.py restore FOLDER`: a backup into an empty database and storage."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.backups.described import SETTINGS
from spines.backups.restoring import restore
from spines.errors import DomainError


class Command(BaseCommand):
    """Restore a backup."""

    help = "Put a backup into the database of DATABASE_URL and the storage of SPINULA_STORAGE, both empty."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="one backup, such as /backup/2026-11-30T02.00.00Z")
        parser.add_argument("--replace", action="store_true", help="throw away what the database has")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            restored = restore(folder=options["folder"], replace=options["replace"])
        except DomainError as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(
            f"Restored what was there at {restored.made_at}: {restored.rows:,} rows, {restored.files:,} files "
            f"({restored.put:,} put into the storage). The settings of then are in {options['folder'] / SETTINGS}."
        )
        for name in restored.lost:
            self.stderr.write(f"Not in the backup, as the storage had lost it: {name}")
