"""The image page in Chromium: boxes over the picture, filters, contrast, keys; no complaint of the browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Image, Spine
from tests.browser.drawn import canvas, colour, middle, on_screen, painted
from tests.browsers import enter
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)

SPINES = [
    found("mushroom", box_px=(40, 60, 30, 30), score=0.9),
    found("thin", box_px=(150, 20, 12, 30), score=0.4),
    found("stubby", box_px=(90, 180, 26, 26), score=0.7, uncertain=True),
]
MUSHROOM, THIN = (0, 114, 178), (230, 159, 0)


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    first = upload(study, tmp_path, "a.tif", pixel_size_um=0.1, side_px=256)
    second = upload(study, tmp_path, "b.tif", side_px=256)
    finish(queue_analysis(study, [first, second]), [SPINES, []])
    return first


@pytest.fixture
def open_page(page: Page, study: Study, image: Image) -> Page:
    enter(page, study.viewer)
    page.goto(reverse("images:image", args=[image.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    return page


def test_boxes_lie_where_the_spines_are_at_every_zoom(open_page: Page) -> None:
    page = open_page
    expect(canvas(page)).to_have_attribute("data-drawn", "3")
    mushroom, thin, _ = (each.box_px for each in SPINES)
    viewer = page.locator("#viewer").bounding_box()
    assert viewer is not None
    whole = viewer["height"] / 256  # screen pixels an image pixel: the picture is square, the viewer is wider
    x, y = middle(page, mushroom)
    assert x == pytest.approx(viewer["x"] + viewer["width"] / 2 + (55 - 128) * whole, abs=1)
    assert y == pytest.approx(viewer["y"] + 75 * whole, abs=1)
    assert on_screen(page, thin)[2] == pytest.approx(12 * whole, abs=1)
    for _ in range(2):
        assert colour(page, 40, 75) == pytest.approx(MUSHROOM, abs=30)
        thin_line = colour(page, 156, 50)  # a thin line between two pixels is half as bright on both
        assert max(thin_line) > 90
        assert [each / max(thin_line) for each in thin_line] == pytest.approx([c / max(THIN) for c in THIN], abs=0.1)
        assert painted(page, (45, 65, 20, 20)) == painted(page, (100, 100, 50, 50)) == 0
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_function("was => document.querySelector('.overlay g').getCTM().a > 1.45 * was", arg=whole)
    expect(page.locator("#scale-bar-length")).to_contain_text("µm")


def test_a_class_is_told_by_its_dash_and_letter_too(open_page: Page) -> None:
    x, y, width, _ = SPINES[2].box_px
    along = [sum(colour(open_page, x + width * at / 60, y)) for at in range(12, 60)]
    assert max(along) > 3 * 120, "the dashes of what is uncertain are grey"
    assert min(along) < 3 * 30, "between them is the dark halo alone"
    assert painted(open_page, (40, 54, 5, 4)) > 0, "the letter above the box"


def test_what_is_too_small_for_a_frame_is_a_speck_of_its_class(open_page: Page, study: Study, tmp_path: Path) -> None:
    page = open_page
    image = upload(study, tmp_path, "far.tif", side_px=256)
    finish(queue_analysis(study, [image]), [[found("mushroom", box_px=(127, 127, 2, 2), score=0.9)]])
    page.goto(reverse("images:image", args=[image.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    assert colour(page, 128, 128) == MUSHROOM
    for _ in range(5):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function("() => document.querySelector('.overlay g').getCTM().a > 12")
    assert colour(page, 128, 128) == (0, 0, 0)
    assert colour(page, 127, 128) == MUSHROOM


def test_a_click_chooses_a_spine_and_tells_all_of_it(open_page: Page) -> None:
    page = open_page
    place = middle(page, SPINES[0].box_px)
    page.mouse.move(*place)
    expect(page.get_by_role("tooltip")).to_contain_text("Mushroom 70 %")
    page.mouse.click(*place)
    panel = page.get_by_role("complementary", name="Chosen spine")
    expect(panel).to_contain_text("Spine 1")
    expect(panel).to_contain_text("30.0 × 30.0 px (3.00 × 3.00 µm)")
    expect(panel.get_by_role("row", name="Mushroom")).to_contain_text("70 %")
    expect(page).to_have_url(f"{page.url.split('#')[0]}#spine-{Spine.objects.get(number=1, score=0.9).pk}")


def test_an_address_with_a_spine_opens_on_it(open_page: Page, image: Image) -> None:
    page = open_page
    spine = Spine.objects.get(number=3)
    page.goto("about:blank")
    page.goto(f"{reverse('images:image', args=[image.pk])}#spine-{spine.pk}")
    panel = page.get_by_role("complementary", name="Chosen spine")
    expect(panel).to_contain_text("Spine 3")
    expect(panel).to_contain_text("Most like stubby")


def test_class_and_score_filters_narrow_picture_table_and_download(open_page: Page) -> None:
    page = open_page
    page.get_by_label("Thin").uncheck()
    expect(canvas(page)).to_have_attribute("data-drawn", "2")
    expect(page.get_by_text("2 of 3 spines shown")).to_be_visible()
    page.get_by_label("Least score").fill("0.8")
    expect(canvas(page)).to_have_attribute("data-drawn", "1")
    expect(page.locator("#spine-table tbody tr:visible")).to_have_count(1)
    with page.expect_download() as saving:
        page.get_by_role("link", name="Annotated picture, PNG").click()
    assert saving.value.suggested_filename == "a_spines.png"
    assert "class=mushroom" in saving.value.url
    assert "class=thin" not in saving.value.url
    assert "score=0.8" in saving.value.url


def test_contrast_asks_the_server_for_another_picture(open_page: Page) -> None:
    page = open_page
    with page.expect_response(lambda answer: "picture.png" in answer.url and "invert=on" in answer.url) as drawn:
        page.get_by_label("Invert").check()
    assert drawn.value.status == 200
    with page.expect_response(lambda answer: "gamma=0.5" in answer.url):
        page.get_by_label("Gamma").fill("0.5")


def test_what_is_drawn_can_be_fainter_and_the_scale_bar_makes_room(open_page: Page) -> None:
    page = open_page
    page.get_by_label("Strength of what is drawn").fill("40")
    expect(canvas(page)).to_have_css("opacity", "0.4")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".overlay > svg").last).to_have_css("opacity", "1")
    bar = page.locator("#scale-bar")
    before = bar.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + 5, before["y"] + 5)
    expect(bar).to_have_class("scale-bar is-aside")
    after = bar.bounding_box()
    assert after is not None
    assert after["x"] + after["width"] < before["x"]
    assert page.locator(".navigator").count() == 0, "a small image has no map"


def test_a_large_image_has_a_map_of_itself(open_page: Page, study: Study, tmp_path: Path) -> None:
    page = open_page
    large = upload(study, tmp_path, "large.tif", side_px=2100)
    finish(queue_analysis(study, [large]), [SPINES])
    page.goto(reverse("images:image", args=[large.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    chart = page.locator(".navigator").bounding_box()
    assert chart is not None
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    page.wait_for_function("() => document.querySelector('.overlay g').getScreenCTM().f < -200")
    page.mouse.click(chart["x"] + chart["width"] / 2, chart["y"] + 10)
    page.wait_for_function("() => document.querySelector('.overlay g').getScreenCTM().f > 0")


def test_the_next_image_is_fetched_while_one_is_looked_at(open_page: Page) -> None:
    after = Image.objects.get(original_name="b.tif")
    picture = reverse("images:picture", args=[after.pk])
    with open_page.expect_response(lambda answer: picture in answer.url and "gamma=1" in answer.url) as fetched:
        open_page.reload()
    assert fetched.value.status in (200, 304), "304 where the first load had it already"
    with open_page.expect_response(lambda answer: picture in answer.url) as shown:
        open_page.keyboard.press("n")
    assert shown.value.url == fetched.value.url, "the same picture, which the browser keeps"


def test_all_of_it_goes_by_keyboard(open_page: Page) -> None:
    page = open_page
    panel = page.get_by_role("complementary", name="Chosen spine")
    page.keyboard.press("ArrowRight")
    expect(panel).to_contain_text("Spine 1")
    page.keyboard.press("ArrowLeft")
    expect(panel).to_contain_text("Spine 3")
    page.keyboard.press("Escape")
    expect(panel).to_contain_text("to choose one")
    page.keyboard.press("b")
    assert painted(page, SPINES[0].box_px) == 0
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="b.tif")).to_be_visible()
    expect(page.get_by_text("No spine was found in this image")).to_be_visible()


def test_fits_a_phone(open_page: Page) -> None:
    page = open_page
    page.set_viewport_size({"width": 360, "height": 780})
    page.reload()
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
