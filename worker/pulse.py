"""A sign of life for who started this program: a file that it touches, where it was told one."""

import os
from contextlib import suppress
from pathlib import Path

_FILE = os.environ.get("SPINULA_PULSE", "")


def show_life() -> None:
    """Touch the file. A disk that is full or away is told elsewhere."""
    if _FILE:
        with suppress(OSError):
            Path(_FILE).touch()
