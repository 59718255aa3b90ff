"""What a user reads when something fails: the known sentence, or a reference number that the log has too."""

import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from spines.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound, UnreadableImage
from tests.factories import make_user
from webapp import urls
from webapp.errors import status_of

pytestmark = pytest.mark.django_db

FAILURES: dict[str, Exception] = {
    "not-found": NotFound("There is no experiment 7."),
    "not-allowed": NotAllowed("Ask a manager."),
    "conflict": Conflict("It runs already."),
    "invalid": InvalidInput("A pixel size is above 0 µm."),
    "unreadable": UnreadableImage("<b>scan.tif</b> is empty."),
    "unknown": RuntimeError("the secret of the house"),
    "denied": PermissionDenied("no"),
    "malformed": SuspiciousOperation("no"),
}


def fail(request: HttpRequest, kind: str) -> HttpResponse:
    """A view that fails as its address says."""
    raise FAILURES[kind]


urlpatterns = [*urls.urlpatterns, path("fail/<slug:kind>/", fail)]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


@pytest.fixture
def signed_in() -> Client:
    """A client that gets the page an exception ends in, as a browser does."""
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    return client


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("kind", "status"),
    [("not-found", 404), ("not-allowed", 403), ("conflict", 409), ("invalid", 422), ("unreadable", 422)],
)
def test_a_known_error_shows_its_sentence_as_page_fragment_and_json(signed_in: Client, kind: str, status: int) -> None:
    sentence = str(FAILURES[kind])
    shown = sentence.replace("<", "&lt;").replace(">", "&gt;")
    page = signed_in.get(f"/fail/{kind}/")
    fragment = signed_in.get(f"/fail/{kind}/", headers={"HX-Request": "true"})
    data = signed_in.get(f"/fail/{kind}/", headers={"Accept": "application/json"})
    assert [answer.status_code for answer in (page, fragment, data)] == [status] * 3
    assert shown in page.content.decode()
    assert "<html" in page.content.decode()
    assert shown in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    assert fragment.headers["HX-Retarget"] == "#messages"
    assert data.json() == {"error": sentence}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(("kind", "status"), [("unknown", 500), ("denied", 403), ("malformed", 400)])
def test_an_unknown_error_shows_a_reference_that_the_log_has(
    signed_in: Client, caplog: pytest.LogCaptureFixture, kind: str, status: int
) -> None:
    with caplog.at_level(logging.INFO):
        answer = signed_in.get(f"/fail/{kind}/", headers={"Accept": "application/json"})
    assert answer.status_code == status
    reference = answer.json()["reference"]
    assert re.fullmatch("[0-9A-F]{8}", reference)
    assert any(reference in str(record.msg) for record in caplog.records)
    assert "the secret of the house" not in answer.content.decode()


@pytest.mark.urls(__name__)
def test_the_failed_page_of_a_user_shows_the_reference(signed_in: Client) -> None:
    answer = signed_in.get("/fail/unknown/")
    assert answer.status_code == 500
    assert re.search("Reference <code>[0-9A-F]{8}</code>", answer.content.decode())


@pytest.mark.urls(__name__)
def test_a_page_that_cannot_be_rendered_still_gives_the_reference(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> HttpResponse:
        raise RuntimeError("no database for the page either")

    monkeypatch.setattr("webapp.errors.render", broken)
    answer = signed_in.get("/fail/unknown/")
    assert answer.status_code == 500
    assert re.search("Reference [0-9A-F]{8}", answer.content.decode())


def test_an_address_that_does_not_exist_is_404_and_a_page(client: Client) -> None:
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize("host", ["", "a b", "elsewhere.example.org", "\xff"])
@pytest.mark.parametrize("path", ["/", "/sign-in/", "/api/v1/labs"])
def test_another_name_of_this_host_is_400_and_no_failure(client: Client, host: str, path: str) -> None:
    for ask in (client.get, client.post):
        answer = ask(path, headers={"host": host, "referer": "http://testserver/"})
        assert answer.status_code == 400
        assert "malformed" in answer.content.decode()


def test_a_form_without_its_token_is_403_with_what_to_do() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in/", {"username": "a", "password": "b"})
    assert answer.status_code == 403
    assert "Reload it" in answer.content.decode()


def test_every_domain_error_has_a_status_of_its_own() -> None:
    assert status_of(DomainError("x")) == 400
    assert status_of(UnreadableImage("x")) == status_of(InvalidInput("x")) == 422


def test_wrong_passwords_lock_the_name_from_that_address_and_say_so(client: Client) -> None:
    make_user("ramon")
    answers = [client.post("/sign-in/", {"username": "ramon", "password": "wrong"}) for _ in range(6)]
    assert [answer.status_code for answer in answers[:4]] == [200] * 4
    assert answers[-1].status_code == 429
    assert "Too many wrong passwords" in answers[-1].content.decode()
    elsewhere = client.post("/sign-in/", {"username": "ramon", "password": "wrong"}, REMOTE_ADDR="10.0.0.9")
    assert elsewhere.status_code == 200


def test_logs_are_json_for_a_machine() -> None:
    code = (
        "import django; django.setup(); import structlog; structlog.get_logger('x').error('it_broke', reference='A1')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"SPINULA_LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "webapp.settings"},
    )
    entry = json.loads(done.stderr.splitlines()[-1])
    assert (entry["event"], entry["reference"], entry["level"]) == ("it_broke", "A1", "error")
