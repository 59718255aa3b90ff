"""Second factors: set up after a fresh confirmation, asked at every sign-in, kept encrypted."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, User
from tests.factories import PASSWORD, Study, make_user

pytestmark = pytest.mark.django_db


def code(secret: str) -> str:
    """What an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def confirm(client: Client) -> None:
    """Say once more who is signed in."""
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302


def set_up(client: Client, user: User) -> str:
    """Turn an authenticator app on by its page; its secret."""
    client.force_login(user)
    address = reverse("mfa_activate_totp")
    assert client.get(address).status_code == 302, "it asks who it is first"
    confirm(client)
    page = client.get(address).content.decode()
    shown = re.search(r'id="authenticator_secret"[^>]*value="([A-Z2-7]+)"', page)
    assert shown is not None, page
    assert client.post(address, {"code": "000000"}).status_code == 200
    assert client.post(address, {"code": code(shown[1])}).status_code == 302
    return shown[1]


def test_an_app_is_asked_for_at_every_sign_in(client: Client, study: Study) -> None:
    secret = set_up(client, study.viewer)
    client.logout()
    given = {"username": study.viewer.username, "password": PASSWORD}
    answer = client.post(reverse("accounts:sign_in"), given)
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("home:home")).status_code == 302, "the password alone opens nothing"
    assert client.post(reverse("mfa_authenticate"), {"code": "123123"}).status_code == 200
    assert AuditEvent.objects.filter(action="account.second_factor_failed").count() == 1
    later = str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + 1)))
    answer = client.post(reverse("mfa_authenticate"), {"code": later})
    assert answer.headers["Location"] == reverse("home:home")
    assert client.get(reverse("home:home")).status_code == 200
    assert "Signing in asks for more" in client.get(reverse("accounts:account")).content.decode()


def test_guessing_codes_is_limited(client: Client, study: Study) -> None:
    set_up(client, study.viewer)
    client.logout()
    client.post(reverse("accounts:sign_in"), {"username": study.viewer.username, "password": PASSWORD})
    pages = [client.post(reverse("mfa_authenticate"), {"code": f"{n:06}"}).content.decode() for n in range(12)]
    assert "Too many attempts" not in pages[0]
    assert "Too many attempts" in pages[-1]


def test_secrets_are_kept_encrypted(client: Client, study: Study) -> None:
    secret = set_up(client, study.viewer)
    row = Authenticator.objects.get(type="totp")
    assert secret not in str(row.data)
    for event in AuditEvent.objects.all():
        assert secret not in str(event.details)
    added = AuditEvent.objects.filter(action="second_factor.row_added", actor=study.viewer)
    assert {event.details["after"]["type"] for event in added} == {"totp", "recovery_codes"}


@pytest.mark.parametrize("name", ["mfa_index", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_view_recovery_codes"])
def test_its_pages_look_like_ours_and_carry_no_inline_script(client: Client, name: str) -> None:
    user = make_user("olga")
    set_up(client, user)
    page = client.get(reverse(name)).content.decode()
    assert "Skip to the content" in page
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)


def test_the_sign_in_page_offers_passkeys(client: Client) -> None:
    page = client.get(reverse("accounts:sign_in")).content.decode()
    assert "Use a passkey" in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).status_code == 200


def test_where_it_must_be_people_are_led_to_set_one_up(client: Client, study: Study, settings: Any) -> None:
    client.force_login(study.viewer)
    for asked, where in (("offered", 200), ("administrators", 200), ("everybody", 302)):
        settings.SPINULA_SECOND_FACTOR = asked
        assert client.get(reverse("home:home")).status_code == where
    assert client.get(reverse("home:home")).headers["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    settings.SPINULA_SECOND_FACTOR = "administrators"
    client.force_login(make_user(staff=True))
    assert client.get(reverse("people:people")).headers["Location"] == reverse("mfa_index")
    settings.SPINULA_SECOND_FACTOR = "everybody"
    set_up(client, study.viewer)
    assert client.get(reverse("home:home")).status_code == 200


def test_a_new_password_does_not_go_past_a_second_factor(client: Client, study: Study) -> None:
    set_up(client, study.viewer)
    client.logout()
    study.viewer.set_password("entirely new words 77")
    study.viewer.save()
    given = {"username": study.viewer.username, "password": "entirely new words 77"}
    assert client.post(reverse("accounts:sign_in"), given).headers["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("home:home")).status_code == 302


def test_a_code_works_once(client: Client, study: Study) -> None:
    secret = set_up(client, study.viewer)
    shown = str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + 1)))
    given = {"username": study.viewer.username, "password": PASSWORD}
    statuses = []
    for _ in range(2):
        client.logout()
        client.post(reverse("accounts:sign_in"), given)
        statuses.append(client.post(reverse("mfa_authenticate"), {"code": shown}).status_code)
    assert statuses == [302, 200]
