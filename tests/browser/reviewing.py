"""An image to review in Chromium, and what tests do on its page."""

from __future__ import annotations

from pathlib import Path

from django.urls import reverse
from playwright.sync_api import Locator, Page

from spines.models import Image, User
from spines.selectors.results.rows import current_result, standing_spines
from tests.browsers import enter
from tests.factories import (
    Study,
    finish,
    found,
    queue_analysis,
    upload,
)

SPINES = [
    found("mushroom", box_px=(40, 60, 30, 30), score=0.9),
    found("thin", box_px=(150, 20, 12, 30), score=0.4),
    found("stubby", box_px=(90, 180, 26, 26), score=0.7, uncertain=True),
]


def found_image(study: Study, tmp_path: Path) -> Image:
    """The first of two images, with three spines."""
    first, second = (upload(study, tmp_path, name, side_px=256) for name in ("a.tif", "b.tif"))
    finish(queue_analysis(study, [first, second]), [SPINES, []])
    return first


def open_image(page: Page, image: Image, user: User) -> Page:
    """Sign in and open it."""
    enter(page, user)
    page.goto(reverse("images:image", args=[image.pk]))
    ready(page)
    return page


def ready(page: Page) -> None:
    """Wait until the viewer is there."""
    page.locator("#look[data-state=ready]").wait_for(state="attached")


def saved(page: Page) -> None:
    """Wait until the server has all edits."""
    page.locator("#look[data-saving=false]").wait_for(state="attached")


def press(page: Page, *keys: str) -> None:
    """Press keys and wait until all is saved."""
    for key in keys:
        page.keyboard.press(key)
    saved(page)


def classes(image: Image) -> list[str]:
    """The classes that stand."""
    return [s.final_class for s in standing_spines(current_result(image))]


def panel(page: Page) -> Locator:
    """What is told of the chosen spine."""
    return page.get_by_role("complementary", name="Chosen spine")
