"""R where it can be had: what tests compare with. Without it they are skipped, and say so."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest


@cache
def _has(package: str) -> bool:
    asked = f'cat(requireNamespace("{package}", quietly = TRUE))'
    return subprocess.run(["Rscript", "-e", asked], capture_output=True, text=True, check=False).stdout == "TRUE"


def need_r(*packages: str) -> None:
    """Skip the test unless R is there with these packages."""
    if shutil.which("Rscript") is None:
        pytest.skip("There is no Rscript: Debian's r-base-core has it.")
    if missing := [package for package in packages if not _has(package)]:
        pytest.skip(f"R lacks {', '.join(missing)}: Debian's r-cran-… packages have them.")


def run_r(script: Path, *, folder: Path) -> str:
    """What a script prints that is run in a folder. Fails where R fails, with what it said."""
    done = subprocess.run(["Rscript", str(script)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
