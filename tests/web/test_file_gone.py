"""A stored file that is not there is told with what to do, a storage that is not there as trouble of the machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from spines.models import Image, Spine
from tests.factories import Study, finish, found, queue_analysis, upload
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path)
    finish(queue_analysis(study, [made]), [[found()]])
    return made


def lose(image: Image) -> None:
    for stored in (image.file, image.thumbnail):
        stored.storage.delete(str(stored.name))


def test_a_lost_file_is_told_with_what_to_do(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    lose(image)
    shown = [reverse("images:picture", args=[image.pk]), reverse("images:crop", args=[Spine.objects.get().pk])]
    for address in shown:
        answer = client.get(address)
        assert answer.status_code == 409
        assert "Upload the same file again" in answer.content.decode()
    answer = client.get(reverse("images:thumbnail", args=[image.pk]))
    assert (answer.status_code, "check_storage --heal" in answer.content.decode()) == (409, True)


def test_the_api_says_so_where_a_picture_has_to_be_read(study: Study, image: Image) -> None:
    lose(image)
    Image.objects.update(told_polarity="")
    path = f"/experiments/{study.experiment.pk}/images/polarity"
    answer = Api(study.owner).post(path, {"image_ids": [image.pk], "polarity": None})
    assert (answer.status_code, "is gone" in answer.json()["error"]) == (409, True)


def test_a_whole_storage_that_is_away_is_not_taken_for_a_lost_file(client: Client, study: Study, image: Image) -> None:
    client.raise_request_exception = False
    client.force_login(study.owner)
    media = Path(default_storage.path(""))
    away = media.rename(media.with_name("away"))
    try:
        answer = client.get(reverse("images:picture", args=[image.pk]))
    finally:
        shutil.rmtree(media, ignore_errors=True)
        away.rename(media)
    assert answer.status_code == 503
    assert "storage does not answer" in answer.content.decode()
