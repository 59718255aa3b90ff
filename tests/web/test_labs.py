"""The settings of a lab: who is in it, and whether networks may be trained on its spines."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, Membership, Role
from tests.factories import Study, make_study, make_user

pytestmark = pytest.mark.django_db


def test_members_read_it_and_only_managers_decide(client: Client, study: Study) -> None:
    page = reverse("labs:settings", args=[study.lab.pk])
    act = reverse("labs:lets_train", args=[study.lab.pk])
    annotator = make_user()
    Membership.objects.create(lab=study.lab, user=annotator, role=Role.ANNOTATOR)
    for user, reads, acts in (
        (study.viewer, 200, 403),
        (annotator, 200, 403),
        (make_study().owner, 404, 404),
        (make_user(staff=True), 404, 404),
        (study.owner, 200, 302),
    ):
        client.force_login(user)
        assert client.get(page).status_code == reads
        assert client.post(act, {"lets_train": "yes"}).status_code == acts
        study.lab.refresh_from_db()
        assert study.lab.lets_train == (user == study.owner)
    client.logout()
    for answer in (client.get(page), client.post(act)):
        assert answer.headers["Location"].startswith(reverse("accounts:sign_in"))


def test_consent_is_given_and_taken_back(client: Client, study: Study) -> None:
    page = reverse("labs:settings", args=[study.lab.pk])
    act = reverse("labs:lets_train", args=[study.lab.pk])
    client.force_login(study.owner)
    assert "may not train networks" in client.get(page).content.decode()
    client.post(act, {"lets_train": "yes"})
    shown = client.get(page).content.decode()
    assert "may train networks" in shown
    assert "Take it back" in shown
    client.post(act, {"lets_train": "no"})
    assert "may not train networks" in client.get(page).content.decode()
    assert AuditEvent.objects.filter(action="lab.lets_train_set").count() == 2
    assert client.post(act).status_code == 422


def test_lists_the_members_with_their_roles(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    shown = client.get(reverse("labs:settings", args=[study.lab.pk])).content.decode()
    assert shown.index(study.owner.username) < shown.rindex(study.viewer.username)
    for word in ("Manager", "Viewer", "Managers of the lab decide this."):
        assert word in shown


def test_the_lab_menu_leads_there(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    assert reverse("labs:settings", args=[study.lab.pk]) in client.get(reverse("home:home")).content.decode()
