"""A database of the version before keeps its results, corrections and exports when its tables change."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

MIGRATED = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("spines", "0006_measures_of_the_vocabulary")]
executor = MigrationExecutor(connection)
executor.migrate(BEFORE)
old = executor.loader.project_state(BEFORE).apps.get_model
lab = old("spines", "Lab").objects.create(name="Lab")
project = old("spines", "Project").objects.create(lab=lab, name="Project")
experiment = old("spines", "Experiment").objects.create(project=project, name="Experiment")
image = old("spines", "Image").objects.create(
    experiment=experiment, original_name="a.tif", sha256="a" * 64, size_bytes=1, format="tiff", width_px=9, height_px=9,
    bit_depth=8,
)
networks = [
    old("spines", "ModelVersion").objects.create(kind=kind, name=kind, version="1", sha256=sign * 64, path=kind)
    for kind, sign in (("detector", "d"), ("classifier", "c"))
]
analysis = old("spines", "Analysis").objects.create(
    experiment=experiment, detector=networks[0], classifier=networks[1], software_version="0"
)
result = old("spines", "AnalysisImage").objects.create(
    analysis=analysis, image=image, status="done", is_current=True, pixel_size_um=0.1
)
dendrite = old("spines", "Dendrite").objects.create(
    analysis_image=result, number=1, points_px=[[0, 0], [100, 0]], radius_px=[1, 1], length_px=100, length_um=10
)
box = {"x_px": 1, "y_px": 1, "width_px": 2, "height_px": 2, "analysis_image": result}
place = {"dendrite": dendrite, "position_px": 1, "side": 1, "quality": "trusted", "length_um": 1.5}
place |= {"head_width_um": 0.6}
said = {"p_mushroom": 0.1, "p_thin": 0.2, "p_stubby": 0.3, "p_filopodia": 0.4, "spine_class": "filopodia", "score": 0.9}
spine = old("spines", "Spine").objects.create
spine(number=1, **box, **place, **said)
spine(number=2, **box, **place, **said, reviewed_class="stubby")
spine(number=3, **box, **place, **said, uncertain=True)
spine(number=4, **box, reviewed_class="thin", source="added")
spine(number=5, **box, **said, rejected=True)

executor = MigrationExecutor(connection)
executor.migrate(executor.loader.graph.leaf_nodes())

from spines.export.spine_table import spine_table_csv
from spines.models import Density, Spine

rows = list(Spine.objects.order_by("number"))
assert [row.final_class for row in rows] == ["filopodia", "stubby", "uncertain", "thin", "filopodia"], rows
assert [row.reviewed_class for row in rows] == ["", "stubby", "", "thin", ""]
assert [row.probabilities for row in rows] == [[0.1, 0.2, 0.3, 0.4]] * 3 + [None, [0.1, 0.2, 0.3, 0.4]]
assert rows[0].class_probabilities == {"mushroom": 0.1, "thin": 0.2, "stubby": 0.3, "filopodia": 0.4}
assert rows[0].length_um == 1.5 and rows[0].head_width_um == 0.6 and rows[4].rejected
density = Density.objects.select_related("dendrite").get()
assert density.spines == 3 and density.by_class == {"filopodia": 1, "stubby": 1, "uncertain": 1}, density.by_class
assert density.spines_per_um == 0.3 and density.without_left_out_per_um == 0.2
head, first, *_ = spine_table_csv(Spine.objects.filter(rejected=False))
told = dict(zip(head.strip().split(","), first.strip().split(",")))
assert [told[f"p_{name}"] for name in ("mushroom", "thin", "stubby", "filopodia")] == ["0.1", "0.2", "0.3", "0.4"], told
assert (told["spine_class"], told["network_class"], told["length_um"]) == ("filopodia", "filopodia", "1.5")
"""


@pytest.mark.long
@pytest.mark.django_db
def test_results_of_the_version_before_are_kept() -> None:
    name = f"before_{uuid.uuid4().hex[:8]}"
    address = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(address._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        its_own = address._replace(path=f"/{name}").geturl()
        try:
            ran = subprocess.run(
                [sys.executable, "-c", MIGRATED],
                env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": its_own},
                capture_output=True,
                text=True,
                cwd=Path(__file__).parents[2],
                check=False,
            )
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert ran.returncode == 0, ran.stderr[-3000:]
