"""Which Spinula this is, as results state it: its version, and the commit that it runs from or was built of."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from django.conf import settings

import spines

LONGEST = 40
_ROOT = Path(__file__).resolve().parent.parent
_GIT_TIMEOUT_S = 10


@cache
def release() -> str:
    """`0.1.0+66d705d510f0` in a checkout, with `.changed` where tracked files differ; `0.1.0` where nothing is known.

    In an image, the build says it (`SPINULA_RELEASE`). Asked once a process, at its start: what a process runs is what
    lay there when it began.
    """
    built = str(settings.SPINULA_RELEASE).strip()
    of = built or _commit(_ROOT)
    stated = of if of.startswith(spines.__version__) else f"{spines.__version__}+{of}".rstrip("+")
    return stated[:LONGEST]


def _commit(folder: Path) -> str:
    """The commit of a checkout; "" where there is none, or no git."""
    if not (folder / ".git").exists():
        return ""
    commit = _git(folder, "rev-parse", "--short=12", "HEAD")
    return f"{commit}.changed" if commit and _git(folder, "status", "--porcelain", "--untracked-files=no") else commit


def _git(folder: Path, *arguments: str) -> str:
    try:
        told = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=_GIT_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()
