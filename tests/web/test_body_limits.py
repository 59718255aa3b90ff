"""Who asks, then where, then the body: what is refused is refused before a byte of it is read."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from spines.models import User
from spines.services.accounts.tokens import create_token
from tests.factories import Study, make_user

pytestmark = pytest.mark.django_db

LARGE = 2 << 30


class Untouched(io.RawIOBase):
    """A body that fails the test when somebody reads it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        pytest.fail("the body was read")


def post(client: Client, path: str, *, length: int = LARGE, **headers: str) -> Any:
    """A request that says it brings so much."""
    body = {"wsgi.input": Untouched(), "CONTENT_LENGTH": str(length), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    return client.post(path, headers=headers, **body)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/", "/experiments/1/images/", "/training/sets/", "/api/v1/images/1", "/admin/"])
def test_nobody_known_is_refused(path: str) -> None:
    answer = post(Client(enforce_csrf_checks=True), path)
    assert answer.status_code == (401 if path.startswith("/api/") else 302)


def test_the_sign_in_page_takes_no_file() -> None:
    answer = post(Client(enforce_csrf_checks=True), "/sign-in/")
    assert answer.status_code == 413
    assert "more than this page takes" in answer.content.decode()


def test_a_stranger_a_viewer_and_an_annotator(study: Study, annotator: User) -> None:
    path = f"/experiments/{study.experiment.pk}/images/"
    for user, status in ((make_user(), 404), (study.viewer, 403), (annotator, 422)):
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        answer = post(client, path, length=LARGE + (2 << 20), Accept="application/json")
        assert answer.status_code == status
    limit = f"{settings.SPINULA_MAX_UPLOAD_MB:,} MB"
    assert answer.json() == {"error": f"This file is larger than {limit}, the limit here. Crop it or split its stack."}


def test_the_api_asks_the_token_and_its_role_first(study: Study) -> None:
    path = f"/api/v1/experiments/{study.experiment.pk}/images"
    assert post(Client(), path, Authorization="Bearer spinula_wrong").status_code == 401
    _, token = create_token(user=study.viewer, name="viewer")
    answer = post(Client(), path, Authorization=f"Bearer {token}")
    assert answer.status_code == 403
    assert "annotator" in answer.json()["error"]


def test_who_is_signed_in_sends_no_file_where_none_is_taken(study: Study) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(study.owner)
    assert post(client, f"/experiments/{study.experiment.pk}/conditions/").status_code == 413
    assert post(client, "/training/sets/").status_code == 403
