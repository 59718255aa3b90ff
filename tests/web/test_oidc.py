"""Signing in through an OpenID Connect provider: a small one that runs beside the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from spines.models import ApiToken, AuditEvent, Invitation, Membership, Role, User
from spines.services.accounts.invitations import invite
from spines.services.accounts.tokens import create_token
from tests.factories import PASSWORD, Study, make_user
from tests.oidc_provider import CLIENT, SECRET, Provider, serving
from tests.web.test_second_factors import set_up

pytestmark = pytest.mark.django_db
OLGA = {
    "sub": "7b1c",
    "preferred_username": "olga",
    "name": "Olga Ladyzhenskaya",
    "email": "olga@example.org",
    "email_verified": True,
}


@pytest.fixture(scope="module")
def house() -> Iterator[Provider]:
    with serving() as provider:
        yield provider


@pytest.fixture(autouse=True)
def provider(settings: Any, house: Provider) -> Provider:
    house.person, house.issuer, house.audience, house.is_down = dict(OLGA), house.url, CLIENT, False
    settings.SPINULA_OIDC = {
        "url": house.url,
        "client_id": CLIENT,
        "secret": SECRET,
        "name": "Example University",
        "scopes": ["openid", "profile", "email"],
        "groups_claim": "groups",
        "verified_domains": [],
        "link_by_mail": False,
    }
    return house


def sign_in(client: Client, provider: Provider, address: str = "") -> Any:
    """As a browser goes: there and back."""
    there = client.get(address or reverse("accounts:oidc"))
    assert there.status_code == 302, there.content.decode()
    assert there.headers["Location"].startswith(provider.url), there.headers["Location"]
    return client.get(provider.authorize(there.headers["Location"]))


def signed_in(client: Client) -> User | None:
    """Who the client is."""
    found = client.session.get("_auth_user_id")
    return User.objects.get(pk=found) if found else None


def test_a_first_sign_in_makes_an_account_that_is_in_no_lab(client: Client, provider: Provider, study: Study) -> None:
    page = client.get(reverse("accounts:sign_in")).content.decode()
    assert "Sign in with Example University" in page
    wanted = reverse("accounts:account")
    answer = sign_in(client, provider, f"{reverse('accounts:oidc')}?next={wanted}")
    assert answer.headers["Location"] == wanted
    olga = signed_in(client)
    assert olga is not None
    assert (olga.username, olga.get_full_name(), olga.email) == ("olga", "Olga Ladyzhenskaya", "olga@example.org")
    assert not olga.has_usable_password()
    assert not Membership.objects.filter(user=olga).exists()
    assert client.get(reverse("home:lab", args=[study.lab.pk])).status_code == 404
    events = {event.action: event for event in AuditEvent.objects.filter(actor=olga)}
    assert events["account.made"].details["through"] == "Example University"
    assert events["account.signed_in"].details["through"] == "Example University"
    assert AuditEvent.objects.filter(action="known_elsewhere.row_added").count() == 1
    again = Client()
    sign_in(again, provider)
    assert signed_in(again) == olga
    assert User.objects.filter(email="olga@example.org").count() == 1


def test_who_was_invited_by_this_address_is_let_in_and_nobody_else(
    client: Client, provider: Provider, study: Study, settings: Any
) -> None:
    settings.SPINULA_FIRST_SIGN_IN = "invited"
    refused = sign_in(client, provider)
    assert refused.status_code == 403
    assert "Ask a manager of your lab for an invitation that is for olga@example.org" in refused.content.decode()
    week = timedelta(days=7)
    invite(user=study.owner, lab_id=study.lab.pk, role=Role.ANNOTATOR, for_whom="Olga@example.org", life=week)
    provider.person["email_verified"] = False
    assert sign_in(client, provider).status_code == 403, "anybody may write an address"
    provider.person["email_verified"] = True
    sign_in(client, provider)
    assert Membership.objects.get(user__username="olga").role == Role.ANNOTATOR
    assert Invitation.objects.get().used_by == signed_in(client)


def test_groups_give_roles_and_take_none_away(client: Client, provider: Provider, study: Study, settings: Any) -> None:
    settings.SPINULA_GROUP_ROLES = {"spines": (study.lab.name, "viewer"), "spine-heads": (study.lab.name, "manager")}
    provider.person["groups"] = ["Spines", "others"]
    sign_in(client, provider)
    held = Membership.objects.get(user__username="olga")
    assert held.role == Role.VIEWER
    provider.person["groups"] = ["spines", "spine-heads"]
    sign_in(Client(), provider)
    held.refresh_from_db()
    assert held.role == Role.MANAGER
    provider.person["groups"] = []
    sign_in(Client(), provider)
    held.refresh_from_db()
    assert held.role == Role.MANAGER
    joined = AuditEvent.objects.filter(action="member.joined").order_by("pk").values_list("details", flat=True)
    assert [each["after"] for each in joined] == ["viewer", "manager"]


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_opens_no_account_that_is_there(client: Client, provider: Provider, verified: bool) -> None:
    there = User.objects.create_user("olga", email="OLGA@example.org", password=PASSWORD)
    provider.person["email_verified"] = verified
    refused = sign_in(client, provider)
    assert refused.status_code == 409
    assert "Sign in to it as before" in refused.content.decode()
    assert signed_in(client) is None
    assert not SocialAccount.objects.exists()
    assert there.check_password(PASSWORD)


def test_where_it_is_allowed_a_verified_address_does_and_the_password_ends(
    client: Client, provider: Provider, settings: Any
) -> None:
    settings.SPINULA_OIDC["link_by_mail"] = True
    there = User.objects.create_user("olga.l", email="olga@example.org", password=PASSWORD)
    create_token(user=there, name="script")
    provider.person["email_verified"] = False
    assert sign_in(client, provider).status_code == 409
    User.objects.update(is_staff=True)
    provider.person["email_verified"] = True
    assert sign_in(client, provider).status_code == 409, "never an administrator's"
    User.objects.update(is_staff=False)
    sign_in(client, provider)
    assert signed_in(client) == there
    there.refresh_from_db()
    assert not there.has_usable_password()
    assert not ApiToken.objects.exists()
    assert AuditEvent.objects.filter(action="account.joined_by_mail", actor=there).count() == 1


def test_domains_that_the_site_trusts_count_as_verified(client: Client, provider: Provider, settings: Any) -> None:
    settings.SPINULA_OIDC |= {"link_by_mail": True, "verified_domains": ["example.org"]}
    there = User.objects.create_user("olga.l", email="olga@example.org", password=PASSWORD)
    del provider.person["email_verified"]
    sign_in(client, provider)
    assert signed_in(client) == there


def test_joining_an_account_by_its_own_page_and_parting(client: Client, provider: Provider, study: Study) -> None:
    client.force_login(study.viewer)
    join = reverse("accounts:join_oidc")
    asked = client.get(join)
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    sign_in(client, provider, join)
    assert SocialAccount.objects.get(uid="7b1c").user == study.viewer
    page = client.get(reverse("accounts:account")).content.decode()
    assert "This account is joined with Example University" in page
    other = Client()
    sign_in(other, provider)
    assert signed_in(other) == study.viewer
    other.force_login(study.owner)
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    sign_in(other, provider, join)
    assert "another account here already" in other.get(reverse("accounts:account")).content.decode()
    assert SocialAccount.objects.get().user == study.viewer
    client.post(reverse("accounts:part_oidc"))
    assert not SocialAccount.objects.exists()


def test_who_is_switched_off_stays_out(client: Client, provider: Provider) -> None:
    sign_in(client, provider)
    User.objects.filter(username="olga").update(is_active=False)
    again = Client()
    answer = sign_in(again, provider)
    assert answer.headers["Location"] == reverse("account_inactive")
    assert "switched off" in again.get(answer.headers["Location"]).content.decode()
    assert signed_in(again) is None
    assert client.get(reverse("accounts:account")).status_code == 302


def test_a_second_factor_of_this_site_is_asked_all_the_same(client: Client, provider: Provider, study: Study) -> None:
    set_up(client, study.viewer)
    SocialAccount.objects.create(user=study.viewer, provider="oidc", uid="7b1c")
    again = Client()
    assert sign_in(again, provider).headers["Location"] == reverse("mfa_authenticate")
    assert signed_in(again) is None
    assert Authenticator.objects.filter(user=study.viewer, type="totp").exists()


def test_the_account_page_says_what_applies_and_tokens_ask_at_the_provider(client: Client, provider: Provider) -> None:
    sign_in(client, provider)
    page = client.get(reverse("accounts:account")).content.decode()
    assert "Example University signs you in, and your password is changed there" in page
    assert 'name="old"' not in page
    set_own = client.post(reverse("accounts:set_password"), {"old": "x", "new": PASSWORD, "again": PASSWORD})
    assert set_own.status_code == 409
    assert client.post(reverse("accounts:part_oidc")).headers["Location"].startswith(reverse("accounts:confirm_oidc"))
    sent = {"name": "script", "days": "30", "may": "read"}
    asked = client.post(reverse("accounts:make_token"), sent)
    assert asked.headers["Location"].startswith(reverse("accounts:confirm_oidc"))
    there = client.get(asked.headers["Location"]).headers["Location"]
    assert "prompt=login" in there
    provider.person["sub"] = "somebody else"
    client.get(provider.authorize(there))
    assert not ApiToken.objects.exists()
    assert "as somebody else" in client.get(reverse("accounts:account")).content.decode()
    provider.person["sub"] = "7b1c"
    assert client.post(reverse("accounts:make_token"), sent).status_code == 302
    made = sign_in(client, provider, asked.headers["Location"])
    assert "spinula_" in made.content.decode()
    assert ApiToken.objects.get().user == signed_in(client)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200, "it holds for five minutes"


def test_no_reset_link_for_who_has_no_password_here(client: Client, provider: Provider) -> None:
    sign_in(Client(), provider)
    client.force_login(make_user(staff=True))
    answer = client.post(reverse("people:reset_link", args=[User.objects.get(username="olga").pk]))
    assert answer.status_code == 409
    assert "where their password is set anew" in answer.content.decode()


@pytest.mark.parametrize("fault", ["issuer", "audience", "state", "secret", "refused", "code"])
def test_what_is_not_the_providers_word_opens_nothing(
    client: Client, provider: Provider, settings: Any, fault: str
) -> None:
    if fault in ("issuer", "audience"):
        setattr(provider, fault, "https://elsewhere.example")
    if fault == "secret":
        settings.SPINULA_OIDC["secret"] = "guessed"
    back = provider.authorize(client.get(reverse("accounts:oidc")).headers["Location"])
    back = back.replace("state=", "state=x") if fault == "state" else back
    back = back.replace("code=", "code=x") if fault == "code" else back
    back = back.replace("code=", "error=access_denied&x=") if fault == "refused" else back
    answer = client.get(back)
    assert answer.headers["Location"] == reverse("accounts:sign_in")
    said = client.get(reverse("accounts:sign_in")).content.decode()
    assert ("You did not sign in at" if fault == "refused" else "did not work. Begin anew") in said
    assert signed_in(client) is None
    assert not User.objects.filter(username="olga").exists()
    if fault != "refused":
        assert AuditEvent.objects.get(action="account.sign_in_failed").details["through"] == "Example University"


def test_a_provider_that_is_down_or_none_is_said(client: Client, provider: Provider, settings: Any) -> None:
    provider.is_down = True
    answer = client.get(reverse("accounts:oidc"))
    assert answer.status_code == 503
    assert "who has a password here signs in with that" in answer.content.decode()
    settings.SPINULA_OIDC = None
    for name in ("accounts:oidc", "openid_connect_callback"):
        assert client.get(reverse(name) if "acc" in name else "/sign-in/oidc/callback/").status_code == 404
    assert "Example University" not in client.get(reverse("accounts:sign_in")).content.decode()


def test_addresses_and_names_that_are_taken_or_odd(client: Client, provider: Provider) -> None:
    make_user("olga")
    provider.person |= {"email": "", "preferred_username": "Olga "}
    sign_in(client, provider)
    found = signed_in(client)
    assert found is not None
    assert found.username == "Olga2"
    provider.person = {"sub": "77", "preferred_username": "a b<script>"}
    other = Client()
    sign_in(other, provider)
    found = signed_in(other)
    assert found is not None
    assert found.username == "abscript"
