"""A worker whose storage vanishes and whose database connections are ended: nothing fails, nothing is charged."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.background.queue import TaskName, enqueue
from spines.models import Analysis, AnalysisImage
from spines.services import claims
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.factories import Study, make_study
from tests.faults.test_worker_killed import counts, wait_for
from tests.workers import Worker

pytestmark = pytest.mark.long

IMAGES = 3


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


def go_on(analysis: Analysis) -> None:
    """What beat does, as if its time had come."""
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    AnalysisImage.objects.filter(analysis=analysis, status="queued").update(heartbeat_at=long_ago)
    enqueue(TaskName.REQUEUE_STALLED)


def test_a_storage_that_vanishes_and_a_database_that_hangs_up(
    study: Study, start_worker: Callable[..., Worker], client: Client
) -> None:
    storage = Path(settings.MEDIA_ROOT)
    away = storage.with_name("unmounted")
    storage.rename(away)
    storage.mkdir()
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    put_back = analysis.images.filter(status="queued", message__contains="storage does not answer", attempts=0)
    worker = start_worker()
    try:
        wait_for(put_back.exists, seconds=90, what="An image that waits", worker=worker)
        client.force_login(study.owner)
        page = client.get(reverse("analyses:progress", args=[analysis.pk])).content.decode()
        assert "The server&#x27;s storage does not answer. It goes on by itself" in page
        assert counts(analysis)["failed"] == 0
    finally:
        shutil.rmtree(storage)
        away.rename(storage)

    hung_up = 0
    done = analysis.images.filter(status="done")
    for _ in range(200):
        if counts(analysis)["running"] and hung_up < 2:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                hung_up += 1
        elif analysis.images.filter(status="queued").exists():
            go_on(analysis)
        if done.count() == IMAGES:
            break
        time.sleep(0.5)
    assert hung_up >= 1
    assert counts(analysis)["done"] == IMAGES, worker.log()[-3000:]
    assert counts(analysis)["failed"] == 0
    assert max(analysis.images.values_list("attempts", flat=True)) == 1
