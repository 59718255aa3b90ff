"""`manage.py train detector|classifier …`: one training run in a process of its own."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

PROJECT_FOLDER = Path(__file__).resolve().parents[3]


class Command(BaseCommand):
    """Start `python -m worker.training.detector` or `.classifier`; torch and TensorFlow never share a process."""

    help = "Train a network and export it; `manage.py train detector --help` lists the options."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """State the kind of network; what follows it goes to the training process."""
        parser.add_argument("network", choices=("detector", "classifier"))
        parser.add_argument("options", nargs=argparse.REMAINDER, metavar="…", help="options of the training")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the training and end with its exit code."""
        paths = [str(PROJECT_FOLDER), os.environ.get("PYTHONPATH", "")]
        training = subprocess.run(
            [sys.executable, "-m", f"worker.training.{options['network']}", *options["options"]],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            check=False,
        )
        if training.returncode:
            sys.exit(training.returncode)
