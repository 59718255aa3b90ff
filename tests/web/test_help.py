"""Help: for everybody who is signed in, complete, whole in its links, and reached from every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image as Picture

from spines.export.dictionary import TABLES
from spines.measure.rules import RULE_PRESETS
from tests.everything import make_everything, signed_in
from tests.factories import Study, make_user
from tests.pages import DOCUMENTATION, names, pages
from webapp.help.tasks import BY_PAGE, PICTURE_SIZE, PICTURES, TASKS, HelpTask

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


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.slug)
def test_each_task_has_steps_and_a_picture_in_both_themes(client: Client, task: HelpTask) -> None:
    client.force_login(make_user())
    answer = client.get(reverse("help:task", args=[task.slug]))
    text = answer.content.decode().partition("<main")[2]
    steps = text[text.index('class="help-steps"') :]
    assert 3 <= steps[: steps.index("</ol>")].count("<li>") <= 7
    for end in ("", "-dark") if task.seen else ():
        path = PICTURES / f"{task.slug}{end}.webp"
        assert f"help/{path.name}" in text
        with Picture.open(path) as picture:
            assert picture.size == PICTURE_SIZE
    for link in re.findall(r'href="(/help/[^"#]*)', text):
        assert client.get(link).status_code == 200


def test_an_unknown_task_is_no_page(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/help/nothing/").status_code == 404


def test_pictures_stay_small() -> None:
    files = list(PICTURES.glob("*.webp"))
    assert {path.stem.removesuffix("-dark") for path in files} == {task.slug for task in TASKS if task.seen}
    assert sum(path.stat().st_size for path in files) < 2_000_000


def test_every_page_leads_to_the_help_of_its_task(client: Client, study: Study, tmp_path: Path) -> None:
    given, _ = make_everything(study, tmp_path)
    outside = pages(client, given)
    signed_in(client, study.owner)
    inside = {name: address for name, address in pages(client, given).items() if name not in outside}
    without = [
        name
        for name, address in inside.items()
        if name.startswith(("help:", "mfa_", "account_")) is (name in BY_PAGE)
        or (name in BY_PAGE and f'href="/help/{BY_PAGE[name].slug}/"' not in client.get(address).content.decode())
    ]
    assert without == []
    assert set(BY_PAGE) <= {DOCUMENTATION, *(name for name, _ in names())}
