"""Correcting a result in Chromium: by keys, by mouse, by touch; undone, reloaded, and told when it failed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from spines.models import Image, Spine, User
from spines.selectors.results.rows import current_result
from spines.services.review import answers
from tests.browser.drawn import canvas, colour
from tests.browser.reviewing import SPINES, classes, found_image, open_image, panel, press, ready, saved
from tests.factories import (
    Study,
    finish,
    queue_analysis,
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


def test_a_result_is_reviewed_by_keys_alone(open_as: Callable[[User], Page], annotator: User, image: Image) -> None:
    page = open_as(annotator)
    expect(page.locator("#review-progress")).to_have_text("0 of 3 reviewed")
    press(page, "ArrowRight", "s")
    expect(panel(page)).to_contain_text("Reviewed; the network says mushroom")
    expect(panel(page).get_by_role("button", name="Stubby")).to_have_attribute("aria-pressed", "true")
    press(page, "ArrowRight", "Delete")
    expect(panel(page)).to_contain_text("Spine 3")
    expect(canvas(page)).to_have_attribute("data-drawn", "2")
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
    corners = [(x + width, y) for x, y, width, _ in (each.box_px for each in SPINES)]
    assert [colour(page, *corner) == (255, 255, 255) for corner in corners] == [True, True, False], (
        "dots on the reviewed"
    )
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
    overlay = page.locator(".overlay")
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
    expect(canvas(page)).to_have_attribute("data-drawn", "2")
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
