"""The Models page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import ModelKind
from spines.services.model_versions import register_version
from tests.factories import finish, found, make_study, make_user, make_versions, queue_analysis, upload

pytestmark = pytest.mark.django_db

CARD = {
    "created": "2026-11-23",
    "data": [{"name": "wide512", "part": "507 fields", "licence": "CC BY 4.0", "source": "a lab"}],
    "figures": {"wide512 val": {"centre_f1": 0.7123, "interval": [0.69, 0.73]}},
    "recipe": {"steps": 1200},
    "limits": ["Squares of one size."],
    "score_threshold": 0.25,
}


def register(version: str, sha256: str) -> None:
    register_version(
        kind=ModelKind.DETECTOR, name="yolo", version=version, sha256=sha256 * 64, path="x", card=dict(CARD)
    )


def test_everyone_signed_in_reads_and_nobody_else(client: Client) -> None:
    detector, _ = make_versions()
    for address in (reverse("model_versions:index"), reverse("model_versions:version", args=[detector.pk])):
        client.logout()
        assert client.get(address).headers["Location"].startswith(reverse("accounts:sign_in"))
        client.force_login(make_user())
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405


def test_shows_the_active_networks_with_card_and_those_before(client: Client) -> None:
    register("1.0", "a")
    register("2.0", "b")
    client.force_login(make_user())
    page = client.get(reverse("model_versions:index")).content.decode()
    before, earlier = page.split('id="earlier"')
    for part in ("b" * 64, "2026-11-23", "507 fields", "CC BY 4.0", "0.712", "0.69, 0.73", "1,200", "0.25"):
        assert part in before
    assert "Squares of one size." in before
    assert "1.0" in earlier
    assert "No classifier is active" in page


def test_a_version_says_how_many_of_the_readers_images_it_made(client: Client, tmp_path: Path) -> None:
    study = make_study()
    finish(queue_analysis(study, [upload(study, tmp_path), upload(study, tmp_path)]), [[found()], []])
    detector, _ = make_versions()
    address = reverse("model_versions:version", args=[detector.pk])
    client.force_login(study.viewer)
    assert "present results of 2 images of your labs" in client.get(address).content.decode()
    client.force_login(make_user())
    assert "made no present result of your labs" in client.get(address).content.decode()


def test_a_version_that_is_not_there_is_not_found(client: Client) -> None:
    client.force_login(make_user())
    assert client.get(reverse("model_versions:version", args=[12345])).status_code == 404


def test_a_card_without_anything_says_so(client: Client) -> None:
    make_versions()
    client.force_login(make_user())
    assert "The card states none." in client.get(reverse("model_versions:index")).content.decode()
