"""The charts of the results page in Chromium, under the content security policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Cell, Condition, Image, Subject
from tests.factories import PASSWORD, Study, finish, found, make_study, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = make_study()
    images = [upload(made, tmp_path, name) for name in ("a.tif", "b.tif")]
    for image, animal, name in zip(images, ("A1", "A2"), ("control", "treated"), strict=True):
        condition = Condition.objects.create(experiment=made.experiment, name=name, position=len(name))
        subject = Subject.objects.create(experiment=made.experiment, name=animal, condition=condition)
        Image.objects.filter(pk=image.pk).update(cell=Cell.objects.create(subject=subject))
    finish(queue_analysis(made, images), [[found("mushroom"), found("thin")], [found("thin")]])
    return made


@pytest.fixture
def open_page(page: Page, study: Study) -> Page:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(study.viewer.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    for name in ("class-shares", "spines-per-image"):
        page.locator(f".plot[data-name={name}][data-state=drawn]").wait_for(state="attached")
    return page


def test_draws_a_bar_a_condition_and_class_and_a_point_an_animal(open_page: Page) -> None:
    shares = open_page.locator(".plot[data-name=class-shares]")
    expect(shares.locator(".barlayer .point path")).to_have_count(10)
    expect(shares.locator(".scatterlayer .point")).to_have_count(10)
    expect(shares.locator(".annotation").nth(0)).to_contain_text("Mushroom")


def test_a_phone_has_room_for_the_letters_of_the_classes(open_page: Page) -> None:
    open_page.set_viewport_size({"width": 360, "height": 800})
    notes = open_page.locator(".plot[data-name=class-shares] .annotation")
    expect(notes).to_have_text(["M", "T", "S", "F", "?"])


def test_a_chart_is_saved_as_png_and_as_svg(open_page: Page) -> None:
    shares = open_page.locator(".plot[data-name=class-shares]")
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
    open_page.get_by_label("control").check()
    open_page.get_by_role("button", name="Apply").click()
    expect(open_page).to_have_url(f"{open_page.url.split('?')[0]}?condition=control&score=")
    shares = open_page.locator(".plot[data-name=class-shares][data-state=drawn]")
    shares.wait_for(state="attached")
    expect(shares.locator(".barlayer .point path")).to_have_count(5)
    assert open_page.evaluate("document.documentElement.scrollWidth") <= 360
