"""Signing in with the name and password of an LDAP directory: a small one that runs beside the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import ApiToken, AuditEvent, Membership, Role, User
from spines.services.accounts.invitations import invite
from tests.factories import PASSWORD, Study, make_user
from tests.ldap_directory import GROUPS, PEOPLE, READER, READS, Directory, serving

pytestmark = pytest.mark.django_db
OLGAS = "what the directory knows"


@pytest.fixture(scope="module")
def house() -> Iterator[Directory]:
    with serving() as directory:
        yield directory


@pytest.fixture(autouse=True)
def directory(settings: Any, house: Directory) -> Directory:
    house.entries.clear()
    house.binds.clear()
    house.passwords = {READER: READS}
    house.add("olga", OLGAS, givenName=["Olga"], sn=["Ladyzhenskaya"], mail=["olga@example.org"])
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "webapp.accounts.ldap.LdapBackend"]
    settings.SPINULA_LDAP = {
        "urls": [house.url],
        "plain": True,
        "ca": None,
        "name": "the institute",
        "bind_dn": READER,
        "bind_password": READS,
        "people": PEOPLE,
        "filter": "(uid={name})",
        "groups": "",
    }
    return house


def sign_in(client: Client, name: str, password: str = OLGAS) -> Any:
    return client.post(reverse("accounts:sign_in"), {"username": name, "password": password})


def test_a_first_sign_in_makes_an_account_and_the_next_finds_it(client: Client, study: Study) -> None:
    assert "of the institute, or of this site" in client.get(reverse("accounts:sign_in")).content.decode()
    assert sign_in(client, "Olga").status_code == 302
    olga = User.objects.get(username="olga")
    assert (olga.get_full_name(), olga.email) == ("Olga Ladyzhenskaya", "olga@example.org")
    assert not olga.has_usable_password()
    assert not Membership.objects.filter(user=olga).exists()
    signed_in = AuditEvent.objects.get(action="account.signed_in", actor=olga)
    assert signed_in.details == {"through": "the institute"}
    assert sign_in(Client(), "olga").status_code == 302
    assert User.objects.filter(email="olga@example.org").count() == 1
    page = client.get(reverse("accounts:account")).content.decode()
    assert "the institute signs you in, and your password is changed there" in page


@pytest.mark.parametrize(("name", "password"), [("olga", "guess"), ("nobody", OLGAS), ("*", OLGAS), ("olga", "")])
def test_what_opens_nothing(client: Client, name: str, password: str) -> None:
    answer = sign_in(client, name, password)
    assert answer.status_code == 200
    assert not User.objects.filter(username="olga").exists()
    if password:
        assert "do not go together" in answer.content.decode()
        assert AuditEvent.objects.get(action="account.sign_in_failed").details["name"] == name


def test_a_name_with_a_password_here_is_never_asked_of_the_directory(client: Client, directory: Directory) -> None:
    make_user("olga", staff=True)
    assert sign_in(client, "olga").status_code == 200
    assert directory.binds == []
    assert sign_in(client, "olga", PASSWORD).status_code == 302


def test_an_address_that_an_account_has_opens_none(client: Client) -> None:
    User.objects.create_user("o.l", email="olga@example.org", password=PASSWORD)
    answer = sign_in(client, "olga")
    assert answer.status_code == 409
    assert "Sign in to it as before" in answer.content.decode()


def test_who_takes_over_a_name_in_the_directory_takes_no_account(client: Client, directory: Directory) -> None:
    sign_in(client, "olga")
    directory.entries[f"uid=olga,{PEOPLE}"] |= {"entryUUID": ["another"], "mail": ["other@example.org"]}
    assert sign_in(Client(), "olga").status_code == 200
    assert User.objects.filter(username__startswith="olga").count() == 1


def test_invitations_by_address_and_groups_let_in(
    client: Client, directory: Directory, study: Study, settings: Any
) -> None:
    settings.SPINULA_FIRST_SIGN_IN = "invited"
    answer = sign_in(client, "olga")
    assert answer.status_code == 403
    assert "an invitation that is for olga@example.org" in answer.content.decode()
    week = timedelta(days=7)
    invite(user=study.owner, lab_id=study.lab.pk, role=Role.VIEWER, for_whom="olga@example.org", life=week)
    assert sign_in(client, "olga").status_code == 302
    held = Membership.objects.get(user__username="olga")
    assert held.role == Role.VIEWER
    settings.SPINULA_GROUP_ROLES = {"spines": (study.lab.name, "annotator")}
    settings.SPINULA_LDAP["groups"] = GROUPS
    directory.entries[f"cn=Spines,{GROUPS}"] = {"cn": ["Spines"], "member": [f"uid=olga,{PEOPLE}"]}
    sign_in(Client(), "olga")
    held.refresh_from_db()
    assert held.role == Role.ANNOTATOR
    directory.entries[f"uid=olga,{PEOPLE}"]["memberOf"] = [f"cn=heads,{GROUPS}"]
    settings.SPINULA_GROUP_ROLES = {f"cn=heads,{GROUPS}": (study.lab.name, "manager")}
    sign_in(Client(), "olga")
    held.refresh_from_db()
    assert held.role == Role.MANAGER


def test_who_is_switched_off_here_stays_out(client: Client) -> None:
    sign_in(client, "olga")
    User.objects.filter(username="olga").update(is_active=False)
    assert sign_in(Client(), "olga").status_code == 200
    assert client.get(reverse("accounts:account")).status_code == 302


def test_the_directorys_password_confirms_who_it_is(client: Client) -> None:
    sign_in(client, "olga")
    sent = {"name": "script", "days": "30", "may": "read"}
    asked = client.post(reverse("accounts:make_token"), sent).headers["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    wrong = client.post(asked, {"password": "guess", "next": reverse("accounts:make_token")})
    assert "This is not your password" in wrong.content.decode()
    made = client.post(asked, {"password": OLGAS, "next": reverse("accounts:make_token")})
    assert "spinula_" in made.content.decode()
    assert ApiToken.objects.get().user.username == "olga"


@pytest.mark.parametrize("fault", ["down", "no TLS", "reader", "second of two"])
def test_a_directory_that_fails_is_said_and_keeps_nobody_else_out(
    client: Client, study: Study, settings: Any, fault: str
) -> None:
    given = settings.SPINULA_LDAP
    if fault == "no TLS":
        given["plain"] = False
    elif fault == "reader":
        given["bind_password"] = "changed meanwhile"
    else:
        given["urls"] = ["ldap://127.0.0.1:1", *(given["urls"] if fault == "second of two" else [])]
    answer = sign_in(client, "olga")
    assert sign_in(Client(), study.owner.username, PASSWORD).status_code == 302
    if fault == "second of two":
        assert answer.status_code == 302
        return
    assert answer.status_code == 503
    assert "The directory of the institute does not answer as it should" in answer.content.decode()
    assert not AuditEvent.objects.filter(action="account.sign_in_failed").exists(), "nobody guessed"
