"""Correcting a result in Chromium: by keys, by mouse, by touch; undone, reloaded, and told when it failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from spines.models import Image, Spine, SpineSource, User
from spines.selectors.results.counts import current_result, standing_spines
from spines.services.review import answers
from tests.factories import (
    PASSWORD,
    Study,
    finish,
    found,
    queue_analysis,
    upload,
)

pytestmark = pytest.mark.django_db(transaction=True)

SPINES = [
    found("mushroom", box_px=(40, 60, 30, 30), score=0.9),
    found("thin", box_px=(150, 20, 12, 30), score=0.4),
    found("stubby", box_px=(90, 180, 26, 26), score=0.7, uncertain=True),
]


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    first, second = (upload(study, tmp_path, name, side_px=256) for name in ("a.tif", "b.tif"))
    finish(queue_analysis(study, [first, second]), [SPINES, []])
    return first


@pytest.fixture
def open_as(page: Page, image: Image) -> Callable[[User], Page]:
    def open_page(user: User) -> Page:
        page.goto(reverse("accounts:sign_in"))
        page.get_by_label("Name").fill(user.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(reverse("images:image", args=[image.pk]))
        ready(page)
        return page

    return open_page


def ready(page: Page) -> None:
    page.locator("#look[data-state=ready]").wait_for(state="attached")


def saved(page: Page) -> None:
    page.locator("#look[data-saving=false]").wait_for(state="attached")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
    saved(page)


def classes(image: Image) -> list[str]:
    return [s.final_class for s in standing_spines(current_result(image))]


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Chosen spine")


def test_a_result_is_reviewed_by_keys_alone(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    expect(page.locator("#review-progress")).to_have_text("0 of 3 reviewed")
    press(page, "ArrowRight", "s")
    expect(panel(page)).to_contain_text("Reviewed; the network says mushroom")
    expect(panel(page).get_by_role("button", name="Stubby")).to_have_attribute("aria-pressed", "true")
    press(page, "ArrowRight", "Delete")
    expect(panel(page)).to_contain_text("Spine 3")
    expect(page.locator(".roi:not([hidden])")).to_have_count(2)
    page.keyboard.press(" ")
    expect(page.locator("#review-error")).to_contain_text("no class to accept")
    expect(panel(page)).to_contain_text("Spine 3")
    press(page, ",")
    expect(panel(page)).to_contain_text("Somebody looked and could not say")
    assert classes(image) == ["stubby", "uncertain"]
    press(page, "s")
    expect(page.locator("#review-progress")).to_have_text("2 of 2 reviewed, 1 rejected")
    assert classes(image) == ["stubby", "stubby"]
    press(page, "u", "u")
    assert classes(image) == ["stubby", "uncertain"]
    press(page, "u")
    expect(panel(page)).to_contain_text("Spine 2")
    press(page, "f", "m")
    assert classes(image) == ["stubby", "mushroom", "uncertain"]
    page.reload()
    ready(page)
    expect(page.locator("#review-progress")).to_have_text("2 of 3 reviewed")
    expect(page.locator(".roi-seen")).to_have_count(2)
    press(page, "u", "u", "u")
    assert classes(image) == ["mushroom", "thin", "uncertain"]
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    press(page, "Escape", "ArrowRight", "t", "n")
    expect(page.get_by_role("heading", name="b.tif")).to_be_visible()
    assert classes(image)[0] == "thin"


def test_settings_stay_at_the_next_image_and_a_held_key_shows_the_picture_alone(
    open_as: Callable[[User], Page], annotator: User
) -> None:
    page = open_as(annotator)
    page.get_by_label("Stubby").uncheck()
    page.get_by_label("Outlines").uncheck()
    page.get_by_label("Gamma").fill("0.6")
    page.keyboard.press("Escape")
    page.locator("#viewer").focus()
    overlay = page.locator("svg.overlay")
    expect(overlay).to_be_visible()
    page.keyboard.down(".")
    expect(overlay).to_have_css("visibility", "hidden")
    page.keyboard.up(".")
    expect(overlay).to_have_css("visibility", "visible")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="b.tif")).to_be_visible()
    expect(page.locator("#look")).to_have_attribute("data-state", "ready")
    expect(page.get_by_label("Stubby")).not_to_be_checked()
    expect(page.get_by_label("Thin")).to_be_checked()
    expect(page.get_by_label("Outlines")).not_to_be_checked()
    expect(page.get_by_label("Gamma")).to_have_value("0.6")
    page.get_by_role("button", name="Reset").click()
    page.reload()
    expect(page.locator("#look")).to_have_attribute("data-state", "ready")
    expect(page.get_by_label("Gamma")).to_have_value("1")
    expect(page.get_by_label("Outlines")).not_to_be_checked()


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
    expect(page.locator(".roi")).to_have_count(3)


def test_a_change_that_is_not_saved_is_told_and_put_back(
    open_as: Callable[[User], Page], study: Study, annotator: User, image: Image, page_problems: list[str]
) -> None:
    page = open_as(annotator)
    page.keyboard.press("ArrowRight")
    held: list[Route] = []
    page.route("**/relabel/", lambda route: held.append(route))
    page.keyboard.press("t")
    expect(panel(page).get_by_role("button", name="Thin")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    finish(queue_analysis(study, [image]), [SPINES])
    held[0].continue_()
    expect(page.locator("#review-error")).to_contain_text("has been analysed again since")
    expect(page.locator("#review-progress")).to_have_text("0 of 3 reviewed")
    expect(panel(page)).to_contain_text("Spine 1")
    expect(panel(page).get_by_role("button", name="Thin")).to_have_attribute("aria-pressed", "false")
    saved(page)
    assert not Spine.objects.exclude(reviewed_class="").exists(), "what waited behind it was not sent"
    with page.expect_request("**/relabel/"):
        page.keyboard.press("s")
    page.keyboard.press("n")
    expect(panel(page).get_by_role("button", name="Stubby")).to_have_attribute("aria-pressed", "true")
    held[1].abort()
    expect(page.locator("#review-error")).to_contain_text("The server cannot be reached")
    expect(page.get_by_role("heading", name="a.tif")).to_be_visible()
    saved(page)
    page_problems[:] = [p for p in page_problems if not re.search("409|ERR_FAILED", p)]


def test_an_image_is_marked_and_rejected_boxes_come_back(
    open_as: Callable[[User], Page], annotator: User, image: Image
) -> None:
    page = open_as(annotator)
    page.get_by_role("button", name="Mark image as reviewed").click()
    expect(page.locator("#review-marked")).to_contain_text(f"{annotator.username} marked this image as reviewed")
    saved(page)
    result = current_result(image)
    assert result is not None
    assert result.reviewed_by == annotator
    press(page, "ArrowRight", "Delete")
    page.reload()
    ready(page)
    expect(page.locator(".roi:not([hidden])")).to_have_count(2)
    page.get_by_label("Rejected").check()
    page.locator("#spine-table").get_by_role("link", name="1", exact=True).click()
    expect(panel(page)).to_contain_text("Rejected as no spine")
    expect(panel(page).get_by_role("button", name="Mushroom")).to_be_disabled()
    panel(page).get_by_role("button", name="Restore").click()
    expect(panel(page).get_by_role("list")).to_contain_text(f"{annotator.username} restored it")
    saved(page)
    assert classes(image)[0] == "mushroom"
    page.get_by_role("button", name="Not reviewed after all").click()
    expect(page.locator("#review-marked")).to_be_hidden()


def test_viewers_see_the_review_and_no_control(open_as: Callable[[User], Page], study: Study, image: Image) -> None:
    page = open_as(study.viewer)
    expect(page.locator("#review-progress")).to_have_text("0 of 3 reviewed")
    press(page, "ArrowRight", "t", "Delete", " ")
    for name in ("Undo", "Add a spine", "Mark image as reviewed", "Accept", "Reject"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    assert classes(image) == ["mushroom", "thin", "uncertain"]


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


def test_who_comes_too_late_is_told_and_sees_what_stands_there_now(
    open_as: Callable[[User], Page], study: Study, annotator: User, image: Image, page_problems: list[str]
) -> None:
    page = open_as(annotator)
    first, second, third = Spine.objects.order_by("number")
    answers.relabel(user=study.owner, spine_id=first.pk, spine_class="filopodia")
    answers.reject(user=study.owner, spine_id=third.pk)
    press(page, "ArrowRight", "t")
    expect(page.locator("#review-error")).to_contain_text(f"{study.owner} changed the network's class to filopodia")
    expect(panel(page).get_by_role("button", name="Filopodia")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#review-progress")).to_have_text("1 of 2 reviewed, 1 rejected")
    assert classes(image) == ["filopodia", "thin"]
    press(page, "s")
    expect(page.locator("#review-error")).to_be_hidden()
    assert classes(image) == ["stubby", "thin"]
    answers.relabel(user=study.owner, spine_id=second.pk, spine_class="mushroom")
    press(page, "f")
    expect(page.locator(f"#spine-{second.pk}")).to_contain_text("Mushroom")
    assert classes(image) == ["filopodia", "mushroom"]
    page_problems[:] = [p for p in page_problems if "409" not in p]
