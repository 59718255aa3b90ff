"""A backup in a process of its own, which ends with the worker that began it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import structlog
from django.conf import settings

from spines.background.processes import die_with_parent

log = structlog.get_logger(__name__)


def begin() -> None:
    """Start `manage.py backup` and return. Where one is being made already it says so and ends."""
    process = subprocess.Popen(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "backup"],
        stdin=subprocess.DEVNULL,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    log.info("backup_begun", process=process.pid)
    threading.Thread(target=process.wait, name="backup", daemon=True).start()
