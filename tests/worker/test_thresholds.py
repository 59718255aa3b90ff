"""A worker lets results follow a threshold: just what an analysis at that threshold gives, without the detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.files.storage import default_storage

from spines.models import AnalysisImage, AnalysisStatus, ModelKind, ThresholdChange
from spines.services.analyses import jobs, threshold_jobs
from spines.services.analyses.starting import start_analysis
from spines.services.analyses.thresholds import set_threshold
from spines.services.images.uploads import add_image
from spines.services.models.versions import Network, promote, register_candidate
from tests.factories import Study, make_study, make_user
from worker import analysis, model_files, thresholds
from worker.inference.card import Card, load_classifier_card, load_detector_card
from worker.inference.detector import Detector

pytestmark = pytest.mark.django_db(transaction=True)

BRIGHTNESS = (1.0, 0.8, 0.6, 0.45, 0.35, 0.2)


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker of other tests, where one still runs, is told nothing: these tests do its work themselves."""
    for service in ("starting", "thresholds", "threshold_jobs"):
        monkeypatch.setattr(f"spines.services.analyses.{service}.enqueue", lambda *_: None)


@pytest.fixture
def study(detector_folder: Path, classifier_folder: Path, tmp_path: Path) -> Study:
    """Tiny networks in use, and an image with a spine of each brightness, which is its score."""
    study = make_study()
    for card in (load_detector_card(detector_folder), load_classifier_card(classifier_folder)):
        promote(user=make_user(staff=True), version_id=stored(card))
    plane = np.zeros((96, 256), np.uint8)
    drawn = np.random.default_rng(2)
    for n, value in enumerate(BRIGHTNESS):
        y = 32 + 8 * int(drawn.integers(0, 4))
        plane[y : y + 8, 16 + 40 * n : 24 + 40 * n] = round(255 * value)
    tifffile.imwrite(tmp_path / "neuron.tif", plane)
    add_image(user=study.owner, experiment_id=study.experiment.pk, path=tmp_path / "neuron.tif", name="neuron.tif")
    return study


def stored(card: Card) -> int:
    network = Network(
        name=card.name,
        version="1",
        sha256=card.sha256,
        path=model_files.store(card.kind, card.sha256, card.folder),
        files=model_files.hashes(card.folder),
        card=card.raw,
    )
    return register_candidate(kind=ModelKind(card.kind), network=network).pk


def analyse(study: Study) -> list[dict[str, Any]]:
    row = start_analysis(user=study.owner, experiment_id=study.experiment.pk).images.get()
    job = jobs.claim(row.pk)
    assert job is not None
    analysis.analyse(job)
    return spines(study)


def spines(study: Study) -> list[dict[str, Any]]:
    result = AnalysisImage.objects.get(image__experiment=study.experiment, is_current=True)
    assert (result.status, result.message) == (AnalysisStatus.DONE, "")
    kept = ("number", "x_px", "y_px", "width_px", "height_px", "score", "spine_class", "uncertain", "quality")
    return [
        {name: getattr(spine, name) for name in kept} | {"class_probabilities": spine.class_probabilities}
        for spine in result.spines.order_by("number")
    ]


def follow(study: Study, threshold: float) -> ThresholdChange:
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=threshold)
    if job := threshold_jobs.claim(change.pk):
        thresholds.apply(job)
    change.refresh_from_db()
    return change


def without_numbers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Probabilities to five digits: a batch of another size may differ beyond."""
    return [row | {"class_probabilities": pytest.approx(row["class_probabilities"], abs=1e-5)} for row in rows]


@pytest.mark.parametrize("threshold", [0.15, 0.4, 0.7])
def test_following_gives_what_an_analysis_at_the_threshold_gives(
    study: Study, threshold: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(analyse(study)) == 3
    with monkeypatch.context() as patched:
        patched.setattr(Detector, "candidates", lambda *_args, **_named: pytest.fail("the detector was asked"))
        assert follow(study, threshold).status == AnalysisStatus.DONE
    followed = spines(study)
    assert len(followed) == sum(value >= threshold for value in BRIGHTNESS)
    assert analyse(study) == without_numbers(followed)


def test_raising_it_needs_no_network_at_all(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    analyse(study)
    monkeypatch.setattr(thresholds, "pipeline_of", lambda _: pytest.fail("the networks were loaded"))
    assert follow(study, 0.7).status == AnalysisStatus.DONE
    assert follow(study, 0.5).status == AnalysisStatus.DONE
    assert len(spines(study)) == 3


def test_a_file_that_is_gone_is_told(study: Study) -> None:
    analyse(study)
    image = study.experiment.images.get()
    default_storage.delete(str(image.file.name))
    change = follow(study, 0.3)
    assert change.status == AnalysisStatus.FAILED
    assert f"The stored file of {image.original_name} is gone." in change.message
    assert len(spines(study)) == 3


def test_a_long_change_lets_others_have_the_worker(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    analyse(study)
    monkeypatch.setattr(thresholds, "TURN_S", -1.0)
    change = follow(study, 0.3)
    assert (change.status, change.attempts, change.claim) == (AnalysisStatus.QUEUED, 0, None)
    assert len(spines(study)) == 3
