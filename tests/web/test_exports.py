"""Downloads: who gets them, under which name, and what the address narrows."""

from __future__ import annotations

import io
import json
from zipfile import ZipFile

import pytest
from django.http import HttpResponseBase
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from spines.models import Image
from tests.domain.exported import make_exported_study
from tests.factories import Study, make_study, make_user

pytestmark = pytest.mark.django_db

OF_EXPERIMENT = ("package", "experiment_rois", "coco")


@pytest.fixture
def study() -> Study:
    return make_exported_study()


@pytest.fixture
def image(study: Study) -> Image:
    return Image.objects.get(cell__subject__name="A1, left")


def addresses(study: Study, image: Image) -> list[str]:
    pages = [reverse(f"exports:{name}", args=[study.experiment.pk]) for name in OF_EXPERIMENT]
    return [*pages, reverse("exports:image_rois", args=[image.pk])]


def body(answer: HttpResponseBase) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer)


def names_in(answer: HttpResponseBase) -> list[str]:
    with ZipFile(io.BytesIO(body(answer))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def test_members_get_everything_and_strangers_nothing(client: Client, study: Study, image: Image) -> None:
    stranger = make_study("Another lab").owner
    for page in addresses(study, image):
        client.logout()
        assert client.get(page).headers["Location"].startswith(reverse("accounts:sign_in"))
        for member in (study.owner, study.viewer):
            client.force_login(member)
            answer = client.get(page)
            assert body(answer)
            assert answer.headers["Cache-Control"] == "private, no-store"
        for other in (stranger, make_user(staff=True)):
            client.force_login(other)
            assert client.get(page).status_code == 404, page


def test_downloads_are_named_after_what_they_hold(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    saved = [client.get(page).headers["Content-Disposition"] for page in addresses(study, image)]
    assert saved[:3] == [
        'attachment; filename="Experiment_tables.zip"',
        'attachment; filename="Experiment_ROIs.zip"',
        'attachment; filename="Experiment_coco.json"',
    ]
    assert saved[3].startswith("attachment; filename*=utf-8''%E3%82%B7")


def test_the_zip_of_an_image_is_its_rois_and_hides_its_name_in_blinded_review(
    client: Client, study: Study, image: Image
) -> None:
    client.force_login(study.viewer)
    page = reverse("exports:image_rois", args=[image.pk])
    assert names_in(client.get(page))[:3] == ["d01.roi", "d02.roi", "s001_mushroom.roi"]
    study.experiment.blinded = True
    study.experiment.save()
    assert client.get(page).headers["Content-Disposition"] == f'attachment; filename="Image {image.code}_ROIs.zip"'


def test_an_image_that_was_not_analysed_has_an_empty_zip(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    image.results.update(is_current=False)
    assert names_in(client.get(reverse("exports:image_rois", args=[image.pk]))) == []


def test_what_the_address_narrows_goes_along(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    _, rois, coco, _ = addresses(study, image)
    narrowed = {"condition": "wild type", "class": "thin"}
    names = names_in(client.get(rois, narrowed))
    assert [name.rpartition("/")[2] for name in names] == ["d01.roi", "d02.roi", "s002_thin.roi", "s007_thin.roi"]
    read = json.loads(body(client.get(coco, narrowed)))
    assert (len(read["images"]), len(read["annotations"])) == (1, 2)
    for page in addresses(study, image)[:3]:
        assert client.get(page, {"condition": "elsewhere"}).status_code == 422


def test_the_parts_for_other_pages_lead_to_the_downloads(study: Study, image: Image) -> None:
    asked = {"any": True, "query": "condition=x", "filters": {"choose_spines": False}}
    part = render_to_string("exports/downloads.html", {"experiment": study.experiment, "asked": asked})
    for name in OF_EXPERIMENT:
        assert f'href="{reverse(f"exports:{name}", args=[study.experiment.pk])}?condition=x"' in part
    small = "exports/image_downloads.html"
    assert reverse("exports:image_rois", args=[image.pk]) in render_to_string(small, {"image": image, "result": True})
    assert "href" not in render_to_string(small, {"image": image, "result": None})
