"""The settings of a lab: who is in it, and whether networks may be trained on its spines."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from spines.measure.rules import RULE_PRESETS
from spines.models import AuditEvent, Membership, Role
from tests.factories import Study, make_annotator, make_study, make_user

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
    shown = client.get(reverse("people:members", args=[study.lab.pk])).content.decode()
    assert shown.index(study.owner.username) < shown.rindex(study.viewer.username)
    for word in ("Manager", "Viewer", "Managers of the lab invite people"):
        assert word in shown
    shown = client.get(reverse("labs:settings", args=[study.lab.pk])).content.decode()
    assert "Managers of the lab decide this." in shown


def test_the_lab_menu_leads_there(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    assert reverse("labs:settings", args=[study.lab.pk]) in client.get(reverse("home:home")).content.decode()


def test_managers_choose_the_rules_and_others_read_them(client: Client, study: Study) -> None:
    page = reverse("labs:settings", args=[study.lab.pk])
    act = reverse("labs:rule_preset", args=[study.lab.pk])
    for user, status in ((study.viewer, 403), (make_annotator(study), 403), (make_study().owner, 404)):
        client.force_login(user)
        assert client.post(act, {"rule_preset": "golgi"}).status_code == status
    client.force_login(study.owner)
    assert client.post(act, {"rule_preset": "my own"}).status_code == 422
    answer = client.post(act, {"rule_preset": "golgi"}, follow=True)
    assert "now compares with: Golgi scheme" in answer.content.decode()
    study.lab.refresh_from_db()
    assert study.lab.rule_preset == "golgi"
    assert AuditEvent.objects.get(action="lab.rule_preset_set").details == {"rule_preset": "golgi"}
    client.force_login(study.viewer)
    shown = client.get(page).content.decode()
    assert "Risher" in shown
    assert "Use these rules" not in shown


def test_every_preset_can_be_chosen_with_its_rules_and_source_beside_it(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    shown = unescape(client.get(reverse("labs:settings", args=[study.lab.pk])).content.decode())
    for key, preset in RULE_PRESETS.items():
        assert f'value="{key}"' in shown
        for words in (preset.name, preset.citation, *preset.rules):
            assert words in shown
    assert shown.count(" checked") == 1
