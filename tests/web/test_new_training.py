"""Starting a training, and bringing in the sets that one is done on. Site admins only: see test_training_pages.py."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from spines.models import ImportedSet, ModelVersion, TrainingRun, User
from tests.domain.annotated_sets import field, write_coco, write_yolo
from tests.factories import make_study, make_user, make_versions

pytestmark = pytest.mark.django_db

CLASSES = ("mushroom", "thin", "stubby", "filopodia")
BOXES = ([10, 10, 12, 12], [60, 20, 12, 12], [20, 70, 12, 12], [80, 90, 12, 12])


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user(staff=True)
    client.force_login(user)
    return user


def address(run: TrainingRun) -> str:
    return reverse("training:run", args=[run.pk])


def words(client: Client, where: str, *, htmx: bool = False) -> str:
    answer = client.get(where, headers={"HX-Request": "true"} if htmx else {})
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def zipped(folder: Path) -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return SimpleUploadedFile("set.zip", packed.getvalue())


def bring_in(client: Client, folder: Path, **form: Any) -> Any:
    fields = {"name": "fields", "licence": "CC0", "source": "made here", "set_format": "coco", "file": zipped(folder)}
    return client.post(reverse("training:sets"), fields | form)


@pytest.fixture
def imported(client: Client, admin: User, tmp_path: Path) -> ImportedSet:
    """Twelve pictures with a spine of each class, in parts of the set's own."""
    for part, first, count in (("train", 0, 6), ("val", 6, 3), ("test", 9, 3)):
        pictures = {f"{part}/{n}.png": field(n) for n in range(first, first + count)}
        write_coco(tmp_path / "set", pictures, part=part, boxes=BOXES, classes=CLASSES)
    answer = bring_in(client, tmp_path / "set")
    assert answer.status_code == 302, answer.content.decode()
    return ImportedSet.objects.get()


def test_a_set_is_brought_in_with_its_report(client: Client, imported: ImportedSet) -> None:
    text = words(client, reverse("training:set", args=[imported.pk]))
    for part in ("12 images 48 spines", "CC0", "made here", "Part train 6 images", "What was left out"):
        assert part in text.replace("images 12", "12 images").replace("spines 48", "48 spines")
    assert "where spines are, and their classes" in words(client, reverse("training:sets"))
    assert client.get(reverse("training:set", args=[12345])).status_code == 404


def test_what_a_set_lacks_is_told(client: Client, admin: User, tmp_path: Path) -> None:
    write_coco(
        tmp_path / "outside", {"a.png": field(1), "b.png": field(2)}, boxes=([20, 20, 10, 12], [500, 40, 14, 10])
    )
    bring_in(client, tmp_path / "outside")
    [dropped] = ImportedSet.objects.get().report["dropped"]
    text = words(client, reverse("training:set", args=[ImportedSet.objects.get().pk]))
    assert dropped["reason"] in text


def test_a_yolo_set_names_its_classes_and_the_same_set_is_not_there_twice(
    client: Client, admin: User, tmp_path: Path
) -> None:
    folder = write_yolo(tmp_path / "yolo")
    names = "mushroom = thin\nStubby = stubby"
    answer = bring_in(client, folder, set_format="yolo", class_names=names, partly_marked="on")
    row = ImportedSet.objects.get()
    assert answer.headers["Location"] == reverse("training:set", args=[row.pk])
    assert (row.counts["thin"], row.counts["stubby"], row.is_fully_marked) == (4, 4, False)
    again = client.post(
        reverse("training:sets"),
        {
            "name": "another name",
            "licence": "CC0",
            "source": "made here",
            "set_format": "yolo",
            "class_names": names,
            "partly_marked": "on",
            "file": zipped(folder),
        },
        headers={"HX-Request": "true"},
    )
    assert again.headers["HX-Redirect"] == answer.headers["Location"]
    assert "there already, under the name fields" in words(client, again.headers["HX-Redirect"])


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"file": SimpleUploadedFile("set.rar", b"Rar!")}, "Choose a .zip"),
        ({"file": SimpleUploadedFile("set.zip", b"no zip at all")}, "zip"),
        ({"file": ""}, "No file arrived"),
        ({"licence": ""}, "Licence"),
        ({"class_names": "0 thin"}, "is not of the form 0 = mushroom"),
    ],
)
def test_a_set_that_cannot_come_in_says_why(
    client: Client, admin: User, tmp_path: Path, form: dict[str, Any], sentence: str
) -> None:
    write_coco(tmp_path / "set", {"a.png": field(1)})
    answer = bring_in(client, tmp_path / "set", **form)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ImportedSet.objects.exists()


