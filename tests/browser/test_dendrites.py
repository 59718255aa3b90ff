"""Dendrites in Chromium: drawn, extended, cut, deleted and undone, by mouse and by keys; measures beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from spines.models import Dendrite, DendriteSource, Image, Spine, User
from tests.browser.drawn import canvas, painted
from tests.browsers import enter
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
    def open_page(user: User) -> Page:
        enter(page, user)
        page.goto(reverse("images:image", args=[image.pk]))
        page.locator("#look[data-state=ready]").wait_for(state="attached")
        return page

    return open_page


def saved(page: Page) -> None:
    page.locator("#look[data-saving=false]").wait_for(state="attached")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    saved(page)


def lines(page: Page) -> Locator:
    return page.locator(".dendrite")


def rows(page: Page) -> Locator:
    return page.locator("#dendrite-table tbody tr")


def on_screen(page: Page, image: Image, x_px: float, y_px: float) -> tuple[float, float]:
    """Where a place of the picture is while all of it is seen."""
    viewer = page.locator("#viewer").bounding_box()
    assert viewer is not None
    scale = viewer["height"] / image.height_px
    left = viewer["x"] + (viewer["width"] - image.width_px * scale) / 2
    return left + x_px * scale, viewer["y"] + y_px * scale


def test_a_dendrite_is_drawn_extended_cut_and_undone_by_mouse(
    open_as: Callable[[User], Page], annotator: User, image: Image
) -> None:
    page = open_as(annotator)
    traced = Dendrite.objects.get()
    spines = traced.density.spines
    middle = on_screen(page, image, image.width_px / 2 + 15, traced.points_px[0][1])
    expect(lines(page)).to_have_count(1)
    page.mouse.click(*on_screen(page, image, *traced.points_px[0]))
    panel = page.get_by_role("complementary", name="Chosen dendrite")
    expect(panel).to_contain_text(f"{traced.length_um:.1f} µm")
    panel.get_by_role("button", name="Cut").click()
    page.mouse.move(*middle)
    page.mouse.click(*middle)
    expect(rows(page)).to_have_count(2)
    saved(page)
    first, second = Dendrite.objects.order_by("number")
    assert first.length_px + second.length_px == pytest.approx(traced.length_px, abs=0.1)
    assert first.density.spines + second.density.spines == spines
    panel.get_by_role("button", name="Delete").click()
    expect(rows(page)).to_have_count(2)
    expect(page.locator("#dendrite-table")).to_contain_text("On none")
    left = Dendrite.objects.get()
    page.locator("#dendrite-table").get_by_role("link", name=str(left.number), exact=True).click()
    page.keyboard.press("e")
    expect(page.locator("#pen-words")).to_contain_text("Click on from the end")
    far_end = max(traced.points_px[0], traced.points_px[-1], key=lambda p: abs(p[0] - left.points_px[0][0]))
    page.mouse.dblclick(*on_screen(page, image, *far_end))
    expect(page.locator("#dendrite-table")).not_to_contain_text("On none")
    saved(page)
    assert Dendrite.objects.get().length_px == pytest.approx(traced.length_px, abs=4)
    page.get_by_role("button", name="Draw a dendrite").click()
    for x_px in (20, 60, 100):
        page.mouse.click(*on_screen(page, image, x_px, 12))
    page.get_by_role("button", name="Done").click()
    expect(rows(page)).to_have_count(2)
    saved(page)
    drawn = Dendrite.objects.get(source=DendriteSource.DRAWN)
    assert drawn.points_px == [pytest.approx([x_px, 12], abs=1) for x_px in (20, 60, 100)]
    expect(panel).to_contain_text("drawn by hand")
    for _ in range(4):
        page.get_by_role("button", name="Undo").click()
        saved(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(lines(page)).to_have_count(1)
    expect(page.locator("#dendrite-history")).to_contain_text("took back: drew dendrite")
    assert Dendrite.objects.get().points_px == traced.points_px
    assert Dendrite.objects.get().density.spines == spines


def test_dendrites_are_edited_by_keys_alone(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    panel = page.locator("#chosen")
    page.keyboard.press("j")
    expect(panel).to_contain_text("Dendrite 1")
    press(page, "c", "ArrowRight", "Enter")
    expect(rows(page)).to_have_count(2)
    page.keyboard.press("Shift+J")
    expect(panel).to_contain_text("Dendrite 2")
    press(page, "Delete")
    expect(lines(page)).to_have_count(1)
    page.keyboard.press("l")
    press(page, "ArrowUp", "Shift+ArrowUp", " ", "Shift+ArrowRight", " ", "Shift+ArrowLeft", " ", "Backspace")
    expect(page.locator("#pen-words")).to_be_visible()
    press(page, "Enter")
    expect(panel).to_contain_text("drawn by hand")
    (start, end) = Dendrite.objects.get(source=DendriteSource.DRAWN).points_px
    assert end[0] > start[0]
    assert end[1] == start[1]
    page.keyboard.press("l")
    page.keyboard.press("Escape")
    expect(page.locator("#pen-words")).to_be_hidden()
    press(page, "u", "u", "u")
    expect(rows(page)).to_have_count(1)
    page.keyboard.press("d")
    expect(page.locator(".dendrites")).to_be_hidden()


def points_shown(page: Page) -> list[list[float]]:
    """Of the line whose points are being set."""
    points = page.locator(".knots .pen-line").first.get_attribute("points") or ""
    return [[float(value) for value in pair.split(",")] for pair in points.split()]


def test_single_points_of_a_dendrite_are_moved_put_in_and_taken_out(
    open_as: Callable[[User], Page], annotator: User, image: Image
) -> None:
    page = open_as(annotator)
    traced = Dendrite.objects.get()
    positions = list(Spine.objects.order_by("number").values_list("position_um", flat=True))
    page.keyboard.press("j")
    panel = page.locator("#chosen")
    panel.get_by_role("button", name="Points").click()
    expect(page.locator("#knot-place")).to_have_text(f"Point 1 of {len(traced.points_px)}")
    middle = (image.width_px / 2 + 15, traced.points_px[0][1])
    page.mouse.click(*on_screen(page, image, *middle))
    page.mouse.move(*on_screen(page, image, *middle))
    page.mouse.down()
    page.mouse.move(*on_screen(page, image, middle[0], middle[1] + 12), steps=4)
    page.mouse.up()
    drawn = points_shown(page)
    assert len(drawn) == len(traced.points_px) + 1
    assert max(y for _, y in drawn) == pytest.approx(middle[1] + 12, abs=1.5)
    expect(page.locator("#dendrite-length")).not_to_contain_text(f"{traced.length_um:.1f} µm")
    assert Dendrite.objects.get().points_px == traced.points_px, "nothing is saved yet"
    for key in ("u", "u"):
        page.keyboard.press(key)
    assert points_shown(page) == traced.points_px
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    assert points_shown(page) == drawn
    press(page, "Enter")
    expect(page.locator(".knots")).to_be_hidden()
    moved = Dendrite.objects.get()
    assert moved.points_px == [pytest.approx(point, abs=0.01) for point in drawn]
    assert moved.length_px > traced.length_px + 1
    assert list(Spine.objects.order_by("number").values_list("position_um", flat=True)) != positions
    for key in ("r", "]", " ", "Shift+ArrowUp", "[", "Delete"):
        page.keyboard.press(key)
    by_keys = points_shown(page)
    assert len(by_keys) == len(drawn)
    press(page, "Enter")
    expect(page.locator(".knots")).to_be_hidden()
    assert Dendrite.objects.get().points_px == [pytest.approx(point, abs=0.01) for point in by_keys]
    changed = Dendrite.objects.get().points_px
    press(page, "u", "u")
    assert Dendrite.objects.get().points_px == traced.points_px
    assert list(Spine.objects.order_by("number").values_list("position_um", flat=True)) == positions
    press(page, "Control+Shift+z", "Control+Shift+z")
    assert Dendrite.objects.get().points_px == changed


def test_a_chosen_spine_says_what_was_measured_and_why_not(
    open_as: Callable[[User], Page], study: Study, image: Image
) -> None:
    spine = Spine.objects.exclude(length_um=None).earliest("number")
    other = Spine.objects.exclude(pk=spine.pk).latest("number")
    Spine.objects.filter(pk=other.pk).update(
        quality="merged",
        length_um=None,
        head_width_um=None,
        neck_width_um=None,
        neck_length_um=None,
        area_um2=None,
        intensity_ratio=None,
        rule_classes={},
    )
    page = open_as(study.viewer)
    panel = page.get_by_role("complementary", name="Chosen spine")
    page.locator("#spine-table").get_by_role("link", name=str(spine.number), exact=True).click()
    expect(panel).to_contain_text(re.compile(rf"Length\s*{spine.length_um:.2f} µm"))
    expect(panel).to_contain_text(f"{spine.area_um2:.2f} µm²")
    expect(panel).to_contain_text("Rule-derived")
    expect(panel).to_contain_text(f"1, {spine.position_um:.1f} µm along it")
    page.keyboard.press("b")
    box = (spine.x_px, spine.y_px, spine.width_px, spine.height_px)
    chosen = painted(page, box)
    page.keyboard.press("Escape")
    assert chosen > painted(page, box) > 0, "the chosen outline is the stronger one"
    page.locator("#spine-table").get_by_role("link", name=str(other.number), exact=True).click()
    expect(panel).to_contain_text("No measures: runs together with a neighbour.")
    expect(page.locator("#measures")).to_be_hidden()
    page.keyboard.press("o")
    expect(canvas(page)).to_have_attribute("data-drawn", "0")
    for name in ("Extend", "Cut", "Delete", "Draw a dendrite"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_a_line_that_cannot_be_saved_stays_where_it_was_drawn(
    open_as: Callable[[User], Page], study: Study, annotator: User, image: Image, page_problems: list[str]
) -> None:
    page = open_as(annotator)
    page.get_by_role("button", name="Draw a dendrite").click()
    for x_px in (20, 60):
        page.mouse.click(*on_screen(page, image, x_px, 12))
    analyse_phantom(study, image)
    page.keyboard.press("Enter")
    expect(page.locator("#review-error")).to_contain_text("has been analysed again since")
    expect(page.locator("#pen-words")).to_be_visible()
    assert not Dendrite.objects.filter(source=DendriteSource.DRAWN).exists()
    page_problems[:] = [problem for problem in page_problems if "409" not in problem]


def test_dendrites_fit_a_phone(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("button", name="Draw a dendrite").click()
    viewer = page.locator("#viewer")
    for x in (120, 200):
        viewer.click(position={"x": x, "y": 60})
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#chosen")).to_contain_text("drawn by hand")
    saved(page)
    assert Dendrite.objects.count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
