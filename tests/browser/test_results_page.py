"""The charts of the results page in Chromium, under the content security policy."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browsers import enter
from tests.factories import Study, make_measured_study

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study() -> Study:
    """Three animals of two cells in each of two conditions, 600 spines of all classes in turn, measured."""
    return make_measured_study()


def sign_in(page: Page, study: Study) -> None:
    enter(page, study.viewer)


def chart(page: Page, name: str, state: str = "drawn") -> Locator:
    """A chart that has been drawn; it is when it comes near the window."""
    page.locator(f".plot[data-name={name}]").scroll_into_view_if_needed()
    drawn = page.locator(f".plot[data-name={name}][data-state={state}]")
    drawn.wait_for(state="attached")
    return drawn


@pytest.fixture
def open_page(page: Page, study: Study) -> Page:
    sign_in(page, study)
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    chart(page, "class-shares")
    return page


def test_draws_a_bar_a_condition_and_class_and_a_point_an_animal_and_only_letters_on_a_phone(open_page: Page) -> None:
    shares = open_page.locator(".plot[data-name=class-shares]")
    expect(shares.locator(".barlayer .point path")).to_have_count(10)
    expect(shares.locator(".scatterlayer .point")).to_have_count(30)
    expect(shares.locator(".annotation").nth(0)).to_contain_text("Mushroom")
    open_page.set_viewport_size({"width": 360, "height": 800})
    expect(shares.locator(".annotation")).to_have_text(["M", "T", "S", "F", "?"])


def test_a_chart_is_saved_as_png_and_as_svg(open_page: Page) -> None:
    shares = chart(open_page, "class-shares")
    for kind in ("PNG", "SVG"):
        with open_page.expect_download() as saving:
            shares.locator(f'.modebar-btn[data-title="Download as {kind}"]').click()
        assert saving.value.suggested_filename == f"class-shares.{kind.lower()}"
        begins = saving.value.path().read_bytes()[:5]
        assert begins in (b"\x89PNG\r", b"<svg ")


def test_charts_follow_the_theme(open_page: Page) -> None:
    paper = open_page.locator(".plot[data-name=class-shares] .main-svg").first
    light = paper.evaluate("svg => svg.style.background")
    open_page.get_by_text("Account:").locator("..").click()
    open_page.get_by_role("button", name="Dark").click()
    open_page.wait_for_function("light => document.querySelector('.main-svg').style.background !== light", arg=light)


def test_filters_keep_the_charts_and_fit_a_phone(open_page: Page) -> None:
    open_page.set_viewport_size({"width": 360, "height": 780})
    open_page.get_by_text("Condition: all").click()
    open_page.get_by_label("control", exact=True).check()
    open_page.get_by_role("button", name="Apply").click()
    expect(open_page).to_have_url(f"{open_page.url.split('?')[0]}?condition=control&measure=head_width_um")
    expect(chart(open_page, "class-shares").locator(".barlayer .point path")).to_have_count(5)
    for name in ("density", "superplot", "positions", "agreement"):
        chart(open_page, name)
    assert open_page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_table_of_tests_and_the_result_in_words_follow(open_page: Page) -> None:
    table = open_page.get_by_role("region", name="Tests between conditions")
    expect(table.get_by_role("row")).to_have_count(1 + 14)
    expect(table.get_by_role("row", name="Density per µm")).to_contain_text("3 / 6 / 12 / 240")
    expect(open_page.locator("#reading")).to_contain_text("1.500 per µm in treated (mean of 3 animals)")


def test_another_measure_is_drawn_in_place_and_stays_in_the_address(open_page: Page) -> None:
    superplot = chart(open_page, "superplot")
    expect(superplot.locator(".ytitle")).to_have_text("head width, µm")
    expect(superplot.locator(".scatterlayer .point")).to_have_count(600 + 6 + 2)
    expect(open_page.get_by_role("region", name="Measures by animal").get_by_role("row")).to_have_count(1 + 6)
    open_page.get_by_role("combobox", name="Measure").select_option("length_um")
    expect(superplot.locator(".ytitle")).to_have_text("length, µm")
    assert "measure=length_um" in open_page.url
    with open_page.expect_download() as saving:
        open_page.locator("#superplot [data-numbers]").click()
    assert saving.value.path().read_text("utf-8-sig").splitlines()[0].endswith(",length_um")
    open_page.reload()
    expect(chart(open_page, "superplot").locator(".ytitle")).to_have_text("length, µm")


def test_without_a_pixel_size_the_charts_say_why_and_where_to_set_it(page: Page) -> None:
    study = make_measured_study({"control": (1.0,)}, pixel_size_um=None)
    sign_in(page, study)
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    expect(chart(page, "density", "empty")).to_contain_text("There is no density to draw")
    expect(page.get_by_text("There is one condition, control, and nothing to compare it with")).to_be_visible()
    where = reverse("experiments:images", args=[study.experiment.pk]) + "?show=no_pixel_size"
    expect(page.get_by_role("link", name="Set the pixel size")).to_have_attribute("href", where)