def test_everything_is_chosen_before_anybody_chooses(client: Client, imported: ImportedSet) -> None:
    study = make_study("Willing lab")
    study.lab.lets_train = True
    study.lab.save()
    make_study("Unwilling lab")
    page = client.get(reverse("training:new")).content.decode()
    assert re.search(rf'name="sets" value="{imported.pk}" checked', page)
    assert re.search(rf'name="labs" value="{study.lab.pk}">', page)  # there is nothing reviewed to take
    assert "does not let networks be trained" in page
    text = words(client, reverse("training:new"))
    assert "Learning rate" in text
    assert "Training 6" not in text  # large sets take a while: the page asks for the counts when it is there
    text = words(client, reverse("training:new"), htmx=True)
    assert "Training 6 6 24 6 6 6 6" in text
    assert "Test 3 3 12 3 3 3 3" in text
    assert "100 made images are drawn" in text


def test_a_change_counts_anew_and_leaves_what_was_typed(client: Client, imported: ImportedSet) -> None:
    asked: dict[str, Any] = {"kind": "classifier", "chosen": "1", "recipe": "seed", "set-dropout": "0.4"}
    htmx = {"HX-Request": "true"}
    without = client.get(reverse("training:new"), asked, headers=htmx).content.decode()
    assert without.lstrip().startswith('<section class="preview"')
    assert "There is no image to train on" in without
    assert re.search(r'type="submit" disabled>Start', without)
    assert "recipe-fields" not in without
    counted = client.get(reverse("training:new"), asked | {"sets": imported.pk}, headers=htmx).content.decode()
    assert '<td class="num">24</td>' in counted
    fields = client.get(reverse("training:new"), asked | {"part": "recipe"}, headers=htmx).content.decode()
    assert 'value="0.4" placeholder="0.5"' in fields
    chosen = asked | {"sets": imported.pk, "set-dropout": "1"}
    wrong = client.get(reverse("training:new"), chosen, headers=htmx).content.decode()
    assert "dropout cannot be 1: give 0 to 0.95" in wrong
    assert re.search(r'type="submit" disabled>Start', wrong)


def test_a_classifier_needs_something_to_begin_with(client: Client, imported: ImportedSet) -> None:
    asked: dict[str, Any] = {"kind": "classifier", "chosen": "1", "recipe": "default", "sets": imported.pk}
    assert "There is nothing to begin with" in client.get(reverse("training:new"), asked).content.decode()
    begun = client.get(reverse("training:new"), asked | {"set-base": "/a/base"}).content.decode()
    assert "There is nothing to begin with" not in begun
    detector = client.get(reverse("training:new"), asked | {"kind": "detector"}).content.decode()
    assert "There is nothing to begin with" not in detector


def test_it_starts(client: Client, imported: ImportedSet, admin: User) -> None:
    _, active = make_versions()
    ModelVersion.objects.filter(pk=active.pk).update(files={"weights.npz": "0" * 64})
    page = client.get(reverse("training:new")).content.decode()
    assert f'<option value="{active.pk}" selected>{active} (active)' in page
    form = {
        "start_from": active.pk,
        "kind": "classifier",
        "chosen": "1",
        "recipe": "default",
        "sets": imported.pk,
        "made_images": 3,
        "seed": 7,
    }
    answer = client.post(reverse("training:new"), form | {"minutes": "0.5", "set-batch": "16", "set-dropout": ""})
    assert answer.status_code == 302, answer.content.decode()
    run = TrainingRun.objects.get()
    assert answer.headers["Location"] == address(run)
    assert (run.kind, run.recipe, run.seed, run.created_by) == ("classifier", "default", 7, admin)
    assert run.overrides == {"batch": 16, "minutes": 0.5}
    assert run.started_from == active
    assert run.dataset.selection["made_images"] == 3
    assert "fields CC0" in words(client, address(run))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"sets": ()}, ""),
        ({"set-batch": "many"}, "batch cannot be “many”"),
        ({"set-batch": "0"}, "batch cannot be 0: give 1 to 1024"),
        ({"recipe": "magic"}, "Recipe"),
        ({"minutes": "-1"}, "Train for"),
        ({"labs": "999"}, "Reviewed spines of labs"),
    ],
)
def test_what_cannot_start_says_why_and_keeps_the_form(
    client: Client, imported: ImportedSet, change: dict[str, Any], sentence: str
) -> None:
    form = {"kind": "classifier", "chosen": "1", "recipe": "default", "sets": imported.pk, "seed": 7, "minutes": 1}
    answer = client.post(reverse("training:new"), form | change)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert "note-error" in page
    assert 'name="seed" type="number" min="0" step="1" value="7"' in page
    assert not TrainingRun.objects.exists()


