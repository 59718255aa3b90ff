"""Bringing sets in: stored once by content, counted, reported, for site admins."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from spines.errors import InvalidInput, NotAllowed
from spines.models import AuditEvent, ImportedSet
from spines.services.datasets.imports import import_set
from spines.storage.kept import PICTURES
from tests.domain.annotated_sets import copied, field, write_coco, write_yolo
from tests.factories import make_user

pytestmark = pytest.mark.django_db

bring_in = partial(import_set, user=None, name="made", licence="CC0", source="made for a test")


def write_parts(folder: Path) -> Path:
    write_coco(folder, {f"train/{n}.png": field(n) for n in range(4)}, part="train")
    write_coco(folder, {f"val/{n}.png": field(n) for n in range(10, 12)}, part="val")
    return folder


def test_a_set_is_stored_by_content_and_counted(tmp_path: Path) -> None:
    admin = make_user(staff=True)
    imported = bring_in(user=admin, path=write_parts(tmp_path / "set"), set_format="coco", box_factor=0.6)
    assert imported.counts == {
        "images": 6,
        "spines": 12,
        "mushroom": 6,
        "thin": 6,
        "parts": {"train": {"images": 4, "spines": 8}, "val": {"images": 2, "spines": 4}},
    }
    assert (imported.has_classes, imported.is_fully_marked, imported.box_factor) == (True, True, 0.6)
    assert imported.imported_by == admin
    assert AuditEvent.objects.get(action="imported_set.added").subject_id == imported.pk
    with default_storage.open(f"{imported.path}/truth.json") as stored:
        pictures = json.load(stored)["pictures"]
    assert len(pictures) == 6
    with default_storage.open(f"{PICTURES}/{pictures[0]['file']}") as stored:
        assert stored.read() == (tmp_path / "set" / pictures[0]["name"]).read_bytes()


def test_the_same_set_twice_is_one_row_and_another_treatment_is_another(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "set")
    first = bring_in(path=path, set_format="coco")
    assert bring_in(path=path, set_format="coco", name="other name") == first
    assert bring_in(path=path, set_format="coco", box_factor=0.5) != first
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path, "set")
    assert bring_in(path=Path(archive), set_format="coco") == first
    assert ImportedSet.objects.count() == 2


def test_a_yolo_folder_is_taken(tmp_path: Path) -> None:
    imported = bring_in(path=write_yolo(tmp_path / "set"), set_format="yolo")
    assert imported.counts["stubby"] == imported.counts["mushroom"] == 4
    assert set(imported.counts["parts"]) == {"train", "val"}


def test_near_duplicates_in_a_set_are_tied_together_and_told(tmp_path: Path) -> None:
    write_coco(tmp_path, {"train/a.png": field(1), "train/b.png": field(2)}, part="train")
    write_coco(tmp_path, {"val/c.png": copied(field(1)), "val/d.png": field(3)}, part="val")
    imported = bring_in(path=tmp_path, set_format="coco")
    notes = " ".join(imported.report["notes"])
    assert "2 pictures have near-duplicates" in notes
    assert "The set's own split parts what belongs together" in notes


def test_only_site_admins_bring_sets_in_and_only_usable_ones(tmp_path: Path) -> None:
    path = write_parts(tmp_path / "set")
    with pytest.raises(NotAllowed):
        bring_in(user=make_user(), path=path, set_format="coco")
    for wrong, sentence in (
        ({"licence": " "}, "Give the set's licence"),
        ({"name": "n" * 121}, "Give the set's name"),
        ({"box_factor": 0.0}, "box factor of 0"),
        ({"reference_side_px": 0}, "no side of a picture"),
        ({"class_names": {"a": "b"}}, "cannot be taken for b"),
        ({"path": tmp_path / "absent"}, "There is no"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            bring_in(**{"path": path, "set_format": "coco", **wrong})  # type: ignore[arg-type]
    empty = write_coco(tmp_path / "empty", {"a.png": field(1)}, classes=("soma", "axon"))
    with pytest.raises(InvalidInput, match=r"No spine of all\.json can be used\. 1 boxes left out: are of the class"):
        bring_in(path=empty, set_format="coco")
    assert not ImportedSet.objects.exists()


def test_the_command_prints_what_was_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_coco(tmp_path, {"a.png": field(1), "b.png": field(2)}, classes=("Thorn", "axon"))
    (tmp_path / "b.png").unlink()
    options = {"name": "thorns", "licence": "CC0", "source": "a test"}
    call_command("import_dataset", str(path), "--class", "Thorn=mushroom", "--partly-marked", **options)
    told = capsys.readouterr().out
    assert "thorns: 1 images, 1 spines. 1 mushroom" in told
    assert "1 pictures left out: are listed but not there (b.png)" in told
    assert "'axon'" in told
    assert not ImportedSet.objects.get().is_fully_marked
    with pytest.raises(CommandError, match="no NAME=CLASS"):
        call_command("import_dataset", str(path), "--class", "Thorn", **options)
