"""The gallery in Chromium: chosen by mouse and keys, named many at once, taken back as one, put in another order."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Image, Spine
from tests.factories import PASSWORD, Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)

FOUND = [
    found(("mushroom", "thin")[n % 2], box_px=(20 + 24 * (n % 9), 20 + 60 * (n // 9), 14, 16), score=0.5 + n / 50)
    for n in range(18)
]


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path, "a.tif", side_px=256)
    finish(queue_analysis(study, [made]), [FOUND])
    return made


def saved(page: Page) -> None:
    page.locator("#gallery[data-saving=false]").wait_for(state="attached")


def test_many_are_chosen_named_and_taken_back(page: Page, study: Study, image: Image) -> None:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(reverse("results:spines", args=[study.experiment.pk]) + "?as=gallery")
    tiles = page.locator(".tile-crop")
    expect(tiles).to_have_count(18)
    expect(page.locator(".gallery-heading").first).to_contain_text("Mushroom · 9")
    chosen = page.locator("#gallery-chosen")
    tiles.nth(0).click()
    tiles.nth(3).click(modifiers=["Shift"])
    expect(chosen).to_have_text("4 spines chosen")
    tiles.nth(1).click(modifiers=["Control"])
    expect(chosen).to_have_text("3 spines chosen")
    page.keyboard.press("s")
    saved(page)
    assert Spine.objects.filter(reviewed_class="stubby").count() == 3
    expect(tiles.nth(0)).to_have_attribute("aria-label", "Spine 1 of a.tif: Stubby, reviewed")
    page.keyboard.press("Control+z")
    saved(page)
    assert not Spine.objects.exclude(reviewed_class="").exists()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(chosen).to_have_text("3 spines chosen")
    page.keyboard.press("Delete")
    saved(page)
    assert Spine.objects.filter(rejected=True).count() == 3
    page.get_by_role("button", name="Sort anew").click()
    expect(tiles).to_have_count(15)
    first, last = tiles.nth(0).bounding_box(), tiles.nth(1).bounding_box()
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] - 3, first["y"] - 3)
    page.mouse.down()
    page.mouse.move(last["x"] + 20, last["y"] + 20, steps=4)
    page.mouse.up()
    expect(chosen).to_have_text("2 spines chosen")
    page.keyboard.press("Escape")
    expect(chosen).to_have_text("None chosen")
    page.keyboard.press("Control+a")
    page.keyboard.press(" ")
    saved(page)
    assert Spine.objects.exclude(reviewed_class="").count() == 15
    page.get_by_label("In each class").select_option("image")
    expect(tiles).to_have_count(15)