def test_a_detector_is_trained_on_sets_that_mark_some_spines_too(client: Client, imported: ImportedSet) -> None:
    ImportedSet.objects.update(is_fully_marked=False)
    page = client.get(reverse("training:new"), {"kind": "detector"}).content.decode()
    assert re.search(rf'name="sets" value="{imported.pk}" checked', page)
    assert "where spines are, about the marked ones, and their classes" in words(client, reverse("training:sets"))
    assert client.get(reverse("training:new"), {"kind": "tracer"}).status_code == 422


def test_a_set_leads_to_its_scale_and_can_be_deleted(client: Client, imported: ImportedSet) -> None:
    page = reverse("training:set", args=[imported.pk])
    assert "Boxes here are about 12 px, and the network knows 8 to 30" in words(client, page)
    scale = reverse("training:set_scale", args=[imported.pk])
    for wrong in ("-1", "1e-300", "1000", "nan"):
        assert client.post(scale, {"pixel_size_um": wrong}).status_code == 422
    client.post(scale, {"pixel_size_um": "0.5"})
    text = words(client, page)
    assert "px at the scale of the network, which knows 8 to 30: what is stated of the scale, or the boxes" in text
    assert "Part train 6 images of 6 independent groups" in text
    delete = reverse("training:delete_set", args=[imported.pk])
    assert "Networks that were trained on it stay" in words(client, delete)
    for method in (client.get, client.post):
        client.force_login(make_user())
        assert method(delete).status_code == 403
    assert client.post(scale).status_code == 403
    client.force_login(make_user(staff=True))
    assert "is deleted" in client.post(delete, follow=True).content.decode()
    assert not ImportedSet.objects.exists()


def test_a_budget_says_beforehand_what_it_buys(client: Client, imported: ImportedSet) -> None:
    counts = f"{reverse('training:new')}?kind=detector&chosen=1&recipe=default&minutes=5&sets={imported.pk}"
    text = words(client, counts, htmx=True)
    assert "The budget buys about 136 steps : each image of the training part is shown about 127 times" in text
    assert "the curves get a point every 10 s; a kill loses 17 s of training at most" in text
    assert "Reading, export and comparison take about 10 min besides, so it ends about 15 min after it begins" in text


def test_a_training_without_a_budget_takes_the_usual_minutes(client: Client, imported: ImportedSet) -> None:
    form = {"kind": "detector", "chosen": "1", "recipe": "default", "sets": imported.pk, "minutes": "", "steps": ""}
    assert client.post(reverse("training:new"), form).status_code == 302
    assert TrainingRun.objects.get().overrides == {"minutes": 120}


def test_no_address_holds_the_token_of_the_form(client: Client, imported: ImportedSet) -> None:
    page = client.get(reverse("training:new"), {"kind": "detector"}).content.decode()
    assert re.search(r'<form class="train" method="post"[^>]* hx-params="not csrfmiddlewaretoken"', page)
    assert 'formmethod="get"' not in page
    form = {"kind": "detector", "chosen": "1", "recipe": "default", "sets": imported.pk, "only": "count"}
    counted = client.post(reverse("training:new"), form)
    assert counted.status_code == 200
    assert '<td class="num">24</td>' in counted.content.decode()
    assert not TrainingRun.objects.exists()
