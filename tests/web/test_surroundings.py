"""Pages, API and health when disk or database are away: a sentence, a status that says “later”, nothing left behind."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.test import Client

from spines.storage import whole
from tests.factories import Study, make_tiff

pytestmark = pytest.mark.django_db


def refuse(*_: Any) -> Any:
    raise OperationalError("the database system is starting up")


@pytest.fixture
def signed_in(study: Study) -> Client:
    """The owner's browser, which gets the page that an exception ends in."""
    client = Client(raise_request_exception=False)
    client.force_login(study.owner)
    return client


def test_a_page_without_a_database_says_so_and_has_its_style(signed_in: Client) -> None:
    with connection.execute_wrapper(refuse):
        page = signed_in.get("/")
        fragment = signed_in.get("/", headers={"HX-Request": "true"})
        data = signed_in.get("/api/v1/experiments/1/images", headers={"Authorization": "Bearer spinula_x"})
    assert [answer.status_code for answer in (page, fragment, data)] == [503] * 3
    text = page.content.decode()
    assert "The database does not answer at the moment." in text
    assert "css/base.css" in text
    assert page.headers["Retry-After"] == "30"
    assert "<html" not in fragment.content.decode()
    assert data.json()["error"].startswith("The database does not answer at the moment.")


def test_health_answers_a_browser_with_a_session_while_the_database_is_away(signed_in: Client) -> None:
    with connection.execute_wrapper(refuse):
        answer = signed_in.get("/healthz/")
    assert answer.status_code == 503
    assert not answer.json()["checks"]["database"]["ok"]


@contextmanager
def full_disk(**options: Any) -> Iterator[Any]:
    """A file on a disk that takes nothing more."""

    def write(data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with NamedTemporaryFile(**options) as file:
        file.write = write  # type: ignore[assignment, method-assign]
        yield file


def stored_files() -> set[Path]:
    """All files of the storage."""
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


def test_an_upload_on_a_full_disk_gets_a_sentence_and_leaves_no_file(
    signed_in: Client, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stored_files()
    monkeypatch.setattr(whole, "NamedTemporaryFile", full_disk)
    with make_tiff(tmp_path).open("rb") as file:
        answer = signed_in.post(
            f"/experiments/{study.experiment.pk}/images/", {"file": file}, headers={"Accept": "application/json"}
        )
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("The server's disk is full. What you sent was not stored.")
    assert stored_files() == before
    assert study.experiment.images.count() == 0
    assert not signed_in.get("/healthz/").json()["checks"]["storage"]["ok"]
    assert stored_files() == before


def test_a_file_is_stored_whole_under_its_name_or_another(tmp_path: Path) -> None:
    name = default_storage.save("whole/a.txt", ContentFile(b"one"))
    other = default_storage.save("whole/a.txt", ContentFile("zwei"))
    assert name != other
    assert (default_storage.open(name).read(), default_storage.open(other).read()) == (b"one", b"zwei")
    assert Path(default_storage.path(name)).stat().st_mode & 0o777 == settings.FILE_UPLOAD_PERMISSIONS
    folder = Path(default_storage.path("whole"))
    assert {path.name for path in folder.iterdir()} == {Path(name).name, Path(other).name}
    default_storage.delete(name)
    default_storage.delete(other)
