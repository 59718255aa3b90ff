"""People of labs and of the site: roles, removal, labs, resets, sessions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings as site
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from spines.errors import Conflict, NotFound
from spines.models import AuditEvent, Invitation, Lab, Membership, Role, User
from spines.services.accounts.people import set_active
from tests.factories import PASSWORD, Study, make_user
from tests.web.newcomers import link_on
from webapp.accounts.sessions import SIGNED_IN_AT

pytestmark = pytest.mark.django_db


def test_roles_and_removal_with_what_was(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    address = reverse("people:set_role", args=[study.lab.pk, study.viewer.pk])
    assert client.post(address, {"role": "king"}).status_code == 422
    page = client.post(address, {"role": "annotator"}, follow=True).content.decode()
    assert f"{study.viewer} is annotator of {study.lab} now" in page
    event = AuditEvent.objects.get(action="member.role_set")
    assert (event.details["before"], event.details["after"]) == ("viewer", "annotator")
    client.post(reverse("people:remove", args=[study.lab.pk, study.viewer.pk]))
    assert not Membership.objects.filter(user=study.viewer).exists()
    assert AuditEvent.objects.get(action="member.removed").details["before"] == "annotator"
    client.force_login(study.viewer)
    assert client.get(reverse("home:lab", args=[study.lab.pk])).status_code == 404


def test_the_last_manager_stays_one(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    for name, sent in (("set_role", {"role": "viewer"}), ("remove", {})):
        answer = client.post(reverse(f"people:{name}", args=[study.lab.pk, study.owner.pk]), sent)
        assert answer.status_code == 409
        assert "only manager" in answer.content.decode()
    assert Membership.objects.get(user=study.owner).role == Role.MANAGER


def test_administrators_make_archive_and_staff_labs_and_others_do_not(client: Client, study: Study) -> None:
    acts: list[tuple[str, dict[str, str]]] = [
        (reverse("people:make_lab"), {"name": "Another"}),
        (reverse("people:archive_lab", args=[study.lab.pk]), {"archived": "yes"}),
        (reverse("people:delete_lab", args=[study.lab.pk]), {}),
        (reverse("people:restore_lab", args=[study.lab.pk]), {}),
        (reverse("people:archive_lab", args=[study.lab.pk]), {"archived": "yes"}),
        (reverse("people:invite_manager", args=[study.lab.pk]), {}),
        (reverse("people:invite_administrator"), {}),
        (reverse("people:reset_link", args=[study.viewer.pk]), {}),
        (reverse("people:set_active", args=[study.viewer.pk]), {"active": "no"}),
        (reverse("people:set_administrator", args=[study.viewer.pk]), {"administrator": "yes"}),
    ]
    client.force_login(study.owner)
    assert client.get(reverse("people:people")).status_code == 403
    assert [client.post(address, sent).status_code for address, sent in acts] == [403] * len(acts)
    assert Lab.objects.count() == 1
    assert not Invitation.objects.exists()
    client.force_login(make_user(staff=True))
    assert [client.post(address, sent).status_code for address, sent in acts] == [
        *(302, 302, 302, 302, 302, 404),
        *(200, 200, 302, 302),
    ]
    assert Membership.objects.get(lab__name="Another").role == Role.MANAGER
    study.viewer.refresh_from_db()
    assert (study.viewer.is_active, study.viewer.is_staff) == (False, True)


def test_an_archived_lab_is_reached_by_nobody_and_comes_back_whole(client: Client, study: Study) -> None:
    admin = Client()
    admin.force_login(make_user(staff=True))
    client.force_login(study.owner)
    pages = [reverse("home:lab", args=[study.lab.pk]), reverse("experiments:images", args=[study.experiment.pk])]
    address = reverse("people:archive_lab", args=[study.lab.pk])
    admin.post(address, {"archived": "yes"})
    assert [client.get(page).status_code for page in pages] == [404, 404]
    admin.post(address, {"archived": "no"})
    assert [client.get(page).status_code for page in pages] == [200, 200]


def test_an_administrators_link_sets_a_new_password_once(client: Client, study: Study) -> None:
    client.force_login(make_user(staff=True))
    other = Client()
    other.force_login(study.viewer)
    link = link_on(client.post(reverse("people:reset_link", args=[study.viewer.pk])).content.decode())
    visitor = Client()
    page = visitor.get(link, follow=True)
    assert page.headers["Cache-Control"] == "no-store"
    sent = {"new_password1": "entirely new words 77", "new_password2": "entirely new words 77"}
    answer = visitor.post(page.redirect_chain[-1][0], sent, follow=True)
    assert "The new password is set" in answer.content.decode()
    assert other.get(reverse("home:home")).status_code == 302, "sessions of before are over"
    assert "sets no password" in Client().get(link, follow=True).content.decode()
    study.viewer.refresh_from_db()
    assert study.viewer.check_password("entirely new words 77")
    assert AuditEvent.objects.filter(action="account.reset_link_made", subject_id=study.viewer.pk).exists()


def test_by_mail_where_mail_is_set_and_the_answer_tells_nothing(
    client: Client, study: Study, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.accounts.views import ResetByMail

    address = reverse("accounts:reset")
    assert "sends no mail" in client.get(address).content.decode()
    client.post(address, {"email": "viewer@example.org"})
    assert mail.outbox == []
    settings.SPINULA_SENDS_MAIL = True
    monkeypatch.setattr(ResetByMail, "extra_context", {"sends_mail": True})
    User.objects.filter(pk=study.viewer.pk).update(email="viewer@example.org")
    answers = [client.post(address, {"email": f"{name}@example.org"}, follow=True) for name in ("viewer", "nobody")]
    assert answers[0].content == answers[1].content or "on its way" in answers[1].content.decode()
    (sent,) = mail.outbox
    link = re.search(r"http://testserver(\S+)", str(sent.body))
    assert link is not None
    assert "New password" in client.get(link[1], follow=True).content.decode()
    for _ in range(5):
        last = client.post(address, {"email": "viewer@example.org"})
    assert last.status_code == 429


def test_who_is_switched_off_is_out_at_once(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    admin = make_user(staff=True)
    set_active(user=admin, person_id=study.viewer.pk, active=False)
    assert client.get(reverse("home:home")).status_code == 302
    with pytest.raises(Conflict, match="your own account"):
        set_active(user=admin, person_id=admin.pk, active=False)
    with pytest.raises(NotFound):
        set_active(user=admin, person_id=2**60, active=False)


def test_own_name_and_password(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    other = Client()
    other.force_login(study.viewer)
    sent = {"first_name": "Santiago", "last_name": "Ramón", "email": "s@example.org"}
    asked = client.post(reverse("accounts:set_name"), sent)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate")), "a mail address asks who it is"
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("accounts:set_name"), sent)
    assert User.objects.get(pk=study.viewer.pk).get_full_name() == "Santiago Ramón"
    assert client.post(reverse("accounts:set_name"), {"email": "no address"}).status_code == 422
    address, new = reverse("accounts:set_password"), "quite other words 12"
    for wrong in ({"old": "guess", "new": new, "again": new}, {"old": PASSWORD, "new": "short", "again": "short"}):
        assert client.post(address, wrong).status_code == 422
    assert client.post(address, {"old": PASSWORD, "new": new, "again": new + "."}).status_code == 422
    assert client.post(address, {"old": PASSWORD, "new": new, "again": new}).status_code == 302
    assert client.get(reverse("home:home")).status_code == 200
    assert other.get(reverse("home:home")).status_code == 302


def test_sessions_are_listed_and_ended(client: Client, study: Study) -> None:
    here, there = Client(), Client(headers={"user-agent": "Other browser"})
    for each in (here, there):
        each.post(reverse("accounts:sign_in"), {"username": study.viewer.username, "password": PASSWORD})
    page = here.get(reverse("accounts:account")).content.decode()
    assert "Other browser" in page
    end = re.search(r'action="(/account/sessions/\d+/end/)"', page)
    assert end is not None
    stranger = Client()
    stranger.force_login(study.owner)
    assert stranger.post(end[1]).status_code == 404
    here.post(end[1])
    assert there.get(reverse("home:home")).status_code == 302
    there.post(reverse("accounts:sign_in"), {"username": study.viewer.username, "password": PASSWORD})
    here.post(reverse("accounts:end_other_sessions"))
    assert there.get(reverse("home:home")).status_code == 302
    assert here.get(reverse("home:home")).status_code == 200


def test_a_session_ends_so_long_after_the_sign_in_however_much_it_is_used(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    assert client.get(reverse("home:home")).status_code == 200
    session = client.session
    session[SIGNED_IN_AT] -= 7 * 86400 + 10
    session.save()
    assert client.get(reverse("home:home")).status_code == 302


def test_djangos_administration_has_no_sign_in_of_its_own(client: Client) -> None:
    answer = client.get(reverse("admin:login"))
    assert answer.headers["Location"].startswith(reverse("accounts:sign_in"))
    client.force_login(make_user())
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_nobody_signs_up(client: Client) -> None:
    answer = client.post(reverse("account_signup"), {"username": "x", "password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 403
    assert not User.objects.filter(username="x").exists()


def test_signing_in_gives_a_new_session(client: Client) -> None:
    make_user("olga")
    client.get(reverse("accounts:sign_in"))
    session = client.session
    session["planted"] = "x"
    session.save()
    client.cookies[settings_name()] = session.session_key or ""
    planted = session.session_key
    client.post(reverse("accounts:sign_in"), {"username": "olga", "password": PASSWORD})
    assert client.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def settings_name() -> str:
    """The cookie of the session."""
    return str(site.SESSION_COOKIE_NAME)
