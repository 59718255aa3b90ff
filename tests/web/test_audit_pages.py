"""The audit trail on its pages: who reads which, filters, before and after, CSV."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, Membership, Role
from spines.services import audit
from spines.services.labs.making import set_lets_train
from tests.factories import Study, make_annotator, make_study, make_user

pytestmark = pytest.mark.django_db


def test_managers_read_their_labs_and_administrators_all(client: Client, study: Study) -> None:
    mine = [reverse(f"audit:{name}", args=[study.lab.pk]) for name in ("lab", "lab_csv")]
    every = [reverse("audit:all"), reverse("audit:all_csv")]
    for user, of_lab, of_all in (
        (study.owner, 200, 403),
        (study.viewer, 403, 403),
        (make_annotator(study), 403, 403),
        (make_study().owner, 404, 403),
        (make_user(staff=True), 404, 200),
    ):
        client.force_login(user)
        assert [client.get(address).status_code for address in (*mine, *every)] == [of_lab] * 2 + [of_all] * 2
    client.logout()
    for address in (*mine, *every):
        assert client.get(address).status_code == 302


def test_shows_what_was_and_what_is_and_narrows(client: Client, study: Study) -> None:
    other = make_study()
    with audit.acting(user=study.owner, origin=audit.Origin(address="10.0.0.7", door="pages"), writes=True):
        set_lets_train(user=study.owner, lab_id=study.lab.pk, lets_train=True)
        Membership.objects.filter(user=study.viewer).update(role=Role.ANNOTATOR)
    client.force_login(study.owner)
    address = reverse("audit:lab", args=[study.lab.pk])
    page = client.get(address).content.decode()
    for words in ("<del>viewer</del> → <ins>annotator</ins>", "10.0.0.7", "lab: lets train set", study.owner.username):
        assert words in page
    assert other.lab.name not in page
    page = client.get(address, {"about": "membership", "who": study.owner.username}).content.decode()
    assert "<ins>annotator</ins>" in page
    assert "lets train set" not in page
    for nothing in ({"who": "nobody at all"}, {"until": "2001-01-01"}, {"text": "no such word anywhere"}):
        assert "No act passes these filters" in client.get(address, nothing).content.decode()
    assert "membership" in client.get(address, {"text": "annotator"}).content.decode()
    assert client.get(address, {"since": "yesterday", "about": "x"}).status_code == 200


def test_csv_has_what_the_page_has_and_runs_no_formula(client: Client, study: Study) -> None:
    audit.record(actor=study.owner, lab=study.lab, action="lab.tried", subject=study.lab, before="=1+1", after="b")
    client.force_login(study.owner)
    answer = client.get(reverse("audit:lab_csv", args=[study.lab.pk]), {"text": "tried"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    row, *rest = csv.DictReader(io.StringIO(text))
    assert {each["action"] for each in rest} <= {"file.downloaded"}
    assert (row["who"], row["lab"], row["action"]) == (study.owner.username, study.lab.name, "lab.tried")
    assert (row["before"], row["after"]) == ("'=1+1", "b")
    assert AuditEvent.objects.filter(action="file.downloaded", subject_type="lab").count() == 1
