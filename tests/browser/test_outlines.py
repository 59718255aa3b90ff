"""Outlines set on the image page in Chromium: by brush, by points, by keys; overlapping ones are measured apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from spines.measure.polygons import polygon_area
from spines.models import Dendrite, Image, Spine, User
from tests.browser.reviewing import open_image, panel, press, saved
from tests.factories import Study
from tests.phantom_images import analyse_phantom, upload_phantom

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload_phantom(study, tmp_path)
    analyse_phantom(study, made)
    return made


@pytest.fixture
def open_as(page: Page, image: Image) -> Callable[[User], Page]:
    return lambda user: open_image(page, image, user)


def on_screen(page: Page, x_px: float, y_px: float) -> tuple[float, float]:
    """Where a place of the picture is on the screen now."""
    found = page.evaluate(
        """([x, y]) => {
          const matrix = document.querySelector(".contour, .pen").parentNode.getScreenCTM();
          const point = new DOMPoint(x, y).matrixTransform(matrix);
          return [point.x, point.y];
        }""",
        [x_px, y_px],
    )
    return found[0], found[1]


def drag(page: Page, *places_px: tuple[float, float]) -> None:
    """Press at the first place and let go at the last."""
    page.mouse.move(*on_screen(page, *places_px[0]))
    page.mouse.down()
    for place in places_px[1:]:
        page.mouse.move(*on_screen(page, *place), steps=4)
    page.mouse.up()


def area_shown(page: Page) -> float:
    """Of the outline that is being set, in px²."""
    points = page.locator(".contour .pen-line").first.get_attribute("points") or ""
    return polygon_area(np.array([pair.split(",") for pair in points.split()], float))


def choose(page: Page, spine: Spine) -> None:
    page.mouse.click(*on_screen(page, spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2))
    expect(panel(page)).to_contain_text(f"Spine {spine.number}")
    page.wait_for_timeout(300)


def some(at: int) -> Spine:
    return Spine.objects.filter(length_um__isnull=False).order_by("number")[at]


def test_an_outline_is_painted_erased_saved_and_undone(open_as: Callable[[User], Page], annotator: User) -> None:
    page = open_as(annotator)
    spine = some(2)
    was = spine.area_um2
    assert was is not None
    choose(page, spine)
    page.keyboard.press("k")
    expect(page.locator("#contour-words")).to_contain_text("Paint what belongs to the spine")
    whole = area_shown(page)
    shown = page.locator("[data-measure=area_um2] + dd, [data-measure=area_um2] + td").first
    told = shown.inner_text()
    x, y = spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2
    drag(page, (x, y), (x + spine.width_px / 2, y))
    expect(page.locator(".stroke")).to_have_count(0)
    assert area_shown(page) > 1.02 * whole
    expect(shown).not_to_have_text(told)
    assert some(2).area_um2 == was, "nothing is saved yet"
    page.get_by_role("button", name="Erase").click()
    painted = area_shown(page)
    page.mouse.click(*on_screen(page, x + spine.width_px / 2, y))
    expect(page.locator(".stroke")).to_have_count(0)
    assert area_shown(page) < painted
    press(page, "Enter")
    expect(page.locator(".contour")).to_be_hidden()
    now = some(2)
    assert now.outline_by_hand is not None
    assert now.area_um2 != was
    expect(panel(page).get_by_role("list")).to_contain_text("set its outline")
    expect(panel(page).get_by_role("button", name="Find its outline again")).to_be_visible()
    press(page, "u")
    assert (some(2).outline_by_hand, some(2).area_um2) == (None, was)


def test_an_outline_is_set_by_points_and_by_keys_alone(open_as: Callable[[User], Page], annotator: User) -> None:
    page = open_as(annotator)
    page.keyboard.press("ArrowRight")
    number = int(re.findall(r"Spine (\d+)", panel(page).inner_text())[0])
    page.keyboard.press("k")
    page.keyboard.press("v")
    n = len((page.locator(".contour .pen-line").first.get_attribute("points") or "").split())
    whole = area_shown(page)
    for key in ("]", " ", "Shift+ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    assert len((page.locator(".contour .pen-line").first.get_attribute("points") or "").split()) == n + 1
    assert area_shown(page) != whole
    page.keyboard.press("Delete")
    assert area_shown(page) == pytest.approx(whole, rel=1e-3)
    page.keyboard.press("Shift+ArrowUp")
    changed = area_shown(page)
    press(page, "Enter")
    expect(page.locator(".contour")).to_be_hidden()
    spine = Spine.objects.get(number=number)
    assert polygon_area(np.array(spine.outline_by_hand)) == pytest.approx(changed, rel=1e-2)
    page.keyboard.press("k")
    page.keyboard.press("]")
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    expect(page.locator(".stroke")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".contour")).to_be_hidden()
    assert Spine.objects.get(number=number).outline_by_hand == spine.outline_by_hand


def test_overlapping_outlines_are_measured_apart(open_as: Callable[[User], Page], annotator: User) -> None:
    """Both are painted over the place between them."""
    page = open_as(annotator)
    first, second = some(2), some(3)
    between = ((first.x_px + second.x_px + second.width_px) / 2, (first.y_px + second.y_px + second.height_px) / 2)
    areas = {}
    for spine in (first, second):
        choose(page, spine)
        page.keyboard.press("k")
        middle = (spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2)
        drag(page, middle, between)
        expect(page.locator(".stroke")).to_have_count(0)
        areas[spine.pk] = area_shown(page)
        press(page, "Enter")
        expect(page.locator(".contour")).to_be_hidden()
    for spine in (first, second):
        spine.refresh_from_db()
        assert spine.quality == "trusted"
        assert spine.area_um2 == pytest.approx(areas[spine.pk] / 100, rel=0.01)


def test_a_spine_is_split_joined_and_seated(open_as: Callable[[User], Page], annotator: User) -> None:
    """By mouse and by keys; four undos and four redos bring the same rows back."""
    page = open_as(annotator)
    spine, n = some(2), Spine.objects.count()
    choose(page, spine)
    middle = spine.y_px + spine.height_px / 2
    page.keyboard.press("w")
    expect(page.locator("#pen-words")).to_contain_text("right across the spine")
    page.mouse.click(*on_screen(page, spine.x_px - 6, middle))
    page.mouse.click(*on_screen(page, spine.x_px + spine.width_px + 6, middle))
    press(page, "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    assert Spine.objects.count() == n + 1
    part = Spine.objects.latest("number")
    assert part.final_class == "uncertain"
    expect(panel(page).get_by_role("list")).to_contain_text("split a spine in two")
    page.keyboard.press("i")
    page.mouse.click(*on_screen(page, part.x_px + part.width_px / 2, part.y_px + part.height_px / 2))
    expect(page.locator("#pen-bar")).to_be_hidden()
    saved(page)
    assert Spine.objects.filter(rejected=True).count() == 1
    page.keyboard.press("y")
    page.keyboard.press(" ")
    press(page, "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    assert Spine.objects.exclude(base_px=None).count() == 1
    press(page, "m")
    columns = ("pk", "number", "box_by_hand", "outline_by_hand", "base_px", "final_class", "rejected", "area_um2")
    after = list(Spine.objects.order_by("number").values_list(*columns))
    press(page, "u", "u", "u", "u")
    assert Spine.objects.count() == n
    assert not Spine.objects.exclude(outline_by_hand=None).exists()
    for _ in range(4):
        press(page, "Control+Shift+z")
    assert list(Spine.objects.order_by("number").values_list(*columns)) == after


def test_a_line_follows_the_ridge_from_click_to_click(open_as: Callable[[User], Page], annotator: User) -> None:
    page = open_as(annotator)
    row = Dendrite.objects.get()
    (x0, y0), (x1, y1) = sorted((row.points_px[0], row.points_px[-1]))
    page.keyboard.press("l")
    page.get_by_role("button", name="Follow the ridge").click()
    page.mouse.click(*on_screen(page, x0 + 10, y0 + 6))
    page.mouse.click(*on_screen(page, x1 - 10, y1 + 6))
    expect(page.locator("#pen-bar")).to_be_visible()
    press(page, "Enter")
    expect(page.locator("#pen-bar")).to_be_hidden()
    drawn = Dendrite.objects.latest("number")
    assert len(drawn.points_px) > 2
    inner = np.interp(np.linspace(x0 + 40, x1 - 40, 20), *np.array(sorted(drawn.points_px)).T)
    assert np.abs(inner - y0).max() < 4, "on the dendrite, not on the straight line 6 px beside it"
    page.keyboard.press("h")
    page.mouse.click(*on_screen(page, (x0 + x1) / 2, y0 - 1))
    expect(page.locator("#pen-bar")).to_be_hidden()
    saved(page)
    assert Dendrite.objects.count() == 1
    press(page, "u", "u")
    assert Dendrite.objects.get().points_px == row.points_px
