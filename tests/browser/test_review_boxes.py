"""Boxes set and spines added on the image page in Chromium, by mouse, by keys, by touch and by a double click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from spines.models import Image, Spine, SpineSource, User
from tests.browser.drawn import canvas
from tests.browser.reviewing import classes, found_image, open_image, panel, press, saved
from tests.factories import (
    Study,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    """The first of two images, with three spines."""
    return found_image(study, tmp_path)


@pytest.fixture
def open_as(page: Page, image: Image) -> Callable[[User], Page]:
    """Sign in and open it."""
    return lambda user: open_image(page, image, user)


def places_of(page: Page) -> Callable[[float, float], tuple[float, float]]:
    """Where a place of the picture, 256 px high, is on the screen while all of it is seen."""
    viewer = page.locator("#viewer").bounding_box()
    assert viewer is not None
    scale = viewer["height"] / 256
    left, top = viewer["x"] + viewer["width"] / 2 - 128 * scale, viewer["y"]
    return lambda x_px, y_px: (left + x_px * scale, top + y_px * scale)


def test_a_box_is_set_by_mouse_and_by_keys(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    first = Spine.objects.earliest("number")
    x_px, y_px, width_px, height_px = first.x_px, first.y_px, first.width_px, first.height_px

    def now() -> list[float]:
        first.refresh_from_db()
        return [first.x_px, first.y_px, first.width_px, first.height_px]

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(panel(page)).to_contain_text("arrows move it, with Shift they size it")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Escape")
    assert now() == [x_px, y_px, width_px, height_px]
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Enter")
    saved(page)
    assert now()[0] > x_px
    assert now()[3] > height_px
    assert (first.box_by_hand, first.reviewed_class) == (True, "")
    expect(panel(page).get_by_role("list")).to_contain_text("set its box")
    keyed = now()
    expect(page.locator(".grip")).not_to_have_attribute("d", "")
    place = places_of(page)
    page.mouse.move(*place(keyed[0] + keyed[2], keyed[1] + keyed[3]))
    page.mouse.down()
    page.mouse.move(*place(keyed[0] + keyed[2] + 10, keyed[1] + keyed[3] + 15), steps=5)
    page.mouse.up()
    saved(page)
    assert now() == pytest.approx([*keyed[:2], keyed[2] + 10, keyed[3] + 15], abs=1)
    press(page, "u", "u")
    assert now() == [x_px, y_px, width_px, height_px]
    assert not first.box_by_hand


def test_a_spine_is_added_by_mouse_and_by_keys(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    on_screen = places_of(page)
    page.keyboard.press("a")
    expect(panel(page)).to_contain_text("Drag a box over the spine")
    page.mouse.move(*on_screen(200, 100))
    page.mouse.down()
    page.mouse.move(*on_screen(212, 118), steps=4)
    page.mouse.move(*on_screen(220, 130), steps=4)
    page.mouse.up()
    expect(panel(page)).to_contain_text("Choose the class of the new spine")
    panel(page).get_by_role("button", name="Filopodia").click()
    saved(page)
    added = Spine.objects.get(source=SpineSource.ADDED)
    assert (added.final_class, added.number, added.score) == ("filopodia", 4, None)
    assert [added.x_px, added.y_px, added.width_px, added.height_px] == pytest.approx([200, 100, 20, 30], abs=2)
    expect(panel(page)).to_contain_text("Added by hand")
    expect(page.locator("#spine-table")).to_contain_text("added")
    page.keyboard.press("a")
    page.mouse.click(*on_screen(30, 200))
    press(page, "t")
    clicked = Spine.objects.get(number=5)
    assert [clicked.width_px, clicked.height_px] == pytest.approx([26, 30], abs=0.1), "the medians"
    assert clicked.x_px + clicked.width_px / 2 == pytest.approx(30, abs=1)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    press(page, "ArrowRight", "ArrowDown", "m")
    middle = Spine.objects.get(number=6)
    assert middle.x_px + middle.width_px / 2 > 128
    expect(panel(page).get_by_role("list")).to_contain_text("added it as mushroom")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    press(page, "u", "u", "u")
    assert not Spine.objects.filter(source=SpineSource.ADDED).exists()
    expect(canvas(page)).to_have_attribute("data-drawn", "3")


def test_reviewing_fits_a_phone(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("button", name="Add a spine").click()
    page.locator("#viewer").click(position={"x": 200, "y": 200})
    panel(page).get_by_role("button", name="Thin").click()
    saved(page)
    assert classes(image)[-1] == "thin"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_double_click_adds_one_spine(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    panel(page).get_by_role("button", name="Thin").dblclick()
    saved(page)
    expect(panel(page)).to_contain_text("Added by hand")
    assert Spine.objects.filter(source=SpineSource.ADDED).count() == 1
