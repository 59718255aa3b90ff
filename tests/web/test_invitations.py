"""Letting people into a lab by links that work once, and which links let nobody in."""

from __future__ import annotations

import io
import re

import pytest
import structlog
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.models import AuditEvent, Invitation, Lab, Membership, Role, User
from spines.services.accounts.invitations import accept, first_administrator, invite
from tests.factories import Study, make_annotator, make_study, make_user
from tests.web.newcomers import NEW, WEEK, link_on
from webapp.settings.logs import without_secrets

pytestmark = pytest.mark.django_db


def test_a_manager_invites_by_a_link_that_works_once(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    sent = {"role": "annotator", "for_whom": "Olga"}
    answer = client.post(reverse("people:invite", args=[study.lab.pk]), sent)
    assert "no-store" in answer.headers["Cache-Control"]
    link = link_on(answer.content.decode())
    assert link.rsplit("/", 2)[1] not in client.get(reverse("people:members", args=[study.lab.pk])).content.decode()
    newcomer = Client()
    shown = newcomer.get(link)
    assert f"annotator of {study.lab.name}" in shown.content.decode()
    assert shown.headers["Referrer-Policy"] == "same-origin"
    assert newcomer.get(link).status_code == 200, "looking uses nothing up"
    for wrong in ({"password": "short", "again": "short"}, {"again": "another"}, {"username": study.owner.username}):
        assert newcomer.post(link, NEW | wrong).status_code == 422
    assert newcomer.post(link, NEW).status_code == 302
    olga = User.objects.get(username="olga")
    assert (olga.get_full_name(), olga.is_staff) == ("Olga Ladyzhenskaya", False)
    assert Membership.objects.get(user=olga).role == Role.ANNOTATOR
    assert newcomer.get(reverse("home:lab", args=[study.lab.pk])).status_code == 200
    assert Client().get(link).status_code == 404
    event = AuditEvent.objects.get(action="member.joined")
    assert (event.actor, event.details["after"], event.details["invited_by"]) == (
        olga,
        "annotator",
        study.owner.username,
    )


def test_who_has_an_account_joins_with_it_and_never_falls(client: Client, study: Study) -> None:
    other = make_study().owner
    _, secret = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    client.force_login(other)
    assert f"Join as {other.username}" in client.get(reverse("accounts:invitation", args=[secret])).content.decode()
    assert client.post(reverse("accounts:invitation", args=[secret])).status_code == 302
    assert Membership.objects.get(user=other, lab=study.lab).role == Role.VIEWER
    _, secret = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    accept(secret=secret, user=study.owner)
    assert Membership.objects.get(user=study.owner).role == Role.MANAGER


def test_links_that_let_nobody_in(client: Client, study: Study) -> None:
    made, taken_back = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    client.force_login(study.owner)
    client.post(reverse("people:take_back", args=[made.pk]))
    _, expired = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    Invitation.objects.update(expires_at=timezone.now())
    _, archived = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    Lab.objects.filter(pk=study.lab.pk).update(archived_at=timezone.now())
    client.logout()
    for secret in (taken_back, expired, archived, "guessed"):
        address = reverse("accounts:invitation", args=[secret])
        assert client.get(address).status_code == 404
        assert client.post(address, NEW).status_code == 404
    assert not User.objects.filter(username="olga").exists()


def test_only_managers_invite_set_roles_and_remove(client: Client, study: Study) -> None:
    made, _ = invite(user=study.owner, lab_id=study.lab.pk, role="viewer", life=WEEK)
    lab, member = study.lab.pk, study.viewer.pk
    acts = [
        (reverse("people:invite", args=[lab]), {"role": "viewer"}),
        (reverse("people:set_role", args=[lab, member]), {"role": "manager"}),
        (reverse("people:remove", args=[lab, member]), {}),
    ]
    before = list(Membership.objects.values())
    for user, statuses in (
        (study.viewer, (403, 403, 403, 404)),
        (make_annotator(study), (403, 403, 403, 404)),
        (make_study().owner, (404, 404, 404, 404)),
    ):
        client.force_login(user)
        answers = [client.post(address, sent).status_code for address, sent in acts]
        answers.append(client.post(reverse("people:take_back", args=[made.pk])).status_code)
        assert tuple(answers) == statuses
    assert list(Membership.objects.filter(pk__in=[row["id"] for row in before]).values()) == before
    assert Invitation.objects.filter(lab=lab).count() == 1


def test_the_first_administrator_is_made_by_a_link_on_the_terminal(client: Client) -> None:
    make_user("demo", staff=True)
    printed = [io.StringIO(), io.StringIO(), io.StringIO()]
    for output in printed[:2]:
        call_command("first_administrator", "--address", "http://testserver/", stdout=output)
    links = [re.search(r"http://testserver(\S+)", output.getvalue()) for output in printed[:2]]
    assert links[0] is not None
    assert links[1] is not None
    assert client.get(links[0][1]).status_code == 404, "a later start makes the earlier link worthless"
    assert client.post(links[1][1], NEW).headers["Location"] == reverse("people:people")
    olga = User.objects.get(username="olga")
    assert olga.is_staff
    assert olga.is_superuser
    assert client.get(reverse("people:people")).status_code == 200
    call_command("first_administrator", stdout=printed[2])
    assert printed[2].getvalue() == ""
    assert first_administrator(life=WEEK, besides="demo") is None


def test_a_link_for_a_manager_mends_a_lab_without_one(client: Client, study: Study) -> None:
    client.force_login(make_user(staff=True))
    link = link_on(client.post(reverse("people:invite_manager", args=[study.lab.pk])).content.decode())
    newcomer = Client()
    newcomer.post(link, NEW)
    assert Membership.objects.get(user__username="olga", lab=study.lab).role == Role.MANAGER


def test_passwords_are_long_unusual_and_taken_as_they_are(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    link = link_on(client.post(reverse("people:invite", args=[study.lab.pk]), {"role": "viewer"}).content.decode())
    newcomer = Client()
    for weak in ("elevenchars", "password1234", "ladyzhenskaya", "123456789012"):
        assert newcomer.post(link, NEW | {"password": weak, "again": weak}).status_code == 422, weak
    long = "  ünïcode with spaces at its ends " + "x" * 100 + "  "
    assert newcomer.post(link, NEW | {"password": long, "again": long}).status_code == 302
    olga = User.objects.get(username="olga")
    assert olga.check_password(long)
    assert not olga.check_password(long.strip())


def test_one_time_links_stay_out_of_the_log() -> None:
    assert without_secrets in structlog.get_config()["processors"]
    said = {"request": "POST /invitations/secretword/", "path": "/reset/MQ/secret-x/?a=1", "code": 200}
    left = {"request": "POST /invitations/…", "path": "/reset/…?a=1", "code": 200}
    assert without_secrets(None, "info", said) == left
