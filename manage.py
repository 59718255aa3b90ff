#!/usr/bin/env python
"""Runs Spinula's management commands.

While `make run` is up, its database and broker are described in `$SPINULA_STATE/run.env`. Reading that file
lets `manage.py createsuperuser` and the like reach them; what the environment says already is left alone.
"""

import os
import sys
from pathlib import Path

import environ
from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    running = Path(os.environ.get("SPINULA_STATE", Path(__file__).parent / "var")) / "run.env"
    if running.is_file():
        environ.Env.read_env(running)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
