"""axe finds nothing of WCAG 2.2 A and AA on any page, in its states, light and dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from spines.models import Membership, Role
from spines.services.review.from_examples import learn
from tests.browser.reviewing import SPINES, found_image, ready
from tests.everything import make_everything, signed_in
from tests.factories import PASSWORD, Study, make_study
from tests.learning import make_taught
from tests.pages import pages
from webapp.help.tasks import TASKS
from webapp.serve.programs import PROJECT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

AXE = Path(os.environ.get("AXE_CORE", PROJECT / "node_modules/axe-core/axe.min.js"))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SHOTS = os.environ.get("SPINULA_TEST_SHOTS")
"""A folder for pictures of the pages at 1,280 and 390 px, for people to look at."""


def faults(page: Page, name: str) -> Iterator[str]:
    """What axe says of the page that is open, in both themes, and whether a telephone must scroll it sideways."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        answer: dict[str, Any] = page.evaluate(
            "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })", TAGS
        )
        for violation in answer["violations"]:
            places = [f"{' '.join(map(str, node['target']))} ({node['failureSummary']})" for node in violation["nodes"]]
            yield f"{name} {page.url} {scheme}: {violation['id']} at {places[:4]}"
    page.set_viewport_size({"width": 390, "height": 844})
    # Charts are drawn anew for the width some time after it changed.
    for _ in range(20):
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) <= 0:
            break
        page.wait_for_timeout(250)
    if wide > 0:
        yield f"{name} {page.url}: {wide} px wider than a telephone"
    if SHOTS:
        keep(page, name)
    page.set_viewport_size({"width": 1280, "height": 800})


def keep(page: Page, name: str) -> None:
    """Pictures of a page in both themes and widths."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(250)
            page.screenshot(path=f"{SHOTS}/{name.replace(':', '_')}_{scheme}_{width}.png", full_page=True)


def opened(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")


@pytest.fixture
def watched(page: Page, monkeypatch: pytest.MonkeyPatch) -> Page:
    """A page that axe can look at, of a site with every way to sign in."""
    for way in ("SPINULA_OIDC", "SPINULA_LDAP"):
        monkeypatch.setattr(settings, way, {"name": "Example University"})
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make setup` brings it")
    page.add_init_script(AXE.read_text())
    return page


def sign_in(page: Page, study: Study) -> None:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


@pytest.mark.timeout(1500)
def test_axe_finds_nothing_on_any_page(watched: Page, study: Study, tmp_path: Path, live_server: LiveServer) -> None:
    given, studies = make_everything(study, tmp_path)
    page, client = watched, Client()
    said: list[str] = []
    outside = pages(client, given)
    for name, address in outside.items():
        opened(page, address)
        said += faults(page, name)
    inside = pages(signed_in(client, study.owner), given)
    assert len(inside) > 50
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    addresses = [(name, address) for name, address in inside.items() if name not in outside]
    addresses += [(f"rate{n}", reverse("reader_studies:rate", args=[each.pk])) for n, each in enumerate(studies)]
    addresses += [(f"study{n}", reverse("reader_studies:study", args=[each.pk])) for n, each in enumerate(studies)]
    addresses += [(f"help-{task.slug}", reverse("help:task", args=[task.slug])) for task in TASKS]
    for name, address in addresses:
        opened(page, address)
        said += faults(page, name)
    assert not said, "\n".join(said)


def open_all(page: Page) -> None:
    """Everything that unfolds within the page; a menu that is open lies over other links."""
    page.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")


@pytest.mark.timeout(900)
def test_axe_finds_nothing_in_the_states_of_pages(
    watched: Page, study: Study, tmp_path: Path, page_problems: list[str]
) -> None:
    """What keys and clicks bring up: tools, dialogs, menus, selections, notes of failure."""
    image, page = found_image(study, tmp_path), watched
    taught = make_taught(make_study())
    Membership.objects.create(lab=taught.lab, user=study.owner, role=Role.MANAGER)
    learn(user=taught.owner, experiment_id=taught.experiment.pk)
    experiment, said = [study.experiment.pk], list[str]()
    sign_in(page, study)
    page.evaluate("document.querySelectorAll('header details').forEach((each) => { each.open = true; })")
    said += faults(page, "state-menus")
    opened(page, reverse("images:image", args=[image.pk]))
    ready(page)
    for name, keys in {
        "chosen": ("ArrowRight",),
        "outline": ("k",),
        "points": ("v",),
        "split": ("Escape", "w"),
        "box": ("Escape", "Enter"),
        "add": ("Escape", "a"),
        "draw": ("Escape", "l"),
        "rejected": ("Escape", "ArrowRight", "Delete"),
        "keys": ("?",),
    }.items():
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_timeout(300)
        said += faults(page, f"state-image-{name}")
    gallery = reverse("results:spines", args=experiment) + "?as=gallery"
    opened(page, gallery)
    page.locator(".tile-crop").first.click()
    page.keyboard.press("Control+a")
    open_all(page)
    said += faults(page, "state-gallery-chosen")
    page.keyboard.press("t")
    page.locator("#gallery[data-saving=false]").wait_for(state="attached")
    said += faults(page, "state-gallery-said")
    for order in ("uncertain", "random", "all"):
        opened(page, reverse("review:queue", args=experiment) + f"?order={order}")
        said += faults(page, f"state-queue-{order}")
    for _ in SPINES:
        page.keyboard.press("t")
        page.locator("#queue[data-saving=false]").wait_for(state="attached")
        page.wait_for_timeout(300)
    said += faults(page, "state-queue-end")
    opened(page, reverse("experiments:images", args=experiment))
    page.get_by_role("checkbox").nth(1).check()
    open_all(page)
    said += faults(page, "state-images-ticked")
    for name in ("results:experiment", "results:spines", "designs:design", "labs:settings"):
        opened(page, reverse(name, args=[study.lab.pk] if name.startswith("labs") else experiment))
        open_all(page)
        said += faults(page, f"state-open-{name}")
    opened(page, reverse("examples:examples", args=[taught.experiment.pk]))
    said += faults(page, "state-examples")
    page.get_by_role("button", name="Apply version 1").click()
    page.get_by_text("counts now").wait_for()
    said += faults(page, "state-examples-applied")
    opened(page, reverse("results:experiment", args=[taught.experiment.pk]))
    said += faults(page, "state-results-examples")
    opened(page, "/nowhere/")
    said += faults(page, "state-not-found")
    page_problems[:] = [each for each in page_problems if "404" not in each]
    assert not said, "\n".join(said)
