"""Choosing a polarity on the pages and by the API; crops light on dark, the picture as it is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture

from spines.imaging import Polarity
from spines.models import Image, Spine
from spines.services.images.uploads import add_image
from spines.synthesis import Look
from tests.domain.made_scenes import series_image
from tests.factories import Study, finish, found, make_annotator, make_study, queue_analysis
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db

DARK, LIGHT = Polarity.DARK_ON_LIGHT, Polarity.LIGHT_ON_DARK
GOLGI = series_image(Look.GOLGI, 2, side_px=256).pixels.astype(np.uint8)


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    path = tmp_path / "golgi.tif"
    tifffile.imwrite(path, GOLGI)
    made = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name="golgi.tif")
    finish(queue_analysis(study, [made]), [[found(box_px=(100, 100, 14, 16))]])
    return made


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(content))).astype(float)


def test_the_picture_is_shown_as_it_is_and_a_spine_light_on_dark(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    spine = Spine.objects.get()
    shown = decoded(client.get(reverse("images:picture", args=[image.pk])).content)
    assert np.corrcoef(shown.ravel(), GOLGI.ravel().astype(float))[0, 1] > 0.9
    address = reverse("images:crop", args=[spine.pk])
    dark = decoded(client.get(address).content)
    Image.objects.update(polarity=LIGHT)
    light = decoded(client.get(address).content)
    assert np.corrcoef(dark.ravel(), light.ravel())[0, 1] < -0.9


def test_the_image_page_says_and_sets_it(client: Client, study: Study, image: Image) -> None:
    client.force_login(make_annotator(study))
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "Dark on light: analysed turned round, told by the picture" in " ".join(page.split())
    answer = client.post(reverse("images:polarity", args=[image.pk]), {"polarity": "light_on_dark"}, follow=True)
    assert "Analyse the image again" in answer.content.decode()
    assert "polarity of this image changed after its analysis" in answer.content.decode()
    image.refresh_from_db()
    assert (image.polarity, image.polarity_source) == (LIGHT, "user")
    client.post(reverse("images:polarity", args=[image.pk]), {"polarity": "told"})
    image.refresh_from_db()
    assert (image.polarity, image.polarity_source) == (DARK, "picture")
    for wrong in ({}, {"polarity": "blue"}):
        refused = client.post(reverse("images:polarity", args=[image.pk]), wrong)
        assert refused.status_code == 422
        assert "Choose light on dark" in refused.content.decode()


def test_many_are_set_on_the_images_page(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    sent = {"image": [image.pk], "polarity": "light_on_dark"}
    answer = client.post(reverse("experiments:change", args=[study.experiment.pk]), sent, follow=True)
    assert "1 image changed: light on dark" in answer.content.decode()
    image.refresh_from_db()
    assert image.polarity == LIGHT


def test_viewers_and_strangers_set_nothing(client: Client, study: Study, image: Image) -> None:
    for user, status in ((study.viewer, 403), (make_study().owner, 404)):
        client.force_login(user)
        answer = client.post(reverse("images:polarity", args=[image.pk]), {"polarity": "light_on_dark"})
        assert answer.status_code == status
    image.refresh_from_db()
    assert image.polarity == DARK


def test_programs_read_and_set_it(study: Study, image: Image) -> None:
    api, address = Api(study.owner), f"/experiments/{study.experiment.pk}/images/polarity"
    shown = api.get(f"/images/{image.pk}").json()
    assert (shown["polarity"], shown["polarity_source"]) == (DARK, "picture")
    assert 0.6 < shown["polarity_sureness"] <= 1
    assert api.post(address, {"image_ids": [image.pk], "polarity": "light_on_dark"}).json() == {"images": 1}
    assert api.get(f"/images/{image.pk}").json()["polarity_source"] == "user"
    assert api.post(address, {"image_ids": [image.pk], "polarity": None}).json() == {"images": 1}
    assert api.get(f"/images/{image.pk}").json()["polarity"] == DARK
    assert Api(study.viewer).post(address, {"image_ids": [image.pk], "polarity": None}).status_code == 403
    assert api.post(address, {"image_ids": [image.pk], "polarity": "blue"}).status_code == 422
