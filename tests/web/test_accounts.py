"""Signing in and out."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, make_study, make_user

pytestmark = pytest.mark.django_db


def test_signs_in_and_goes_to_the_page_that_was_asked_for(client: Client) -> None:
    make_user("ramon")
    wanted = reverse("analyses:index")
    asked = client.get(wanted)
    assert asked.headers["Location"].startswith(reverse("accounts:sign_in"))
    answer = client.post(asked.headers["Location"], {"username": "ramon", "password": PASSWORD, "next": wanted})
    assert answer.headers["Location"] == wanted


def test_a_wrong_password_does_not_say_which_of_the_two_was_wrong(client: Client) -> None:
    make_user("ramon")
    address = reverse("accounts:sign_in")
    wrong_password = client.post(address, {"username": "ramon", "password": "x"})
    wrong_name = client.post(address, {"username": "nobody", "password": "x"})
    sentence = "This name and password do not go together."
    assert sentence in wrong_password.content.decode()
    assert sentence in wrong_name.content.decode()


def test_locks_after_repeated_failures_and_says_so(client: Client) -> None:
    make_user("ramon")
    address = reverse("accounts:sign_in")
    for _ in range(6):
        answer = client.post(address, {"username": "ramon", "password": "guess"})
    assert answer.status_code == 429
    assert "locked" in answer.content.decode()
    right = client.post(address, {"username": "ramon", "password": PASSWORD})
    assert right.status_code == 429


def test_does_not_send_people_to_another_site(client: Client) -> None:
    make_user("ramon")
    given = {"username": "ramon", "password": PASSWORD, "next": "https://elsewhere.example/"}
    answer = client.post(reverse("accounts:sign_in"), given)
    assert answer.headers["Location"] == reverse("home:home")


def test_signing_out_takes_a_post_and_ends_the_session(client: Client) -> None:
    client.force_login(make_study().owner)
    assert client.get(reverse("accounts:sign_out")).status_code == 405
    client.post(reverse("accounts:sign_out"))
    assert client.get(reverse("home:home")).status_code == 302


def test_pages_carry_no_inline_script_or_style(client: Client) -> None:
    client.force_login(make_study().owner)
    for address in (reverse("home:home"), reverse("analyses:index")):
        answer = client.get(address)
        page = answer.content.decode()
        assert "style=" not in page
        assert "<script>" not in page
        assert "onclick" not in page
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
