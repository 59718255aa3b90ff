"""The benchmark of pages: on a database of its own, with a table, and a failure where a limit is not kept."""

from __future__ import annotations

import os
import subprocess
import sys

import psycopg
import pytest

from webapp.management.scratch_database import NAME
from webapp.serve.programs import PROJECT


@pytest.mark.long
@pytest.mark.usefixtures("embedded_servers")
def test_times_pages_of_the_url_list_and_fails_where_the_results_take_too_long() -> None:
    rows = ("--experiments", "2", "--spines", "180")
    options = (*rows, "--requests", "1", "--limit-ms", "0", "--queries", "--only", "experiment")
    done = subprocess.run(
        [sys.executable, "manage.py", "bench_pages", *options], cwd=PROJECT, capture_output=True, text=True, timeout=110
    )
    # The first experiment has results that are no longer current, too.
    assert "540 spines in the database" in done.stdout, done.stderr
    for page in ("results:experiment", "results:experiment?score=0.5", "api:list_experiments", "report:experiment"):
        assert f"\n{page} " in done.stdout, done.stderr
    assert "slowest, " in done.stdout
    assert "answered" not in done.stderr  # none is missing
    assert done.returncode == 1
    assert "results:experiment: 95 % of answers should take less than 0 ms" in done.stderr
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        assert server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None
