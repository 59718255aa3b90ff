"""From the first start to a lab with a member, in Chromium: links, accounts, second factor, roles, removal, trail."""

from __future__ import annotations

import io
import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from spines.models import Membership, User
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def make_account(page: Page, link: str, name: str, full_name: str) -> None:
    """Fill in what a one-time link asks."""
    page.goto(link)
    page.get_by_label("Name to sign in with").fill(name)
    page.get_by_label("Your name").fill(full_name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()


def test_first_start_administrator_lab_member_factor_role_removal(
    page: Page, browser: Browser, live_server: LiveServer
) -> None:
    printed = io.StringIO()
    call_command("first_administrator", "--address", live_server.url, stdout=printed)
    found = re.search(r"http\S+", printed.getvalue())
    assert found is not None
    make_account(page, found[0], "santiago", "Santiago Ramón y Cajal")
    expect(page.get_by_role("heading", name="People and labs")).to_be_visible()
    page.get_by_label("Name of a new lab").fill("Laboratorio")
    page.get_by_role("button", name="Make the lab").click()
    page.get_by_label("For (optional)").fill("Pío")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator("#link").inner_text()

    context = browser.new_context(base_url=live_server.url)
    other = context.new_page()
    make_account(other, link, "pio", "Pío del Río Hortega")
    expect(other.get_by_role("heading", name="Laboratorio")).to_be_visible()
    other.goto(reverse("mfa_activate_totp"))
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Confirm").click()
    secret = other.get_by_label("Authenticator secret").input_value()
    other.get_by_label("Code").fill(str(format_hotp_value(hotp_value(secret, int(time.time()) // 30))))
    other.get_by_role("button", name="Activate").click()
    expect(other).not_to_have_url(re.compile("activate"))
    other.goto(reverse("accounts:account"))
    expect(other.get_by_text("a code of your authenticator app")).to_be_visible()
    other.locator("summary", has_text="Account:").click()
    other.get_by_role("button", name="Sign out", exact=True).click()
    other.get_by_label("Name").fill("pio")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()
    other.get_by_label("Code").fill(str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + 1))))
    other.get_by_role("button", name="Sign In").click()
    expect(other.get_by_role("heading", name="Laboratorio")).to_be_visible()

    page.goto(reverse("people:members", args=[Membership.objects.get(user__username="pio").lab_id]))
    page.get_by_label("Role of pio", exact=True).select_option("Manager")
    page.get_by_role("button", name="Set the role of pio").click()
    expect(page.get_by_text("pio is manager of Laboratorio now")).to_be_visible()
    page.get_by_role("link", name="Who did what").click()
    row = page.get_by_role("row").filter(has_text="member: role set")
    expect(row).to_contain_text("annotator → manager")
    expect(row).to_contain_text("santiago")
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.goto(reverse("people:members", args=[Membership.objects.get(user__username="pio").lab_id]))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Remove pio").click()
    expect(page.get_by_text("pio is no member any more")).to_be_visible()
    other.goto("/")
    expect(other.get_by_text("You are in no lab yet")).to_be_visible()
    context.close()
    assert User.objects.get(username="pio").is_active
