"""Taking in files: what is kept, what is refused, and that nothing is left behind."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound, UnreadableImage
from spines.models import AuditEvent, PixelSizeSource
from spines.services.images.changes import delete_images, set_pixel_size
from spines.services.images.uploads import add_image, already_there, clean_name
from tests.factories import make_study, make_tiff, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db


def test_an_upload_keeps_the_bytes_and_makes_a_thumbnail(tmp_path: Path) -> None:
    study = make_study()
    path = make_tiff(tmp_path, "neuron.tif", pixel_size_um=0.1)
    original = path.read_bytes()
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="day 1/neuron.tif")
    assert (image.folder, image.original_name) == ("day 1", "neuron.tif")
    assert image.file.open("rb").read() == original
    assert image.thumbnail.open("rb").read().startswith(b"\x89PNG")
    assert image.pixel_size_um == pytest.approx(0.1, rel=1e-3)
    assert image.pixel_size_source == PixelSizeSource.METADATA
    assert AuditEvent.objects.get(action="image.uploaded").subject_id == image.pk


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.tif", ("etc", "passwd.tif")),
        ("C:\\scans\\a.tif", ("scans", "a.tif")),
        ("/abs/a.tif", ("abs", "a.tif")),
        ("a\x00b\n.tif", ("", "ab.tif")),
        ("нейрон 神経.tif", ("", "нейрон 神経.tif")),
        ("n" * 296 + ".tif", ("", "n" * 296 + ".tif")),
    ],
)
def test_a_name_climbs_nowhere_and_keeps_its_script(sent: str, kept: tuple[str, str]) -> None:
    assert clean_name(sent) == kept


@pytest.mark.parametrize("sent", ["", "..", "///", "n" * 2000 + ".tif"])
def test_a_name_that_cannot_be_kept_is_refused_with_a_sentence(sent: str) -> None:
    with pytest.raises(InvalidInput, match=r"Name it|Shorten it"):
        clean_name(sent)


def test_the_path_in_storage_owes_nothing_to_the_name(tmp_path: Path) -> None:
    study = make_study()
    path = make_tiff(tmp_path)
    image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="../../../evil.tif")
    assert image.file.name == f"labs/{study.lab.pk}/originals/{study.experiment.pk}/{image.sha256}"


def test_the_same_content_is_refused_whatever_its_name(tmp_path: Path) -> None:
    study = make_study()
    image = upload(study, tmp_path, "first.tif")
    assert already_there(user=study.owner, experiment_id=study.experiment.pk, sha256s=[image.sha256, "0" * 64]) == {
        image.sha256: image.pk
    }
    with pytest.raises(Conflict, match=r"second\.tif is in this experiment already, as first\.tif"):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=tmp_path / "first.tif", name="second.tif")
    assert study.experiment.images.count() == 1


def test_a_bad_file_leaves_nothing_behind(tmp_path: Path) -> None:
    study = make_study()
    path = tmp_path / "notes.tif"
    path.write_text("day 3: forgot the objective")
    with pytest.raises(UnreadableImage, match=r"notes\.tif"):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="notes.tif")
    assert study.experiment.images.count() == 0
    assert not default_storage.exists(f"labs/{study.lab.pk}")


def test_a_viewer_may_not_upload_and_a_stranger_sees_nothing(tmp_path: Path) -> None:
    study = make_study()
    path = make_tiff(tmp_path)
    with pytest.raises(NotAllowed, match="needs the role annotator"):
        add_image(user=study.viewer, experiment_id=study.experiment.pk, path=path, name="a.tif")
    with pytest.raises(NotFound):
        add_image(user=make_user(), experiment_id=study.experiment.pk, path=path, name="a.tif")


def test_a_pixel_size_is_entered_and_taken_away(tmp_path: Path) -> None:
    study = make_study()
    image = upload(study, tmp_path)
    change = partial(set_pixel_size, user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    change(pixel_size_um=0.065)
    image.refresh_from_db()
    assert (image.pixel_size_um, image.pixel_size_source) == (0.065, PixelSizeSource.USER)
    with pytest.raises(InvalidInput, match=r"outside 0.005–10 µm"):
        change(pixel_size_um=65)
    change(pixel_size_um=None)
    image.refresh_from_db()
    assert not image.is_calibrated


def test_deleting_takes_the_files_too_but_not_while_they_are_analysed(
    tmp_path: Path, django_capture_on_commit_callbacks: object
) -> None:
    study = make_study()
    image = upload(study, tmp_path)
    delete = partial(delete_images, user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
    analysis = queue_analysis(study, [image])
    with pytest.raises(Conflict, match="is being analysed"):
        delete()
    analysis.delete()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert delete() == 1
    assert not default_storage.exists(str(image.file.name))
    assert not default_storage.exists(str(image.thumbnail.name))
