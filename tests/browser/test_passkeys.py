"""A passkey in Chromium's virtual authenticator: added, used to sign in without a password, told of, removed."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from spines.models import AuditEvent
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def virtual_authenticator(page: Page) -> None:
    """A device that is there, has keys of its own and says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_signs_in_without_a_password(page: Page, live_server: LiveServer) -> None:
    assert "localhost" in live_server.url, "passkeys are of a name, never of a number"
    user = make_user("camillo")
    virtual_authenticator(page)
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill("camillo")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("You are in no lab yet")).to_be_visible()
    page.goto(reverse("mfa_add_webauthn"))
    if "confirm" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(re.compile("^((?!/add/).)*$"))
    row = Authenticator.objects.get(user=user, type="webauthn")
    assert AuditEvent.objects.filter(
        action="second_factor.row_added", actor=user, details__after__type="webauthn"
    ).exists()
    page.goto(reverse("home:home"))
    page.locator("summary", has_text="Account:").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(reverse("accounts:sign_in"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("You are in no lab yet")).to_be_visible()
    row.refresh_from_db()
    assert row.last_used_at is not None
