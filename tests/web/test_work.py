"""Long work on its page and in the API: progress, cancel, failure, the file; by owner, viewer, stranger and nobody."""

from __future__ import annotations

import uuid
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.models import User, Work, WorkKind
from spines.services.work import asking, jobs
from tests.factories import Study, make_measured_study, make_study
from tests.web.api_client import Api
from tests.work import done, file_of
from webapp.work import files

pytestmark = pytest.mark.django_db


def asked(study: Study, user: User | None = None) -> Work:
    arguments = {"experiment": study.experiment.pk, "filters": {}}
    return asking.ask(user=user or study.owner, kind=WorkKind.TABLES, arguments=arguments, experiment=study.experiment)


def page_of(work: Work, name: str = "work") -> str:
    return reverse(f"work:{name}", args=[work.pk])


def running(work: Work, **fields: Any) -> None:
    now = timezone.now()
    Work.objects.filter(pk=work.pk).update(
        status="running", claim=uuid.uuid4(), heartbeat_at=now, started_at=now, **fields
    )


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few spines take as long as hundreds of thousands."""
    for kind in files.SECONDS_A_SPINE:
        monkeypatch.setitem(files.SECONDS_A_SPINE, kind, 1.0)


def test_a_small_file_comes_at_once_and_a_large_one_is_work(client: Client, large: None) -> None:
    study = make_measured_study()
    client.force_login(study.viewer)
    asked_for = client.get(reverse("exports:package", args=[study.experiment.pk]) + "?condition=treated")
    work = Work.objects.get()
    assert asked_for.headers["Location"] == page_of(work)
    assert client.get(page_of(work)).status_code == 200
    answer = client.get(file_of(done(page_of(work))))
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == 'attachment; filename="Experiment_tables.zip"'
    with zipfile.ZipFile(BytesIO(b"".join(answer))) as package:
        assert b"treated" in package.read("animals.csv")
        assert b"control" not in package.read("animals.csv")
    client.get(reverse("exports:experiment_rois", args=[study.experiment.pk]))
    rois = Work.objects.latest("pk")
    with zipfile.ZipFile(BytesIO(b"".join(client.get(file_of(done(page_of(rois))))))) as package:
        assert len(package.namelist()) == 600 + 24


def test_without_many_spines_no_work_is_made(client: Client) -> None:
    study = make_measured_study()
    client.force_login(study.viewer)
    for name in ("package", "experiment_rois"):
        answer = client.get(reverse(f"exports:{name}", args=[study.experiment.pk]))
        assert answer["Content-Type"] == "application/zip"
    assert not Work.objects.exists()


def test_its_page_is_polled_while_it_waits_and_runs(client: Client, study: Study) -> None:
    work = asked(study)
    client.force_login(study.owner)
    for where in (page_of(work), page_of(work, "progress")):
        assert 'hx-trigger="every 1s"' in client.get(where).content.decode()
    running(work, done=2000, total=8000, stage="Writing spines.csv")
    page = client.get(page_of(work, "progress")).content.decode()
    assert "25 % · Writing spines.csv · 2,000 of 8,000" in page
    assert '<progress max="8000" value="2000"' in page
    Work.objects.update(status="failed", claim=None, message="There is too much. Choose less.")
    page = client.get(page_of(work, "progress")).content.decode()
    assert "There is too much. Choose less." in page
    assert "hx-trigger" not in page
    assert page_of(work, "cancel") not in page
    Work.objects.update(status="queued", asked_at=timezone.now() - timedelta(minutes=1))
    assert "No worker has taken this up yet" in client.get(page_of(work)).content.decode()


def test_cancelling(client: Client, study: Study) -> None:
    work = asked(study)
    client.force_login(study.viewer)
    assert page_of(work, "cancel") not in client.get(page_of(work)).content.decode()
    assert client.post(page_of(work, "cancel")).status_code == 403
    client.force_login(study.owner)
    assert page_of(work, "cancel") in client.get(page_of(work)).content.decode()
    assert client.get(page_of(work, "cancel")).status_code == 405
    assert "Nothing came of it" in client.post(page_of(work, "cancel"), follow=True).content.decode()
    assert client.post(page_of(work, "cancel")).status_code == 409
    assert client.get(page_of(work, "file")).status_code == 409
    assert jobs.claim(work.pk) is None


def test_owner_viewer_stranger_nobody(client: Client, study: Study) -> None:
    work = asked(study)
    pages = [page_of(work), page_of(work, "progress"), page_of(work, "file")]
    for user, wanted in (
        (study.owner, [200, 200, 409]),
        (study.viewer, [200, 200, 409]),
        (make_study().owner, [404] * 3),
        (None, [302] * 3),
    ):
        client.logout()
        if user is not None:
            client.force_login(user)
        assert [client.get(page).status_code for page in pages] == wanted, user


def test_a_file_that_is_gone_says_so(client: Client, study: Study) -> None:
    work = done(page_of(asked(study)))
    work.file.storage.delete(str(work.file.name))
    client.force_login(study.owner)
    assert client.get(page_of(work)).status_code == 200
    answer = client.get(page_of(work, "file"))
    assert answer.status_code == 409
    assert "Ask for it again" in answer.content.decode()


def test_the_api_answers_202_with_an_address_to_ask(large: None) -> None:
    study = make_measured_study()
    api = Api(study.viewer)
    for name, kind in (("tables.zip", "tables"), ("rois.zip", "rois"), ("report.pdf", "report")):
        answer = api.get(f"/experiments/{study.experiment.pk}/exports/{name}", condition="treated")
        assert answer.status_code == 202
        asked_for = answer.json()
        assert (asked_for["kind"], asked_for["status"], asked_for["file"]) == (kind, "queued", None)
        again = api.get(f"/experiments/{study.experiment.pk}/exports/{name}", condition="treated").json()
        assert again["id"] == asked_for["id"]
        address = f"/work/{asked_for['id']}"
        assert asked_for["address"].endswith(f"/api/v1{address}")
        assert api.get(f"{address}/file").status_code == 409
        done(reverse("work:work", args=[asked_for["id"]]))
        finished = api.get(address).json()
        assert (finished["status"], finished["message"]) == ("done", "")
        assert finished["kept_until"] > finished["finished_at"]
        taken = api.get(finished["file"].partition("/api/v1")[2])
        assert b"".join(taken)[:4] in (b"PK\x03\x04", b"%PDF")
    assert [row["kind"] for row in api.get("/work").json()["rows"]] == ["report", "rois", "tables"]


def test_the_api_cancels_and_tells_failures(study: Study) -> None:
    api, work = Api(study.owner), asked(study)
    assert Api(study.viewer).post(f"/work/{work.pk}/cancel").status_code == 403
    assert api.post(f"/work/{work.pk}/cancel").json()["status"] == "cancelled"
    assert api.post(f"/work/{work.pk}/cancel").status_code == 409
    for user in (make_study().owner, None):
        status = 404 if user else 401
        others = Api(user)
        assert others.get(f"/work/{work.pk}").status_code == status
        assert others.post(f"/work/{work.pk}/cancel").status_code == status
        assert user is None or others.get("/work").json()["rows"] == []
