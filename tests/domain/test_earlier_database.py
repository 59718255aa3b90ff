"""A database of the version before, with results, corrections and class counts, becomes one of this version whole.

`earlier_database.sql` is `pg_dump --data-only --column-inserts` of what commit 66d705d wrote, whose migrations end with
0003: measured images of two conditions, one corrected in every way and analysed again, one without a pixel size, one
that waits, a training. `earlier_tables.json` is what its data package held, file → CSV.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

HERE = Path(__file__).parent

MIGRATED = """
import csv, io, json, sys, zipfile
import django
django.setup()
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

here = sys.argv[1]
executor = MigrationExecutor(connection)
executor.migrate([("spines", "0003_measures")])
with transaction.atomic(), connection.cursor() as cursor:
    cursor.execute(open(f"{here}/earlier_database.sql").read())
executor = MigrationExecutor(connection)
executor.migrate(executor.loader.graph.leaf_nodes())

from spines.export.package import write_package
from spines.models import AnalysisImage, AuditEvent, Experiment, Image, Spine, TrainingRun, User
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.review.state import history_of, undoable_changes
from spines.services.review.answers import relabel
from spines.services.review.undoing import undo

experiment = Experiment.objects.get()
file = io.BytesIO()
write_package(file, experiment=experiment, filters=ResultFilters())
rows_of = lambda text: list(csv.DictReader(io.StringIO(text)))
then = {name: rows_of(text) for name, text in json.load(open(f"{here}/earlier_tables.json")).items()}
with zipfile.ZipFile(file) as package:
    now = {name: rows_of(package.read(name).decode()) for name in then}
differences = []
for name, rows in then.items():
    key = next(column for column in rows[0] if column.endswith("_id"))
    at = {row[key]: row for row in now[name]}
    for row in rows:
        for column, value in row.items():
            if row[key] not in at or at[row[key]].get(column) != value:
                differences.append([name, row[key], column, value, at.get(row[key], {}).get(column)])

olga = User.objects.get(username="olga")
result = AnalysisImage.objects.get(is_current=True, image__original_name="treated_T9.tif")
spines = {spine.number: spine for spine in result.spines.all()}
corrections = [
    [spine.number, spine.final_class, spine.spine_class, spine.reviewed_class, spine.rejected, spine.source]
    for spine in result.spines.order_by("number")
]
histories = [[each.action for each in history_of(spine)] for spine in spines.values()]
relabel(user=olga, spine_id=spines[1].pk, spine_class="filopodia")
undone = undo(user=olga, image_id=result.image_id).action
spines[1].refresh_from_db()
print(json.dumps({
    "differences": differences,
    "corrections": corrections,
    "histories": histories,
    "undone": [undone, spines[1].final_class],
    "reviewed": bool(result.reviewed_at),
    "dendrites": [result.dendrites.count(), bool(result.dendrites_edited_at)],
    "events": AuditEvent.objects.count(),
    "results": AnalysisImage.objects.count(),
    "waiting": list(AnalysisImage.objects.filter(status="queued").values_list("image__original_name", flat=True)),
    "training": TrainingRun.objects.get().message,
    "mixed": mixed_versions(made_by(experiment, ResultFilters())),
}))
"""


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty one."""
    name = f"earlier_{uuid.uuid4().hex[:8]}"
    address = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(address._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield address._replace(path=f"/{name}").geturl()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.long
@pytest.mark.django_db
def test_a_database_of_the_version_before_is_kept_whole(database: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MIGRATED, str(HERE)],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": database},
        capture_output=True,
        text=True,
        cwd=HERE.parents[1],
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    kept = json.loads(ran.stdout.splitlines()[-1])
    # Every old column of every table stands with its value, but for the one spine of each of three images that is on no
    # dendrite: such spines are listed apart since, and counted nowhere.
    assert kept.pop("differences") == [
        [table, row, column, before, str(int(before) - 1)]
        for table, counts in (
            ("images.csv", {"1": "62", "2": "62", "3": "62"}),
            ("cells.csv", {"1": "62", "2": "62", "3": "62"}),
            ("animals.csv", {"1": "62", "2": "62", "3": "83"}),
        )
        for row, befores in counts.items()
        for column, before in zip(("spines", "thin"), befores, strict=True)
    ]
    # number, class that counts, network's, person's, rejected, source: carried over to the second analysis
    assert kept.pop("corrections") == [
        [1, "stubby", "mushroom", "stubby", False, "detected"],
        [2, "thin", "mushroom", "thin", False, "detected"],
        [3, "stubby", "stubby", "", True, "detected"],
        [4, "filopodia", "filopodia", "", False, "detected"],
        [5, "mushroom", "", "mushroom", False, "added"],
    ]
    assert kept.pop("histories") == [
        ["spine.carried_over", "spine.relabelled"],
        ["spine.carried_over", "spine.accepted"],
        ["spine.carried_over", "spine.rejected"],
        ["spine.kept", "review.undone", "spine.relabelled"],
        ["spine.kept", "spine.added"],
    ]
    assert kept == {
        "undone": ["spine.relabelled", "stubby"],
        "reviewed": True,
        "dendrites": [1, True],
        "events": 17 + 2,
        "results": 7,
        "waiting": ["waiting.tif"],
        "training": "The machine ran out of memory. Halve the batch and start again.",
        "mixed": [],
    }
