"""The gallery in Chromium: chosen by mouse and keys, named many at once, taken back as one, put in another order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from spines.models import Image, Likeness, Spine
from spines.statistics.likeness import reduced
from tests.browsers import enter
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = np.random.default_rng(2).gamma(0.5, 1.0, (18, 512)).astype(np.float32)
LOOKS[11] = LOOKS[2] + 0.01
FOUND = [
    replace(
        found(("mushroom", "thin")[n % 2], box_px=(20 + 24 * (n % 9), 20 + 60 * (n // 9), 14, 16), score=0.5 + n / 50),
        likeness=look,
    )
    for n, look in enumerate(reduced(LOOKS))
]
"""All look different but the twelfth, which looks like the third."""


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path, "a.tif", side_px=256)
    finish(queue_analysis(study, [made]), [FOUND])
    return made


def saved(page: Page) -> None:
    page.locator("#gallery[data-saving=false]").wait_for(state="attached")


def open_gallery(page: Page, study: Study, n: int = 18) -> Locator:
    """Signed in, with its n tiles."""
    enter(page, study.owner)
    page.goto(reverse("results:spines", args=[study.experiment.pk]) + "?as=gallery")
    tiles = page.locator(".tile-crop")
    expect(tiles).to_have_count(n)
    return tiles


def test_spines_stand_by_likeness_to_the_chosen_one(page: Page, study: Study, image: Image) -> None:
    tiles = open_gallery(page, study)
    order = page.get_by_label("Order")
    order.select_option("near")
    expect(page.get_by_text("Choose a spine first")).to_be_visible()
    expect(order).to_have_value("unsure")
    page.locator("[aria-label^='Spine 3 of']").click()
    order.select_option("near")
    expect(page.locator(".gallery-heading").first).to_have_text("Nearest to spine 3 of a.tif · 18 Choose all")
    expect(tiles.nth(0)).to_have_attribute("aria-label", re.compile("Spine 3 of"))
    expect(tiles.nth(1)).to_have_attribute("aria-label", re.compile("Spine 12 of"))
    Likeness.objects.filter(spine__number=12).delete()
    page.get_by_role("button", name="Sort anew").click()
    expect(page.locator("#gallery-said")).to_have_text("1 spine left out: they cannot be compared yet.")
    expect(tiles).to_have_count(17)
    order.select_option("twins")
    expect(page.locator("#gallery-said")).to_contain_text("No two boxes are near in place and alike.")


def test_many_are_chosen_named_and_taken_back(page: Page, study: Study, image: Image) -> None:
    tiles = open_gallery(page, study)
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
    page.get_by_label("Order").select_option("image")
    expect(tiles).to_have_count(15)


WHOLE_ROWS = """() => [...document.querySelectorAll(".gallery-piece")].slice(0, -1)
    .map((piece) => piece.childElementCount % getComputedStyle(piece).gridTemplateColumns.split(" ").length)"""


def test_rows_are_whole_and_the_page_fits_at_every_width(page: Page, study: Study, tmp_path: Path) -> None:
    made = upload(study, tmp_path, "a.tif", side_px=512)
    boxes = [(20 + 24 * (n % 18), 20 + 60 * (n // 18), 14, 16) for n in range(70)]
    finish(queue_analysis(study, [made]), [[found("mushroom", box_px=box) for box in boxes]])
    tiles = open_gallery(page, study, 70)
    for width in (1280, 390, 820):
        page.set_viewport_size({"width": width, "height": 2400})
        expect(tiles).to_have_count(70)
        rest = page.evaluate(WHOLE_ROWS)
        assert rest
        assert not any(rest)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_label("Large").check()
    expect(tiles).to_have_count(70)
    assert not any(page.evaluate(WHOLE_ROWS))
