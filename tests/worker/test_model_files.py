"""Networks that were trained here are stored, fetched by the worker that needs them, and used once promoted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tifffile
from django.conf import settings
from django.core.management import call_command

from spines.models import AnalysisImage, AnalysisStatus, ModelKind, ModelVersion
from spines.services.analyses import jobs
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.services.models.versions import Network, promote, register_candidate
from tests.factories import make_study, make_user
from tests.worker import tiny_networks
from worker import analysis, model_files
from worker.inference.card import Card, load_classifier_card, load_detector_card

pytestmark = pytest.mark.django_db(transaction=True)


def stored(card: Card) -> ModelVersion:
    """A candidate as a training run enters it."""
    network = Network(
        name=card.name,
        version="1",
        sha256=card.sha256,
        path=model_files.store(card.kind, card.sha256, card.folder),
        files=model_files.hashes(card.folder),
        card=card.raw,
    )
    return register_candidate(kind=ModelKind(card.kind), network=network)


def test_an_analysis_runs_on_promoted_networks_out_of_storage(
    detector_folder: Path, classifier_folder: Path, tmp_path: Path
) -> None:
    admin, study = make_user(staff=True), make_study()
    versions = [stored(load_detector_card(detector_folder)), stored(load_classifier_card(classifier_folder))]
    for version in versions:
        promote(user=admin, version_id=version.pk)
    path = tmp_path / "neuron.tif"
    tifffile.imwrite(path, tiny_networks.plane_with_spines(128, 128, [(3, 2), (9, 11)]))
    add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    row = start_analysis(user=study.owner, experiment_id=study.experiment.pk).images.get()

    job = jobs.claim(row.pk)
    assert job is not None
    analysis.analyse(job)
    done = AnalysisImage.objects.get(pk=row.pk)
    assert (done.status, done.message) == (AnalysisStatus.DONE, "")
    assert done.spines.count() == 2
    headless = tmp_path / "spines.json"
    call_command("analyse", str(path), "--output", str(headless), "--experiment", str(study.experiment.pk))
    assert len(json.loads(headless.read_text())) == 2
    assert model_files.networks_of_experiment(study.experiment.pk)["detector"] == model_files.folder_of(versions[0])
    for version in versions:
        fetched = model_files.folder_of(version)
        assert fetched.parent == Path(settings.STATE_DIR) / "models"
        assert model_files.hashes(fetched) == version.files
    assert not list((Path(settings.STATE_DIR) / "models").glob("fetching-*"))
