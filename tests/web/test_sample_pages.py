"""Stating facts of many images on the Images page: all or nothing, of this experiment only, every fault told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, Image, Subject
from spines.services.images.uploads import add_image
from tests.factories import Study, make_study, placed_image, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(client: Client) -> Study:
    made = make_study()
    client.force_login(made.owner)
    return made


def stack(study: Study, folder: Path, name: str, *, channels: int, planes: int = 3) -> Image:
    pixels = np.random.default_rng(list(name.encode())).integers(0, 255, (planes, channels, 32, 32), dtype=np.uint8)
    tifffile.imwrite(folder / name, pixels, imagej=True, metadata={"axes": "ZCYX"})
    return add_image(user=study.owner, experiment_id=study.experiment.pk, path=folder / name, name=name)


def send(client: Client, study: Study, name: str, images: list[Image], **form: Any) -> Any:
    address = reverse(f"experiments:{name}", args=[study.experiment.pk])
    return client.post(address, {"image": [image.pk for image in images], **form})


def seen(images: list[Image]) -> list[tuple[int, str, int]]:
    return list(
        Image.objects.filter(pk__in=[i.pk for i in images]).order_by("pk").values_list("channel", "projection", "plane")
    )


def test_channel_and_plane_of_many_are_set_for_all_or_none(client: Client, study: Study, tmp_path: Path) -> None:
    images = [stack(study, tmp_path, f"{i}.tif", channels=n) for i, n in enumerate((2, 2, 1, 3))]
    thumbnails = [image.thumbnail.name for image in images]
    refused = send(client, study, "view", images, channel="3", plane="9")
    assert refused.status_code == 422
    text = refused.content.decode()
    for sentence in ("0.tif has 2 channels. Choose one from 1 to 2.", "2.tif has 1 channel. It has no channel 3."):
        assert sentence in text
    assert "3.tif has 3 planes. Choose one from 1 to 3." in text
    assert seen(images) == [(0, "max", 0)] * 4
    assert not AuditEvent.objects.filter(action="image.view_set").exists()

    several = [images[0], images[1], images[3]]
    assert send(client, study, "view", several, channel="2", projection="plane", plane="3").status_code == 302
    assert seen(several) == [(1, "plane", 2)] * 3
    event = AuditEvent.objects.get(action="image.view_set", subject_id=images[0].pk)
    assert event.details == {
        "before": {"channel": 0, "projection": "max", "plane": 0},
        "after": {"channel": 1, "projection": "plane", "plane": 2},
        "polarity": "light_on_dark",
    }
    images[0].refresh_from_db()
    assert images[0].thumbnail.name != thumbnails[0]
    assert images[0].thumbnail.open("rb").read().startswith(b"\x89PNG")


def test_a_file_that_is_gone_leaves_the_others_as_they_were(client: Client, study: Study, tmp_path: Path) -> None:
    images = [stack(study, tmp_path, f"{i}.tif", channels=2) for i in range(3)]
    thumbnails = list(Image.objects.order_by("pk").values_list("thumbnail", flat=True))
    images[1].file.storage.delete(str(images[1].file.name))
    client.raise_request_exception = False
    assert send(client, study, "view", images, channel="2").status_code >= 400
    assert seen(images) == [(0, "max", 0)] * 3
    assert list(Image.objects.order_by("pk").values_list("thumbnail", flat=True)) == thumbnails


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("change", {"animal": "A1", "condition": "drug", "pixel_size_um": "0.2"}),
        ("view", {"projection": "mean"}),
        ("delete", {"confirmed": "yes"}),
    ],
)
@pytest.mark.parametrize("is_theirs_visible", [True, False])
def test_an_image_of_elsewhere_among_the_ticked_stops_all(
    client: Client, study: Study, tmp_path: Path, name: str, form: dict[str, str], is_theirs_visible: bool
) -> None:
    other = make_study()
    mine, theirs = upload(study, tmp_path), upload(other, tmp_path)
    if is_theirs_visible:
        other.experiment.project.lab, other.experiment.project.name = study.lab, "Another"
        other.experiment.project.save()
    answer = send(client, study, name, [mine, theirs], **form)
    assert answer.status_code == 422
    assert "1 of the 2 chosen images is not in this experiment" in answer.content.decode()
    assert not Subject.objects.exists()
    assert seen([mine, theirs]) == [(0, "max", 0)] * 2
    assert Image.objects.filter(pixel_size_um=None).count() == 2


def test_an_id_that_no_row_can_have_and_an_animal_of_elsewhere_are_refused(
    client: Client, study: Study, tmp_path: Path
) -> None:
    upload(study, tmp_path)
    address = reverse("experiments:change", args=[study.experiment.pk])
    assert client.post(address, {"image": ["9" * 40], "pixel_size_um": "0.1"}).status_code == 422
    theirs = placed_image(make_study(), animal="B1")
    assert theirs.cell is not None
    address = reverse("experiments:conditions", args=[study.experiment.pk])
    for pk in (theirs.cell.subject_id, "9" * 40):
        answer = client.post(address, {f"animal-{pk}": "drug"})
        assert answer.status_code == 422
        assert "not in this experiment any more" in answer.content.decode()


def test_every_contradiction_stands_on_the_page_with_a_way_back(client: Client, study: Study) -> None:
    for name in ("control_A1.tif", "drug_A1.tif", "control_A2.tif", "drug_A2.tif"):
        Image.objects.filter(pk=placed_image(study).pk).update(original_name=name)
    page = reverse("experiments:images", args=[study.experiment.pk])
    address = reverse("experiments:pattern", args=[study.experiment.pk])
    form = {"pattern": "{condition}_{animal}"}
    answer = client.post(address, form, headers={"referer": f"http://testserver{page}"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "2 things are wrong, and nothing was changed." in text
    assert text.count('class="note note-error"') == 2
    assert f'href="http://testserver{page}"' in text
    assert (
        "http://elsewhere" not in client.post(address, form, headers={"referer": "http://elsewhere/"}).content.decode()
    )
    faults = client.post(address, form, headers={"accept": "application/json"}).json()["faults"]
    assert [fault[:42] for fault in faults] == [
        "Animal A1 stands in 2 conditions: control,",
        "Animal A2 stands in 2 conditions: control,",
    ]


def test_a_pattern_with_a_null_character_is_told(client: Client, study: Study) -> None:
    address = reverse("experiments:pattern", args=[study.experiment.pk])
    for answer in (client.post(address, {"pattern": "{animal}\0_x"}), client.get(address, {"pattern": "{animal}\0_x"})):
        assert "control characters" in answer.content.decode()


@pytest.mark.parametrize(
    ("sheet", "wanted"),
    [
        ("sep=;\r\nfile_name;animal;condition\r\na.tif;M1;ctrl\r\n", {"a.tif": ("M1", "ctrl", {})}),
        ('"sep=\t"\nFile\tMouse\tGroup\n"A"\tM1\tctrl\n', {"a.tif": ("M1", "ctrl", {})}),
        ("My study,,\r\nfile_name,animal,condition\r\na.tif,M1,x\r\n", {"a.tif": ("M1", "x", {})}),
        ("My study; of 2026;\r\n;;\r\nImage;Mouse;Group\r\na.tif;M1;x, y\r\n", {"a.tif": ("M1", "x, y", {})}),
        (
            "file_name,animal,genotype,treatment\r\na.tif,M1,WT,veh\r\nb.tif,M2,KO,drug\r\n",
            {
                "a.tif": ("M1", "WT · veh", {"genotype": "WT", "treatment": "veh"}),
                "b.tif": ("M2", "KO · drug", {"genotype": "KO", "treatment": "drug"}),
            },
        ),
    ],
)
def test_sheets_that_labs_write_are_read(client: Client, study: Study, sheet: str, wanted: dict[str, Any]) -> None:
    for name in ("a.tif", "b.tif"):
        Image.objects.filter(pk=placed_image(study).pk).update(original_name=name)
    address = reverse("experiments:sheet", args=[study.experiment.pk])
    file = SimpleUploadedFile("sheet.csv", sheet.encode())
    assert client.post(address, {"sheet": file}).status_code == 302
    animals = {i.original_name: i.cell.subject for i in Image.objects.exclude(cell=None) if i.cell}
    assert {name: (a.name, str(a.condition), a.factors) for name, a in animals.items()} == wanted
