"""The benchmark of corrections: every kind of edit goes through, and one that takes too long fails it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from webapp.serve.programs import PROJECT


@pytest.mark.long
@pytest.mark.usefixtures("embedded_servers")
def test_times_every_edit_and_fails_where_one_takes_too_long() -> None:
    options = ("--side-px", "512", "--spines", "12", "--requests", "1", "--limit-s", "0")
    done = subprocess.run(
        [sys.executable, "manage.py", "bench_edits", *options], cwd=PROJECT, capture_output=True, text=True, timeout=110
    )
    head, columns, *rows = done.stdout.splitlines()
    assert head.startswith("12 spines, "), done.stderr
    assert columns.split() == ["edit", "median", "longest"]
    assert [row[:28].strip() for row in rows] == [
        "give a class",
        "accept the class",
        "say that it is no spine",
        "take the last edit back",
        "add a spine",
        "delete a dendrite",
    ], done.stderr
    assert done.returncode == 1
    assert "add a spine: 0." in done.stderr
