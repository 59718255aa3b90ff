"""The help page: for everybody who is signed in, complete, and whole in its links."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from spines.export.dictionary import TABLES
from spines.measure.rules import RULE_PRESETS
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> str:
    client.force_login(make_user())
    answer = client.get(reverse("help:help"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_needs_a_sign_in_and_no_lab(client: Client, page: str) -> None:
    client.logout()
    assert client.get(reverse("help:help")).headers["Location"].startswith(reverse("accounts:sign_in"))


def test_the_frame_leads_to_it(client: Client, page: str) -> None:
    home = client.get(reverse("home:home")).content.decode()
    assert f'<a href="{reverse("help:help")}">Help</a>' in home
    assert f'<a href="{reverse("help:help")}" aria-current="page">Help</a>' in page


def test_rules_keys_and_columns_are_those_of_the_program(page: str) -> None:
    for preset in RULE_PRESETS.values():
        assert preset.name in page
        assert all(rule.replace("'", "&#x27;") in page for rule in preset.rules)
    assert all(f"<code>{column.name}</code>" in page for table in TABLES for column in table.columns)
    assert "<kbd>Space</kbd>" in page
    assert reverse("api:documentation") in page


def test_every_link_within_the_page_has_a_place_to_go(page: str) -> None:
    places = re.findall(r'\bid="([^"]+)"', page)
    assert len(places) == len(set(places))
    wanted = set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r'aria-labelledby="([^"]+)"', page))
    assert wanted <= set(places)
    assert {"measures", "density", "projection", "resolution", "classes", "rules", "statistics", "downloads"} <= set(
        places
    )


def test_every_drawing_has_a_name_and_no_style_of_its_own(page: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page.partition("<main")[2], flags=re.DOTALL)
    named = [drawing for drawing in drawings if 'role="img"' in drawing]
    assert len(named) == 5
    assert all("<title" in drawing for drawing in named)
    assert all('aria-hidden="true"' in drawing for drawing in drawings if drawing not in named)
    assert "style=" not in page
