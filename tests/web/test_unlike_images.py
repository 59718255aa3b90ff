"""Images unlike those that the networks were trained on are marked wherever their numbers are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, Image
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db

SENTENCE = "This image is unlike those the networks were trained on: check what was found"


@pytest.fixture
def images(study: Study, tmp_path: Path) -> list[Image]:
    made = [upload(study, tmp_path, name) for name in ("usual.tif", "strange.tif", "unknown.tif")]
    finish(queue_analysis(study, made), [[found()], [found()], [found()]])
    for image, unlikeness in zip(made, (0.4, 1.7, None), strict=True):
        AnalysisImage.objects.filter(image=image).update(unlikeness=unlikeness)
    return made


def text_of(client: Client, where: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(where).content.decode()).split())


def test_its_own_page_warns(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    warned = [SENTENCE in text_of(client, reverse("images:image", args=[image.pk])) for image in images]
    assert warned == [False, True, False]


def test_the_grid_marks_it_and_shows_it_alone(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    grid = reverse("experiments:images", args=[study.experiment.pk])
    assert client.get(grid).content.decode().count(SENTENCE) == 1
    shown = client.get(grid, {"show": "unlike"}).context["page"].object_list
    assert [image.original_name for image in shown] == ["strange.tif"]


def test_the_results_count_it(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    results = reverse("results:experiment", args=[study.experiment.pk])
    assert "1 of 3 images is unlike those the networks were trained on" in text_of(client, results)
    AnalysisImage.objects.update(unlikeness=None)
    assert "unlike" not in text_of(client, results)
