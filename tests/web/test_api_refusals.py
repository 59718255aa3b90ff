"""What the API refuses, and that it says why, as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.factories import Study, make_tiff
from tests.web.api_client import API, Api

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": 501}, "limit: Input should be less than or equal to 500"),
        ({"offset": -1}, "offset"),
        ({"condition": "contrl"}, "no condition named contrl"),
        ({"class": "long"}, "class"),
        ({"reviewed": "true"}, "reviewed"),
        ({"detector": 2**40}, "No detector numbered 1099511627776"),
        ({"score": "nan"}, "score"),
        ({"limit": [5, 6]}, "limit stands in this address 2 times"),
        ({"conditon": "control"}, "takes no parameter named “conditon”. It takes: after, animal, class, classifier"),
    ],
)
def test_what_an_address_cannot_ask_is_said(study: Study, query: dict[str, Any], said: str) -> None:
    answer = Api(study.viewer).get(f"/experiments/{study.experiment.pk}/spines", **query)
    assert answer.status_code == 422
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "  "}, 422),
        ({"name": "a\x00b"}, 422),
        ({"name": "x" * 121}, 422),
        ({"name": 5}, 422),
        ({"name": "New", "lab": 1}, 422),
        ({"name": "New", "description": "\x00"}, 422),
        ('{"name": "\\ud800"}', 422),
        ('{"name": ', 400),
        ("", 422),
        ("[]", 422),
    ],
)
def test_bodies_that_cannot_be_used_make_nothing(study: Study, body: Any, status: int) -> None:
    answer = Api(study.owner).post(f"/labs/{study.lab.pk}/projects", body)
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]
    assert study.lab.projects.count() == 1


def test_numbers_beyond_the_database_find_nothing(study: Study) -> None:
    api = Api(study.owner)
    for number in (0, 2**63, 10**40):
        answer = api.get(f"/experiments/{number}")
        assert answer.status_code == 422
    assert api.get(f"/experiments/{2**63 - 1}").status_code == 404
    assert api.get("/experiments/abc").status_code == 404


def test_uploads_that_cannot_be_used_leave_nothing(study: Study, tmp_path: Path, settings: Any) -> None:
    api = Api(study.owner)
    text = tmp_path / "notes.tif"
    text.write_text("no picture")
    path = make_tiff(tmp_path)
    assert api.upload(study.experiment, text).status_code == 422
    assert api.upload(study.experiment, path, condition="control").status_code == 422
    assert api.upload(study.experiment, path, animal="A\x00").status_code == 422
    assert api.upload(study.experiment, path, pixel_size_um="0").status_code == 422
    assert api.post(f"/experiments/{study.experiment.pk}/images").status_code == 422
    settings.SPINULA_MAX_UPLOAD_MB = 0
    assert "larger than 0 MB" in api.upload(study.experiment, path).json()["error"]
    assert not study.experiment.images.exists()


def test_requests_too_large_to_read_are_refused_in_json(study: Study, tmp_path: Path) -> None:
    api = Api(study.owner)
    large = api.post(f"/labs/{study.lab.pk}/projects", {"name": "New", "description": "x" * (5 << 20)})
    path = make_tiff(tmp_path)
    with path.open("rb") as one, path.open("rb") as two:
        sent = {"file": one, "other": two}
        several = api.client.post(f"{API}/experiments/{study.experiment.pk}/images", sent, headers=api.headers)
    assert large.status_code == 413
    assert "more than this page takes" in large.json()["error"]
    assert several.status_code == 400
    assert "malformed or too large" in several.json()["error"]
    assert not study.experiment.images.exists()


def test_failures_are_json_whatever_the_client_accepts(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api(study.owner)
    headers = api.headers | {"Accept": "text/html"}
    for path, status in (("/nowhere", 404), ("/experiments/1234567", 404)):
        answer = api.client.get(API + path, headers=headers)
        assert (answer.status_code, bool(answer.json()["error"])) == (status, True)
    answer = api.client.delete(f"{API}/labs", headers=headers)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert "does not take DELETE" in answer.json()["error"]

    def fails(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("webapp.api.studies.page_of", fails)
    answer = api.client.get(f"{API}/labs", headers=headers)
    assert answer.status_code == 500
    assert len(answer.json()["reference"]) == 8
