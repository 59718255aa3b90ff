"""An experiment's Images page: uploads, repairs, samples, deletion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from spines.models import Image
from tests.factories import Study, finish, found, make_study, make_tiff, queue_analysis, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client: Client) -> Study:
    made = make_study()
    client.force_login(made.owner)
    return made


def address(name: str, study: Study) -> str:
    return reverse(f"experiments:{name}", args=[study.experiment.pk])


def send(client: Client, study: Study, content: bytes, path: str = "image.tif", **headers: str) -> Any:
    form = {"file": SimpleUploadedFile("upload", content), "relative_path": path}
    return client.post(address("images", study), form, headers={"accept": "application/json", **headers})


def test_an_upload_keeps_name_and_folder_and_answers_with_the_image(
    client: Client, study: Study, tmp_path: Path
) -> None:
    answer = send(client, study, make_tiff(tmp_path).read_bytes(), "slices/ünï 神经元.tif")
    image = Image.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"image": image.pk, "name": "ünï 神经元.tif", "said": ""}
    assert (image.folder, image.uploaded_by) == ("slices", study.owner)


def test_the_same_content_again_is_a_conflict_with_a_sentence(client: Client, study: Study, tmp_path: Path) -> None:
    content = make_tiff(tmp_path).read_bytes()
    send(client, study, content, "first.tif")
    answer = send(client, study, content, "second.tif")
    assert answer.status_code == 409
    assert "already, as first.tif" in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "path"), [(b"", "empty.tif"), (b"only text", "text.tif"), (b"II*\0 cut", "cut.tif")]
)
def test_a_bad_file_answers_with_its_sentence_and_leaves_nothing(
    client: Client, study: Study, content: bytes, path: str
) -> None:
    answer = send(client, study, content, path)
    assert answer.status_code == 422
    assert path in answer.json()["error"] or "empty" in answer.json()["error"]
    assert not Image.objects.exists()


def test_a_file_over_the_limit_is_refused(client: Client, study: Study, tmp_path: Path, settings: Settings) -> None:
    settings.SPINULA_MAX_UPLOAD_MB = 1
    answer = send(client, study, make_tiff(tmp_path, side_px=1100).read_bytes())
    assert answer.status_code == 422
    assert "larger than 1 MB" in answer.json()["error"]


def test_without_a_file_or_without_script(client: Client, study: Study, tmp_path: Path) -> None:
    assert client.post(address("images", study)).status_code == 422
    with make_tiff(tmp_path, "plain.tif").open("rb") as file:
        answer = client.post(address("images", study), {"file": file}, follow=True)
    assert "plain.tif is uploaded." in answer.content.decode()


def test_tells_which_contents_it_has(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    answer = client.post(address("known", study), {"sha256": [image.sha256, "0" * 64]})
    assert answer.json() == {"known": {image.sha256: image.pk}}


def test_the_page_shows_each_image_with_state_spines_and_calibration(
    client: Client, study: Study, tmp_path: Path
) -> None:
    assert "No images yet" in client.get(address("images", study)).content.decode()
    done, new = upload(study, tmp_path, "done.tif", pixel_size_um=0.125), upload(study, tmp_path, "new.tif")
    finish(queue_analysis(study, [done]), [[found()] * 3])
    text = client.get(address("images", study)).content.decode()
    assert "<strong>3</strong> spines" in text
    assert "0.125 µm/px" in text
    assert "Analyse 1 new image" in text
    assert "1 image</a> without a pixel size" in text
    shown = client.get(address("images", study), {"show": "new"}).context["page"].object_list
    assert list(shown) == [new]


def test_a_viewer_sees_no_controls(client: Client, study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path)
    client.force_login(study.viewer)
    text = client.get(address("images", study)).content.decode()
    for control in ("Choose files", "Analyse 1 image", "Delete ticked", "Apply the sheet"):
        assert control not in text


def test_one_form_gives_every_uncalibrated_image_its_pixel_size(client: Client, study: Study, tmp_path: Path) -> None:
    known = upload(study, tmp_path, pixel_size_um=0.125)
    upload(study, tmp_path), upload(study, tmp_path)
    client.post(address("change", study), {"which": "no_pixel_size", "pixel_size_um": "0.2"})
    sizes = list(Image.objects.order_by("pixel_size_um").values_list("pixel_size_um", flat=True))
    assert sizes == pytest.approx([0.125, 0.2, 0.2])
    known.refresh_from_db()
    assert known.pixel_size_source == "metadata"


@pytest.mark.parametrize("form", [{"pixel_size_um": "wide"}, {"pixel_size_um": "50"}, {"condition": "EE"}, {}])
def test_a_change_that_cannot_be_made_changes_nothing(
    client: Client, study: Study, tmp_path: Path, form: dict[str, str]
) -> None:
    image = upload(study, tmp_path)
    answer = client.post(address("change", study), {"image": [image.pk], **form})
    assert answer.status_code == 422
    image.refresh_from_db()
    assert (image.pixel_size_um, image.cell) == (None, None)


def test_ticked_images_get_animal_cell_and_condition(client: Client, study: Study, tmp_path: Path) -> None:
    image, other = upload(study, tmp_path), upload(study, tmp_path)
    client.post(address("change", study), {"image": [image.pk], "animal": "m1", "cell": "c2", "condition": "enriched"})
    image.refresh_from_db()
    other.refresh_from_db()
    assert image.cell is not None
    assert image.cell.subject.condition is not None
    assert (image.cell.subject.name, image.cell.name) == ("m1", "c2")
    assert image.cell.subject.condition.name == "enriched"
    assert other.cell is None


def test_conditions_are_written_beside_the_animals_that_lack_one(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    client.post(address("change", study), {"image": [image.pk], "animal": "m1"})
    animal = study.experiment.subjects.get()
    assert f'name="animal-{animal.pk}"' in client.get(address("images", study)).content.decode()
    client.post(address("conditions", study), {f"animal-{animal.pk}": "control"})
    animal.refresh_from_db()
    assert str(animal.condition) == "control"
    assert client.post(address("conditions", study), {f"animal-{animal.pk}": " "}).status_code == 422


def test_a_pattern_is_previewed_before_it_is_applied(client: Client, study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path, "EE_m7_c1.tif")
    upload(study, tmp_path, "scratch.tif")
    pattern = {"pattern": "{condition}_{animal}_{cell}"}
    preview = client.get(address("pattern", study), pattern).content.decode()
    assert "<strong>1 of 2</strong> names match" in preview
    assert "<td>m7</td>" in preview
    assert "does not match" in preview
    assert not study.experiment.subjects.exists()
    wrong = client.get(address("pattern", study), {"pattern": "{colour}_{animal}"})
    assert "{colour}" in wrong.content.decode()
    client.post(address("pattern", study), pattern)
    assert str(study.experiment.subjects.get().condition) == "EE"


def test_the_sheet_that_is_given_out_is_taken_back(client: Client, study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path, "a.tif", pixel_size_um=0.125)
    given = client.get(address("sheet_to_fill_in", study))
    lines = given.getvalue().decode("utf-8-sig").splitlines()
    assert lines == ["file_name,animal,cell,condition,sex,age_days,pixel_size_um", "a.tif,,,,,,0.125"]
    filled = f"{lines[0]}\na.tif,m1,c1,control,f,90,0.13\n".encode()
    client.post(address("sheet", study), {"sheet": SimpleUploadedFile("samples.csv", filled)})
    subject = study.experiment.subjects.get()
    assert (subject.name, subject.sex, subject.age_days) == ("m1", "female", 90)
    assert Image.objects.get().pixel_size_um == pytest.approx(0.13)


def test_every_fault_of_a_sheet_is_told_and_nothing_is_changed(client: Client, study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path, "a.tif")
    sheet = b"file_name,animal,age_days\na.tif,m1,old\na.tif,m2,-3\n"
    answer = client.post(address("sheet", study), {"sheet": SimpleUploadedFile("samples.csv", sheet)})
    assert answer.status_code == 422
    assert answer.content.decode().count('class="note note-error"') >= 2
    assert not study.experiment.subjects.exists()


def test_deleting_asks_first(client: Client, study: Study, tmp_path: Path) -> None:
    image, kept = upload(study, tmp_path, "gone.tif"), upload(study, tmp_path, "kept.tif")
    asked = client.post(address("delete", study), {"image": [image.pk]})
    assert "gone.tif" in asked.content.decode()
    assert Image.objects.count() == 2
    client.post(address("delete", study), {"image": [image.pk], "confirmed": "yes"})
    assert list(Image.objects.all()) == [kept]


def test_an_image_of_another_experiment_is_not_touched(client: Client, study: Study, tmp_path: Path) -> None:
    theirs = upload(make_study(), tmp_path)
    for name in ("change", "delete"):
        form = {"image": [theirs.pk], "pixel_size_um": "0.1", "confirmed": "yes"}
        assert client.post(address(name, study), form).status_code == 422
    theirs.refresh_from_db()
    assert theirs.pixel_size_um is None


def test_an_htmx_refresh_brings_the_body_only(client: Client, study: Study, tmp_path: Path) -> None:
    upload(study, tmp_path)
    text = client.get(address("images", study), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in text
    assert 'id="history" hx-swap-oob="true"' in text


def test_owner_viewer_stranger_nobody(client: Client, tmp_path: Path) -> None:
    study, stranger = make_study(), make_study().owner
    form: dict[str, Any] = {"image": [upload(study, tmp_path).pk], "pixel_size_um": "0.1"}
    gets = {"images": (200, 200, 404, 302), "sheet_to_fill_in": (200, 200, 404, 302), "pattern": (200, 403, 404, 302)}
    posts = {
        "images": (422, 403, 404, 302),
        "known": (200, 200, 404, 302),
        "change": (302, 403, 404, 302),
        "delete": (200, 403, 404, 302),
        "conditions": (422, 403, 404, 302),
        "pattern": (422, 403, 404, 302),
    }
    for method, wanted in ((client.get, gets), (client.post, posts)):
        for name, statuses in wanted.items():
            answers = []
            for user in (study.owner, study.viewer, stranger, None):
                client.logout()
                if user:
                    client.force_login(user)
                answers.append(method(address(name, study), form).status_code)
            assert tuple(answers) == statuses, name
