"""From an imported set to a candidate beside the shipped network: the real processes on a base of one convolution."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from spines.models import ModelKind, ModelState, ModelVersion, TrainingStatus
from spines.services.datasets.freezing import DatasetSelection, freeze
from spines.services.datasets.imports import import_set
from spines.services.training.starting import start_run
from tests.domain.annotated_sets import field, write_coco
from tests.factories import make_user
from webapp.serve.programs import PROJECT
from worker.inference.card import load_classifier_card
from worker.model_files import folder_of
from worker.runs.run import train_here

pytestmark = pytest.mark.long

SMALL = {"size_px": 32, "window_px": 24, "batch": 4, "steps_per_epoch": 2, "made_images": 4, "steps": 6}


@pytest.mark.timeout(400)
@pytest.mark.django_db(transaction=True)
def test_an_imported_set_becomes_a_candidate(tmp_path: Path) -> None:
    call_command("register_models", verbosity=0)
    admin = make_user(staff=True)
    pictures = {f"{number}.png": field(number) for number in range(24)}
    boxes = [[20, 20, 10, 12], [60, 40, 14, 10], [90, 90, 12, 12], [30, 80, 12, 10]]
    truth = write_coco(tmp_path / "set", pictures, boxes=boxes, classes=("mushroom", "thin", "stubby", "filopodia"))
    imported = import_set(user=admin, path=truth, set_format="coco", name="ours", licence="CC0", source="made")
    selection = DatasetSelection(imported_set_ids=(imported.pk,))
    dataset = freeze(user=admin, kind=ModelKind.CLASSIFIER, selection=selection)
    base = tmp_path / "base"
    subprocess.run([sys.executable, "-m", "tests.training.small_base", str(base)], cwd=PROJECT, check=True)

    run = start_run(user=admin, dataset_id=dataset.pk, recipe="default", overrides={**SMALL, "base": str(base)}, seed=1)
    train_here(run.pk)
    run.refresh_from_db()
    assert (run.status, run.message) == (TrainingStatus.DONE, ""), run.log_tail
    assert run.epochs
    assert {"loss", "val_loss", "accuracy", "val_accuracy", "done"} <= set(run.epochs[-1])
    candidate = run.candidate
    assert candidate is not None
    assert load_classifier_card(folder_of(candidate)).sha256 == candidate.sha256
    evaluation = candidate.evaluation
    assert evaluation["part"] == "test"
    assert evaluation["spines"] == dataset.counts["test"]["spines"]
    active = ModelVersion.objects.get(kind=ModelKind.CLASSIFIER, state=ModelState.ACTIVE)
    assert evaluation["compared_with"]["id"] == active.pk
