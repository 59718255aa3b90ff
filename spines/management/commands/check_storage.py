"""`manage.py check_storage`: rows and files compared, and put right."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.services.upkeep.checking import check
from spines.storage.files import storage_is_gone
from spines.vocabulary.numbers import in_words


class Command(BaseCommand):
    """Compare rows and files."""

    help = "Say where database and storage do not agree, and with --heal put right what can be put right."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--heal", action="store_true", help="delete what nobody names, put back what is lost")
        parser.add_argument("--digests", action="store_true", help="read every file and compare its sha256")

    def handle(self, *args: Any, **options: Any) -> None:
        if storage_is_gone():
            raise CommandError("The storage is empty or away. Mount it, or check SPINULA_STORAGE: nothing was touched.")
        found = left = 0
        for finding in check(heal=options["heal"], digests=options["digests"]):
            found += 1
            left += not finding.is_healed
            self.stdout.write(f"{finding.what}: {finding.kind}. {finding.remedy}")
        if left:
            raise CommandError(
                f"{in_words(left, 'thing does', 'things do')} not agree still; {found - left} put right."
            )
        self.stdout.write(f"Rows and files agree{f', {found} put right' if found else ''}.")
