"""`manage.py first_administrator`: a link that makes the first administrator, where there is none."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.urls import reverse

from spines.demo import USER_NAME
from spines.services.accounts.invitations import first_administrator


class Command(BaseCommand):
    """Print the link; say nothing where there is an administrator."""

    help = "Print a link that makes the first administrator; it works once. Says nothing where there is one already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--address", default="http://127.0.0.1:8000/", help="where people find the pages")

    def handle(self, *args: Any, **options: Any) -> None:
        secret = first_administrator(life=settings.SPINULA_INVITATION_LIFE, besides=USER_NAME)
        if secret is not None:
            link = options["address"].rstrip("/") + reverse("accounts:invitation", args=[secret])
            self.stdout.write(f"No administrator yet. Make the first one, you, at\n    {link}\nThe link works once.")
