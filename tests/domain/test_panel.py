"""Old domains of a site: what a training left out is what its candidate is asked to hold on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spines.models import User
from spines.services.datasets.freezing import DatasetSelection, freeze
from spines.services.datasets.panel import write_panel
from spines.services.labs.making import set_lets_train
from spines.training_sets import read_truth
from tests.domain.test_datasets import imported, of_labs, reviewed
from tests.factories import make_study, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin() -> User:
    return make_user(staff=True)


def test_sets_and_labs_that_a_dataset_leaves_out_are_its_panel(tmp_path: Path, admin: User) -> None:
    chosen, other = make_study(), make_study("other")
    animals = [f"m{number}" for number in range(4)]
    for study in (chosen, other):
        reviewed(study, tmp_path, animals)
    left_out = imported(tmp_path / "left", "left", range(100, 104))
    imported(tmp_path / "trained", "trained on elsewhere", range(200, 204), part="train")
    dataset = freeze(user=admin, kind="classifier", selection=of_labs(chosen))
    folder = tmp_path / "panel"
    assert write_panel(dataset, folder)
    sources = {source["folder"]: source for source in json.loads((folder / "sources.json").read_text())["sources"]}
    lab = f"lab-{other.lab.pk}"
    assert set(sources) == {f"set-{left_out.sha256[:12]}", lab}
    truth = read_truth(folder / lab / "test.json")
    assert len(truth) == len({image.group for image in truth.values()}) == 4, "an animal is a group"
    assert all((folder / lab / image.file_name).is_file() for image in truth.values())
    assert "other" not in json.dumps([image.file_name for image in truth.values()])

    set_lets_train(user=other.owner, lab_id=other.lab.pk, lets_train=False)
    again = tmp_path / "again"
    assert write_panel(dataset, again)
    assert not (again / lab).exists()


def test_what_a_training_saw_shows_nothing(tmp_path: Path, admin: User) -> None:
    old, new = imported(tmp_path / "old", "old", range(8)), imported(tmp_path / "new", "new", range(20, 28))
    first = freeze(user=admin, kind="classifier", selection=DatasetSelection(imported_set_ids=(old.pk,)))
    assert first.counts["train"]["images"] > 0
    dataset = freeze(user=admin, kind="classifier", selection=DatasetSelection(imported_set_ids=(new.pk,)))
    assert write_panel(dataset, tmp_path / "panel")
    truth = read_truth(tmp_path / "panel" / f"set-{old.sha256[:12]}" / "test.json")
    assert len(truth) == first.counts["test"]["images"]
    assert not write_panel(
        freeze(user=admin, kind="classifier", selection=DatasetSelection(imported_set_ids=(old.pk, new.pk))),
        tmp_path / "none",
    )
