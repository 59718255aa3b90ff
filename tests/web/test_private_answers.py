"""Every page of somebody's data tells caches in between to keep nothing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import Study

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name",
    ["home:home", "analyses:index", "projects:project", "experiments:images", "results:experiment", "labs:trash"],
)
def test_pages_are_private(study: Study, client: Client, name: str) -> None:
    of = {"projects:project": study.experiment.project_id, "labs:trash": study.lab.pk}
    ids = [of.get(name, study.experiment.pk)] if not name.endswith((":home", ":index")) else []
    client.force_login(study.owner)
    answer = client.get(reverse(name, args=ids))
    assert answer.status_code == 200
    assert "private" in answer.headers["Cache-Control"]


def test_the_sign_in_errors_and_the_api_are_too(client: Client) -> None:
    for address in ("/sign-in/", "/nowhere/", "/api/v1/labs"):
        assert (
            "private" in client.get(address).headers["Cache-Control"]
            or "no-store" in client.get(address).headers["Cache-Control"]
        )
