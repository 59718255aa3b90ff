"""Files that lie on this machine for a while, in one folder, so that what a killed process left there can be swept."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

PREFIX = "spinula-"
FRESH_S = 60
A_DAY_S = 86_400


def temporary_folder() -> Path:
    """The folder for them, made where it is not there."""
    folder = Path(settings.SPINULA_UPLOAD_TEMP_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def temporary_file() -> Any:
    """An open file with a name, that goes when it is closed. Its lock tells that a living process has it."""
    file = tempfile.NamedTemporaryFile(prefix=PREFIX, dir=temporary_folder())  # noqa: SIM115 - its user closes it
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def sweep() -> int:
    """Remove files that nobody locks any more, and folders of yesterday. Returns how many went."""
    swept = sum(_removed(path) for path in temporary_folder().glob(f"{PREFIX}*"))
    if swept:
        log.warning("temporary_files_swept", count=swept, folder=settings.SPINULA_UPLOAD_TEMP_DIR)
    return swept


def _removed(path: Path) -> bool:
    try:
        age_s = time.time() - path.stat().st_mtime
        if path.is_dir():
            if age_s < A_DAY_S:
                return False
            shutil.rmtree(path)
            return True
        with path.open("rb") as file:
            if age_s < FRESH_S:  # its process may be about to lock it
                return False
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except OSError:  # locked, or gone by itself
        return False
    return True
