"""`manage.py make_demo`: the demonstration lab, once."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from spines.demo import analyse_demo, make_demo
from spines.errors import Conflict, DomainError
from spines.models import Analysis
from spines.models.analyses import UNFINISHED

PASSWORD_VARIABLE = "SPINULA_DEMO_PASSWORD"  # noqa: S105 - the name of the variable
LONGEST_WAIT_S = 300


class Command(BaseCommand):
    """Make the demonstration lab and start its analysis."""

    help = "Make a lab of made images with the user `demo`, and analyse it; does nothing where that was done before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", help=f"of the user demo, when it is made; default: ${PASSWORD_VARIABLE}")
        parser.add_argument("--no-analysis", action="store_true", help="only the lab and its images")
        parser.add_argument("--follow", action="store_true", help="tell how the analysis comes along, until it is done")

    def handle(self, *args: Any, **options: Any) -> None:
        password = options["password"] or os.environ.get(PASSWORD_VARIABLE)
        if not password:
            raise CommandError(f"Give the user demo a password: --password, or {PASSWORD_VARIABLE} in the environment.")
        added: list[str] = []
        try:
            if make_demo(password=password, report=added.append):
                self.stdout.write(f"Made the demo lab with {len(added)} images.")
        except DomainError as error:
            raise CommandError(error.sentence) from error
        if options["no_analysis"]:
            return
        try:
            analysis = analyse_demo()
        except Conflict as conflict:
            # The lab is of use without an analysis, which starts the next time.
            self.stderr.write(conflict.sentence)
            return
        if analysis and options["follow"]:
            self._follow(analysis)

    def _follow(self, analysis: Analysis) -> None:
        total, told, end = analysis.images.count(), 0, monotonic() + LONGEST_WAIT_S
        while told < total and monotonic() < end:
            done = total - analysis.images.filter(status__in=UNFINISHED).count()
            if done > told:
                told = done
                self.stdout.write(f"Analysed {done} of {total} demo images.")
            sleep(0.5)
        if told < total:
            self.stdout.write("The analysis goes on in the background; the page of the experiment shows how far it is.")
