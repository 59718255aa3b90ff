"""A scientist reviews images, sees what a threshold costs, sets one, and the counts follow."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Image
from spines.selectors.results.rows import current_result, standing_spines
from tests.browsers import enter
from tests.factories import Study
from tests.thresholds import analysed, reviewed
from tests.workers import Worker

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SPINULA_TEST_SHOTS")
"""A folder for pictures of the page, for people to look at."""


@pytest.fixture
def images(study: Study, tmp_path: Path) -> list[Image]:
    """Five reviewed already, one to review, and one that nobody looks at."""
    known = [reviewed(study, tmp_path) for _ in range(4)]
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    return [*known, *(analysed(study, tmp_path, spines=scores, candidates=[0.3, 0.2]) for _ in range(2))]


def sign_in(page: Page, study: Study) -> None:
    enter(page, study.owner)


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_review_look_set_and_count(page: Page, study: Study, images: list[Image], analysis_worker: Worker) -> None:
    *_, to_review, unseen = images
    address = reverse("thresholds:threshold", args=[study.experiment.pk])
    sign_in(page, study)
    page.goto(address)
    expect(page.locator(".threshold-curve .note")).to_contain_text("So far 4 images with 52 spines are reviewed.")

    page.goto(reverse("images:image", args=[to_review.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    page.get_by_role("button", name="Mark image as reviewed").click()
    page.locator("#look[data-saving=false]").wait_for(state="attached")

    page.goto(reverse("experiments:images", args=[study.experiment.pk]))
    page.get_by_role("link", name="Threshold").click()
    page.locator(".plot[data-state=drawn]").wait_for(state="attached")
    expect(page.locator("#in-reviewed")).to_contain_text("Precision 93 % (92 to 97), recall 93 %")
    page.locator("#image").select_option(str(unseen.pk))
    page.wait_for_url(re.compile(f"image={unseen.pk}"))
    page.locator(".plot[data-state=drawn]").wait_for(state="attached")
    expect(page.locator("#in-picture")).to_have_text("6 spines")
    expect(page.locator("#in-experiment")).to_have_text("64 spines in the experiment.")
    shot(page, "own")

    slide = page.get_by_label("Threshold, slider")
    slide.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#threshold")).to_have_value("0.55")
    expect(page.locator("#in-picture")).to_have_text("4 spines")
    expect(page.locator("#marks > g:not(.is-out)")).to_have_count(4)
    # The reviewed images stay as they are: only the two spines below 0.55 of the other one would go.
    expect(page.locator("#in-experiment")).to_have_text("62 spines in the experiment.")
    page.locator("#threshold").fill("0.25")
    expect(page.locator("#in-picture")).to_have_text("7 spines")
    page.locator("#threshold").fill("0.55")
    shot(page, "moved")
    page.get_by_role("button", name="Use 0.55 in this experiment").click()
    expect(page.locator("#threshold-state")).to_contain_text("All results follow it")
    expect(page.locator("#threshold-state .answer")).to_contain_text("from a detection score of 0.55 on")
    assert [spine.score for spine in standing_spines(current_result(unseen))] == [0.9, 0.8, 0.7, 0.6]
    shot(page, "set")

    page.get_by_role("link", name="See the results").click()
    expect(page.locator("main")).to_contain_text("62 spines")


def test_it_works_on_a_phone_and_in_the_dark(page: Page, study: Study, images: list[Image]) -> None:
    reviewed_too = images[0]
    sign_in(page, study)
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.goto(reverse("thresholds:threshold", args=[study.experiment.pk]) + f"?image={reviewed_too.pk}")
    expect(page.locator("#in-picture")).to_have_text("12 right, 1 no spine, 1 missed")
    page.locator("#threshold").fill("0.30")
    expect(page.locator("#in-picture")).to_have_text("13 right, 1 no spine, 0 missed")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "phone-dark")
