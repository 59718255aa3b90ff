"""`manage.py register_models`: the networks that come with the program become rows, once."""

from __future__ import annotations

import json
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from spines.models import ModelKind, ModelState, ModelVersion
from tests.worker import tiny_networks
from worker.management.commands import register_models

pytestmark = pytest.mark.django_db


@pytest.fixture
def pretrained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of networks that stands for the program's own."""
    folder = tmp_path / "pretrained"
    tiny_networks.write_both(folder)
    monkeypatch.setattr(register_models, "PRETRAINED_FOLDER", folder)
    return folder


def register() -> str:
    """What the command prints."""
    out = StringIO()
    call_command("register_models", stdout=out)
    return out.getvalue()


def sha256_on_card(folder: Path) -> str:
    """The sha256 that a network's card states."""
    return str(json.loads((folder / "card.json").read_text())["sha256"])


def test_both_networks_become_active_and_a_second_run_changes_nothing(pretrained: Path) -> None:
    said = register()
    rows = list(ModelVersion.objects.values_list("kind", "state", "name", "version", "sha256", "path"))
    assert sorted(rows) == [
        (kind, ModelState.ACTIVE, "tiny", "1", sha256_on_card(pretrained / kind), kind)
        for kind in (ModelKind.CLASSIFIER.value, ModelKind.DETECTOR.value)
    ]
    before = list(ModelVersion.objects.values())
    assert register() == said == "Detector: tiny 1 (active)\nClassifier: tiny 1 (active)\n"
    assert list(ModelVersion.objects.values()) == before


def test_a_newer_shipped_network_takes_the_place_of_the_older(pretrained: Path) -> None:
    register()
    older = ModelVersion.objects.get(kind=ModelKind.CLASSIFIER)
    shutil.rmtree(pretrained / "classifier")
    tiny_networks.write_classifier(pretrained / "classifier", version="2", input_size_px=24)
    register()
    older.refresh_from_db()
    assert older.state == ModelState.RETIRED
    newer = ModelVersion.objects.get(kind=ModelKind.CLASSIFIER, state=ModelState.ACTIVE)
    assert newer.version == "2"
    assert newer.card["input_size_px"] == 24


def test_an_altered_network_is_not_registered(pretrained: Path) -> None:
    (pretrained / "detector" / "model.onnx").write_bytes(b"something else")
    with pytest.raises(CommandError, match="is not the one its card describes"):
        register()
    assert not ModelVersion.objects.exists()
