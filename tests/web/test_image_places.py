"""What was understood of a file stands on its image's page and in the API, and can be said otherwise there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from tests.domain.test_image_places import added, dishes, plain
from tests.factories import make_study
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db


def test_the_map_of_a_file(client: Client, tmp_path: Path) -> None:
    study = make_study()
    first, second, _ = added(study, dishes(tmp_path)).images
    client.force_login(study.owner)
    page = client.get(reverse("images:image", args=[first.pk])).content.decode()
    assert "4, 0.5 µm apart" in page
    assert "3; this image is the 1st, “dish 1”" in page
    assert reverse("images:thumbnail", args=[second.pk]) in page
    answer = client.post(reverse("images:time", args=[first.pk]), {"time": "2"}, follow=True)
    assert "Time point 2 is an image of its own now." in answer.content.decode()
    assert "2; this image is the 2nd" in answer.content.decode()


def test_pages_are_asked_for_and_said(client: Client, tmp_path: Path) -> None:
    study = make_study()
    (image,) = added(study, plain(tmp_path)).images
    client.force_login(study.owner)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "the file does not say what its pages are" in page
    grid = client.get(reverse("experiments:images", args=[study.experiment.pk]), {"show": "pages"}).content.decode()
    assert "Pages not told" in grid
    sent = {"image": image.pk, "page_channels": "3", "page_times": ""}
    client.post(reverse("images:pages_of_images", args=[study.experiment.pk]), sent)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "read as 3 channels at 1 time point, as a person said" in page


def test_the_api_tells_and_takes_places(tmp_path: Path) -> None:
    study = make_study()
    first, *_ = added(study, dishes(tmp_path)).images
    (image,) = added(study, plain(tmp_path)).images
    api = Api(study.owner)
    row = api.get(f"/images/{first.pk}").json()
    keys = ("position", "positions", "position_name", "time", "times", "plane_spacing_um", "tells_pages")
    assert [row[key] for key in keys] == [0, 3, "dish 1", 0, 2, 0.5, True]
    made = api.post(f"/images/{first.pk}/times", {"time": 1})
    assert (made.status_code, made.json()["time"], made.json()["position"]) == (201, 1, 0)
    said = {"image_ids": [image.pk], "channels": 2}
    assert api.post(f"/experiments/{study.experiment.pk}/images/pages", said).json() == {"images": 1}
    assert api.get(f"/images/{image.pk}").json()["page_channels"] == 2
    assert api.post(f"/experiments/{study.experiment.pk}/images/pages", {**said, "channels": 7}).status_code == 422
