"""Reviewing and settings without a mouse: every place is reached by Tab, seen when it is, and used by keys."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.measure.rules import RULE_PRESETS
from spines.models import ClassSet, Spine
from spines.services.review import applying
from tests.browser.reviewing import SPINES, found_image
from tests.factories import PASSWORD, Study
from tests.learning import make_taught
from tests.work import done

pytestmark = pytest.mark.django_db(transaction=True)

MOST_STOPS = 120
FOCUSED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const seen = at.getBoundingClientRect();
  const name = at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || at.title || "";
  return {
    name: name.replace(/\\s+/g, " ").trim(),
    isSeen: seen.width > 0 && (style.outlineStyle !== "none" || style.boxShadow !== "none"),
    place: at.outerHTML.slice(0, 120),
  };
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name is focused; each stop must be seen to be focused."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        page.wait_for_load_state()
        at = page.evaluate(FOCUSED)
        if at["place"].startswith("<body"):
            continue
        assert at["isSeen"], f"not seen to be focused: {at['place']}"
        if re.search(name, at["name"]):
            return
    pytest.fail(f"Tab does not reach {name}.")


def sign_in(page: Page, study: Study, address: str) -> None:
    page.goto(address)
    for name, text in (("^Name", study.owner.username), ("^Password", PASSWORD)):
        if not re.search(name, page.evaluate(FOCUSED)["name"]):
            tab_to(page, name)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: urlsplit(url).path == address)


def test_queue_and_gallery(page: Page, study: Study, tmp_path: Path) -> None:
    found_image(study, tmp_path)
    sign_in(page, study, reverse("experiments:images", args=[study.experiment.pk]))
    tab_to(page, "^Skip to the content")
    page.keyboard.press("Enter")
    tab_to(page, "^Review$")
    page.keyboard.press("Enter")
    page.locator("#stage[data-state=drawn]").wait_for()
    tab_to(page, "^Go through")
    page.keyboard.press("End")
    page.wait_for_url("**order=all**")
    page.locator("#stage[data-state=drawn]").wait_for()
    for key in ("m", "t"):
        page.keyboard.press(key)
        page.locator("#queue[data-saving=false]").wait_for(state="attached")
        page.locator("#stage[data-state=drawn]").wait_for()
    tab_to(page, "Stubby")
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
    page.locator("#queue[data-saving=false]").wait_for(state="attached")
    assert not Spine.objects.filter(reviewed_class="").exists()
    page.goto(reverse("results:spines", args=[study.experiment.pk]))
    tab_to(page, "^Gallery$")
    page.keyboard.press("Enter")
    expect(page.locator(".tile-crop")).to_have_count(len(SPINES))
    tab_to(page, "^Spines of this experiment by class")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#gallery-chosen")).to_have_text("2 spines chosen")
    page.keyboard.press("f")
    page.locator("#gallery[data-saving=false]").wait_for(state="attached")
    assert Spine.objects.filter(reviewed_class="filopodia").count() == 2
    page.keyboard.press("u")
    page.locator("#gallery[data-saving=false]").wait_for(state="attached")
    expect(page.locator("#gallery-said")).to_contain_text("as before")
    assert not Spine.objects.filter(reviewed_class="filopodia").exists()


def test_classes_from_examples(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Learnt, applied as long work, which is cancelled once, and undone."""
    study = make_taught()
    sign_in(page, study, reverse("examples:examples", args=[study.experiment.pk]))
    tab_to(page, "^Learn from 72 examples")
    page.keyboard.press("Enter")
    page.wait_for_url("**/work/**")
    done(urlsplit(page.url).path)
    page.wait_for_url("**/examples/")
    with monkeypatch.context() as long:
        long.setattr(applying, "SECONDS_A_SPINE", 1.0)
        tab_to(page, "^Apply version 1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/work/**")
        tab_to(page, "^Cancel")
        page.keyboard.press("Enter")
        expect(page.locator("#messages")).to_contain_text("Cancelled. Nothing came of it.")
        assert not Spine.objects.exclude(proposed_class="").exists()
        tab_to(page, "^Back to where it was asked for")
        page.keyboard.press("Enter")
        page.wait_for_url("**/examples/")
        tab_to(page, "^Apply version 1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/work/**")
        assert done(urlsplit(page.url).path).result["spines"] == 72
        page.wait_for_url("**/examples/")
    tab_to(page, "^Undo: let")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Undone: 72 spines")


def test_settings_of_a_lab(page: Page, study: Study) -> None:
    sign_in(page, study, reverse("labs:settings", args=[study.lab.pk]))
    tab_to(page, "^Name of a new set")
    page.keyboard.type("Ours")
    tab_to(page, "^Its own classes")
    page.keyboard.type("branched | Branched | B | r")
    tab_to(page, "^Make the set")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Ours")
    assert ClassSet.objects.get().name == "Ours"
    before = study.lab.rule_preset
    tab_to(page, "^" + re.escape(RULE_PRESETS[before].name))
    page.keyboard.press("ArrowDown")
    tab_to(page, "^Use these rules")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_be_visible()
    study.lab.refresh_from_db()
    assert study.lab.rule_preset != before
