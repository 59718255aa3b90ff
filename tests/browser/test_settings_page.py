"""Tokens on the account page and the API's documentation, in Chromium, under the content security policy."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import ApiToken
from spines.services.accounts.tokens import user_of_token
from tests.factories import PASSWORD, Study

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, name: str) -> None:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_token_is_made_copied_and_revoked(page: Page, study: Study) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, study.owner.username)
    page.goto(reverse("accounts:account"))
    page.get_by_label("What it is for").fill("upload from the confocal’s computer")
    page.get_by_label("Works for").select_option("a year")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert user_of_token(copied) == study.owner
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    revoke = page.get_by_role("button", name="Revoke upload from the confocal’s computer")
    revoke.scroll_into_view_if_needed()
    expect(revoke).to_be_in_viewport(ratio=1)
    revoke.click()
    expect(page.get_by_text("The token upload from the confocal’s computer is revoked")).to_be_visible()
    assert not ApiToken.objects.exists()


def test_the_documentation_leads_from_an_operation_to_its_objects_and_fits_a_phone(page: Page, study: Study) -> None:
    page.set_viewport_size({"width": 360, "height": 780})
    sign_in(page, study.viewer.username)
    page.goto(reverse("accounts:account"))
    page.get_by_role("link", name="What the API can do").click()
    contents = page.get_by_role("navigation", name="Contents")
    contents.get_by_role("link", name="Upload an image").click()
    expect(page.get_by_role("heading", name="Upload an image")).to_be_in_viewport()
    page.get_by_role("region", name="Fields: Results").get_by_role("link", name="Total").click()
    expect(page.get_by_role("heading", name="Total")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
