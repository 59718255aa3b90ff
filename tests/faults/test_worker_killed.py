"""A worker that dies in the middle loses nothing and doubles nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from spines.background.queue import TaskName, enqueue
from spines.models import Analysis, AnalysisImage, AnalysisStatus, Spine
from spines.services import claims
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.storage.files import discard
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.factories import Study, make_study
from tests.workers import Worker

pytestmark = pytest.mark.long

IMAGES = 12


def wait_for(condition: Callable[[], bool], *, seconds: float, what: str, worker: Worker) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come within {seconds} s:\n{worker.log()[-3000:]}")
        time.sleep(0.05)


def counts(analysis: Analysis) -> dict[str, int]:
    """Images by state."""
    states = list(analysis.images.values_list("status", flat=True))
    return {state: states.count(state) for state in AnalysisStatus.values}


def boxes_by_image(analysis: Analysis) -> dict[str, list[tuple[float, float, str]]]:
    """What was found, by image name."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    spines = Spine.objects.filter(analysis_image__analysis=analysis).order_by("number")
    for name, x, y, c in spines.values_list("analysis_image__image__original_name", "x_px", "y_px", "spine_class"):
        found.setdefault(name, []).append((round(x, 2), round(y, 2), c))
    return found


@pytest.fixture
def study(transactional_db: None, tmp_path: Path) -> Study:
    study = make_study()
    call_command("register_models")
    for number in range(IMAGES):
        path = tmp_path / f"neuron{number}.tif"
        write_tiff(path, make_image(SceneParameters(side_px=256), seed=number))
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    return study


@pytest.mark.timeout(300)
def test_an_analysis_outlives_its_worker(study: Study, start_worker: Callable[..., Worker]) -> None:
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    first = start_worker()
    wait_for(
        lambda: counts(analysis)["done"] >= 2 and counts(analysis)["running"] == 1,
        seconds=60,
        what="The middle of the analysis",
        worker=first,
    )
    first.kill()
    left = counts(analysis)
    assert left["running"] + left["queued"] > 0, "it was killed too late to show anything"

    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    AnalysisImage.objects.filter(status__in=("running", "queued")).update(heartbeat_at=long_ago)
    second = start_worker()
    enqueue(TaskName.REQUEUE_STALLED)
    closed = Analysis.objects.filter(pk=analysis.pk, finished_at__isnull=False)
    wait_for(closed.exists, seconds=180, what="The end of the analysis", worker=second)

    assert counts(analysis)["done"] == IMAGES
    assert AnalysisImage.objects.filter(is_current=True).count() == IMAGES
    interrupted = boxes_by_image(analysis)

    again = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    wait_for(lambda: counts(again)["done"] == IMAGES, seconds=60, what="A run without harm", worker=second)
    assert boxes_by_image(again) == interrupted
    assert sum(map(len, interrupted.values())) > 0


def test_a_bad_image_fails_alone(study: Study, start_worker: Callable[..., Worker]) -> None:
    spoilt = study.experiment.images.order_by("original_name")[3]
    discard(spoilt.file)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    worker = start_worker()
    wait_for(lambda: counts(analysis)["done"] == IMAGES - 1, seconds=60, what="The good images", worker=worker)
    failed = analysis.images.get(status=AnalysisStatus.FAILED)
    assert failed.image == spoilt
    assert failed.message.startswith(f"The stored file of {spoilt.original_name} is gone. Upload the same file again")
