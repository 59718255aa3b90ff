"""A backup taken while images are analysed, restored on an empty machine, which analyses on as if nothing had been."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from spines.backups.making import back_up
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.factories import Study, make_study
from tests.faults.test_worker_killed import wait_for
from tests.second_machine import Machine, second_machine
from tests.workers import Worker, empty_queues
from webapp.serve.programs import PROJECT

pytestmark = [pytest.mark.timeout(400), pytest.mark.long]

IMAGES = 5
FOUND = (
    "SELECT i.original_name, s.number, round(s.x_px::numeric, 3), round(s.y_px::numeric, 3), s.spine_class "
    "FROM spines_spine s JOIN spines_analysisimage a ON a.id = s.analysis_image_id "
    "JOIN spines_image i ON i.id = a.image_id WHERE a.is_current ORDER BY 1, 2"
)
DONE = "SELECT count(*) FROM spines_analysisimage WHERE status = 'done'"


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    """Some made images."""
    study = make_study()
    call_command("register_models")
    for number in range(IMAGES):
        path = tmp_path / f"neuron{number}.tif"
        write_tiff(path, make_image(SceneParameters(side_px=256), seed=number))
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    return study


def go_on_until_done(machine: Machine) -> None:
    """What beat does on the second machine, as if its time had come, until every image is done."""
    requeue = (
        "from spines.models import AnalysisImage; from django.utils import timezone; from datetime import timedelta;"
        "from worker.tasks import requeue_stalled;"
        "AnalysisImage.objects.exclude(status='done').update(heartbeat_at=timezone.now() - timedelta(hours=1));"
        "requeue_stalled()"
    )
    end = time.monotonic() + 150

    done = machine.manage("shell", "-c", requeue, REDIS_URL=os.environ["REDIS_URL"])
    assert done.returncode == 0, done.stderr
    while machine.rows(DONE)[0][0] < IMAGES:
        assert time.monotonic() < end, machine.rows("SELECT status, message FROM spines_analysisimage")
        time.sleep(0.5)


def test_it_analyses_on(study: Study, start_worker: Callable[..., Worker], tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    worker = start_worker()
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    some = analysis.images.filter(status="done")
    wait_for(lambda: some.count() >= 1, seconds=120, what="A result", worker=worker)
    made = back_up(place=place, keep=1)
    wait_for(lambda: some.count() == IMAGES, seconds=120, what="The rest", worker=worker)
    worker.stop()
    empty_queues()
    with connection.cursor() as cursor:
        cursor.execute(FOUND)
        reference = cursor.fetchall()

    with second_machine(tmp_path / "new") as machine:
        restored = machine.manage("restore", made.place)
        assert restored.returncode == 0, restored.stderr
        assert 1 <= machine.rows(DONE)[0][0] < IMAGES
        second = start_worker(**machine.environment())
        go_on_until_done(machine)
        second.stop()
        assert machine.rows(FOUND) == reference
        assert machine.rows("SELECT max(attempts) FROM spines_analysisimage") == [(1,)]


def test_make_restore_brings_it_onto_a_machine_that_never_ran(study: Study, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    made = back_up(place=place, keep=1)
    none_of = ("DATABASE_URL", "REDIS_URL", "SPINULA_STORAGE", "SPINULA_SECRET_KEY", "SPINULA_UPLOAD_TEMP_DIR")
    said = {name: value for name, value in os.environ.items() if name not in none_of}
    command = [sys.executable, "-m", "webapp.serve.restore", made.place]
    state = tmp_path / "new state"
    done = subprocess.run(
        command, cwd=PROJECT, env=said | {"SPINULA_STATE": str(state)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{made.rows:,} rows, {made.files:,} files" in done.stdout
    originals = {path.name for path in (state / "media").rglob("originals/*/*")}
    assert originals >= set(study.experiment.images.values_list("sha256", flat=True))
    again = subprocess.run(
        command, cwd=PROJECT, env=said | {"SPINULA_STATE": str(state)}, capture_output=True, text=True
    )
    assert again.returncode == 1
    assert "has users already" in again.stdout
