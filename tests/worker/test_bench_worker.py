"""`manage.py bench_worker`: a real analysis through a real worker, and nothing left of it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from spines.models import Analysis, Image, Lab, User
from tests.factories import make_tiff
from tests.workers import Worker


def stored_files() -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


@pytest.mark.long
@pytest.mark.timeout(180)
def test_times_an_analysis_and_clears_up(tmp_path: Path, analysis_worker: Worker) -> None:
    call_command("register_models", stdout=StringIO())
    for _ in range(3):
        make_tiff(tmp_path, side_px=128)
    before = stored_files()
    printed = StringIO()
    call_command("bench_worker", str(tmp_path), "--count", "2", stdout=printed)
    assert printed.getvalue().startswith("2 images done, 0 failed"), analysis_worker.log()[-2000:]
    shares = [float(share) for share in re.findall(r"([\d.]+) %", printed.getvalue())]
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert not any(rows.objects.exists() for rows in (Lab, User, Image, Analysis))
    assert stored_files() == before


@pytest.mark.django_db
def test_says_what_is_missing(tmp_path: Path) -> None:
    make_tiff(tmp_path)
    with pytest.raises(CommandError, match="No detector is active"):
        call_command("bench_worker", str(tmp_path))
    assert not Lab.objects.exists()
