"""Rows and files agree, or are made to: deletions that fail go on later, lost originals come back, reviews stay."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.test import override_settings

from spines.backups.making import back_up
from spines.errors import Conflict
from spines.models import AuditEvent, Image, Spine, UnwantedFile
from spines.services.images.changes import delete_images
from spines.services.images.uploads import add_image, already_there
from spines.services.upkeep.checking import Finding, Kind, check
from spines.storage.deleting import delete_unwanted, deletions_held
from tests.factories import Study, add_spines, current_row, make_tiff, upload
from tests.interleaving import PATIENCE_S, Beside

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = time.time() - 7200


@pytest.fixture(autouse=True)
def _own_storage(tmp_path: Path) -> Iterator[None]:
    """A storage in which nothing of other tests lies."""
    place = str(tmp_path / "storage")
    storages = settings.STORAGES | {"default": settings.STORAGES["default"] | {"OPTIONS": {"location": place}}}
    with override_settings(STORAGES=storages, MEDIA_ROOT=place):
        yield


def aged(name: str) -> None:
    """Put a file where an upload of long ago could have left it."""
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(b"left")
    os.utime(path, (LONG_AGO, LONG_AGO))


def found(*, heal: bool = False, digests: bool = False) -> list[Finding]:
    """What does not agree."""
    return list(check(heal=heal, digests=digests))


def test_files_go_with_their_rows_whichever_door_the_deletion_comes_by(study: Study, tmp_path: Path) -> None:
    first, second = upload(study, tmp_path), upload(study, tmp_path)
    names = [str(stored.name) for each in (first, second) for stored in (each.file, each.thumbnail)]
    delete_images(user=study.owner, experiment_id=study.experiment.pk, image_ids=[first.pk])
    assert [default_storage.exists(name) for name in names] == [False, False, True, True]
    study.lab.delete()  # as the administration does, image rows and all
    assert UnwantedFile.objects.count() == 2
    assert delete_unwanted() == 2
    assert not any(default_storage.exists(name) for name in names)
    assert delete_unwanted() == 0


def test_what_the_storage_does_not_let_go_waits(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = upload(study, tmp_path)

    def read_only(name: str) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(default_storage._wrapped, "delete", read_only)  # type: ignore[attr-defined]
        delete_images(user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    assert not Image.objects.exists()
    assert UnwantedFile.objects.count() == 2
    assert delete_unwanted() == 2
    assert not default_storage.exists(str(image.file.name))


def test_nothing_is_deleted_while_a_backup_is_made(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    Image.objects.all().delete()
    holds, over = threading.Event(), threading.Event()

    def hold() -> None:
        with deletions_held():
            holds.set()
            over.wait(PATIENCE_S)

    backup = Beside(hold)
    assert holds.wait(PATIENCE_S)
    assert delete_unwanted() == 0
    over.set()
    backup.result()
    assert default_storage.exists(str(image.file.name))
    assert delete_unwanted() == 2


def test_a_file_that_is_named_again_stays(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    UnwantedFile.objects.create(name=str(image.file.name))
    assert delete_unwanted() == 1
    assert default_storage.exists(str(image.file.name))


def test_what_nobody_names_is_told_and_deleted_but_not_what_is_young_or_shared(study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path)
    assert found() == []
    left = ["labs/1/originals/9/abc", "labs/1/originals/9/.draft-x", "health/probe", "work/made/1"]
    for name in (*left, "datasets/pictures/kept.png"):
        aged(name)
    default_storage.save("labs/1/originals/9/young", default_storage.open(left[0]))
    told = found()
    assert {each.what for each in told} == set(left)
    assert {each.kind for each in told} == {Kind.UNNAMED, Kind.LEFT}
    with pytest.raises(CommandError, match="4 things do not agree still"):
        call_command("check_storage")
    call_command("check_storage", "--heal")
    assert [default_storage.exists(name) for name in left] == [False] * 4
    assert default_storage.exists("datasets/pictures/kept.png")
    assert found() == []


@pytest.mark.parametrize("how", ["lost", "damaged", "cut"])
def test_the_same_file_again_heals_an_image_and_keeps_what_was_said_of_it(
    study: Study, tmp_path: Path, how: str
) -> None:
    path = make_tiff(tmp_path, "neuron.tif")
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="neuron.tif")
    add_spines(current_row(study, image), ["thin"], reviewed_class="stubby")
    stored = Path(image.file.path)
    original = stored.read_bytes()

    def known() -> dict[str, int]:
        return already_there(user=study.owner, experiment_id=study.experiment.pk, sha256s=[image.sha256])

    assert known() == {image.sha256: image.pk}
    if how == "lost":
        stored.unlink()
    else:
        stored.write_bytes(original[:-1] + (b"" if how == "cut" else bytes([original[-1] ^ 1])))
    assert [each.kind for each in found(digests=True)] == [Kind.LOST if how == "lost" else Kind.DAMAGED]
    if how != "damaged":
        assert known() == {}

    again = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="neuron.tif")
    assert again.pk == image.pk
    image.refresh_from_db()
    assert Path(image.file.path).read_bytes() == original
    assert Spine.objects.get().reviewed_class == "stubby"
    assert AuditEvent.objects.filter(action="image.file_put_back", subject_id=image.pk).count() == 1
    delete_unwanted()
    assert found(digests=True) == []
    with pytest.raises(Conflict, match="in this experiment already"):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="neuron.tif")


def test_a_backup_heals_by_itself(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    place = tmp_path / "backups"
    place.mkdir()
    back_up(place=place, keep=1)
    original = Path(image.file.path).read_bytes()
    Path(image.file.path).unlink()
    Path(image.thumbnail.path).unlink()
    (lost,) = found()
    assert lost.kind is Kind.LOST
    assert "Upload the same file again" in lost.remedy
    with override_settings(SPINULA_BACKUP=str(place)):
        assert "The backup has it" in found()[0].remedy
        (healed,) = found(heal=True)
    assert healed.is_healed
    image.refresh_from_db()
    assert Path(image.file.path).read_bytes() == original
    assert Path(image.thumbnail.path).is_file()
    assert found() == []


def test_an_unmounted_storage_is_not_healed_to_death(study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path)
    Path(settings.MEDIA_ROOT).rename(tmp_path / "unmounted")
    with pytest.raises(CommandError, match="empty or away"):
        call_command("check_storage", "--heal")
