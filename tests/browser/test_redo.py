"""Twenty changes of all kinds on the image page, all taken back and all made again by keys: the same stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from spines.models import AnalysisImage, Dendrite, Image, Spine, User
from tests.browser.drawn import middle
from tests.browser.reviewing import open_image, press, saved
from tests.factories import Study
from tests.phantom_images import analyse_phantom, upload_phantom

pytestmark = pytest.mark.django_db(transaction=True)

STANDS = (
    *("pk", "number", "x_px", "y_px", "width_px", "height_px", "box_by_hand", "outline_by_hand", "base_px"),
    *(
        "reviewed_class",
        "final_class",
        "rejected",
        "quality",
        "length_um",
        "area_um2",
        "dendrite__number",
        "position_um",
    ),
)


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload_phantom(study, tmp_path)
    analyse_phantom(study, made)
    return made


@pytest.fixture
def open_as(page: Page, image: Image) -> Callable[[User], Page]:
    return lambda user: open_image(page, image, user)


def stands(image: Image) -> tuple[list[Any], list[Any], Any]:
    """All that corrections change, measures too."""
    spines = list(Spine.objects.order_by("number").values_list(*STANDS))
    lines = list(Dendrite.objects.order_by("number").values_list("pk", "number", "points_px", "length_px", "radius_px"))
    marks = AnalysisImage.objects.values_list("reviewed_by", "dendrites_edited_by").get(image=image, is_current=True)
    return spines, lines, marks


def undone(page: Page) -> Locator:
    return page.get_by_role("button", name="Undo")


def choose(page: Page, number: int) -> Spine:
    """By the table; keys are the picture's then."""
    page.locator("#spine-table").get_by_role("link", name=str(number), exact=True).click()
    expect(page.locator("#chosen-number")).to_have_text(f"Spine {number}")
    page.locator("#viewer").focus()
    return Spine.objects.get(number=number)


def click_on(page: Page, spine: Spine) -> None:
    page.mouse.click(*middle(page, (spine.x_px, spine.y_px, spine.width_px, spine.height_px)))


def change(page: Page) -> None:
    """More than twenty changes: classes, boxes, outlines, parts, seats, dendrites, the mark."""
    for number, key in ((1, "m"), (1, "t"), (2, "s"), (3, "f"), (4, ",")):
        choose(page, number)
        press(page, key)
    choose(page, 5)
    press(page, "Delete")
    press(page, "a", "Enter", "ArrowUp", "Shift+ArrowRight", "t")
    press(page, "s")
    for number, arrow in ((1, "ArrowLeft"), (2, "Shift+ArrowDown")):
        choose(page, number)
        press(page, "Enter", arrow, "Enter")
    choose(page, 3)
    press(page, "k", "v", "]", "Shift+ArrowUp", "Enter")
    expect(page.locator(".contour")).to_be_hidden()
    split = choose(page, 6)
    page.keyboard.press("w")
    page.wait_for_timeout(400)
    x, y = middle(page, (split.x_px, split.y_px, split.width_px, split.height_px))
    page.mouse.click(x - 60, y)
    page.mouse.click(x + 60, y)
    press(page, "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    part = Spine.objects.latest("number")
    page.keyboard.press("i")
    click_on(page, part)
    expect(page.locator("#pen-bar")).to_be_hidden()
    saved(page)
    choose(page, 4)
    press(page, "y", " ", "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    press(page, "j", "r", " ", "Shift+ArrowUp", "Enter")
    expect(page.locator(".knots")).to_be_hidden()
    press(page, "r", "]", "Delete", "Enter")
    expect(page.locator(".knots")).to_be_hidden()
    press(page, "c", "ArrowRight", "Enter")
    expect(page.locator("#dendrite-table tbody tr")).to_have_count(2)
    choose(page, 4)
    page.keyboard.press("g")
    press(page, "Shift+ArrowRight", "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    press(page, "j", "h", "Shift+ArrowRight", "Enter")
    expect(page.locator("#dendrite-table tbody tr")).to_have_count(1)
    press(page, "l", " ", "Shift+ArrowUp", " ", "Shift+ArrowRight", " ", "Enter")
    expect(page.locator("#dendrite-table tbody tr")).to_have_count(2)
    choose(page, 7)
    press(page, " ")
    page.get_by_role("button", name="Mark image as reviewed").click()
    saved(page)
    expect(page.locator("#review-error")).to_be_hidden()


def test_twenty_changes_of_all_kinds_go_back_and_forth_by_keys(
    open_as: Callable[[User], Page], annotator: User, image: Image
) -> None:
    page = open_as(annotator)
    before = stands(image)
    change(page)
    after = stands(image)
    assert after != before
    back = 0
    while undone(page).is_enabled():
        press(page, "Control+z")
        back += 1
    assert back >= 20
    assert stands(image) == before
    for _ in range(back):
        press(page, "Control+Shift+z")
    assert stands(image) == after
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    expect(page.locator("#review-error")).to_be_hidden()
