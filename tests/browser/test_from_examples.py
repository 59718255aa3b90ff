"""Classes from examples in Chromium, in a set of six: learnt, its figure read, applied, undone."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Spine
from tests.browsers import enter
from tests.learning import make_taught, six_kinds
from tests.work import done

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SPINULA_TEST_SHOTS")
"""A folder for pictures of the page, for people to look at."""


def test_six_classes_from_examples_to_applied_and_undone(page: Page, page_problems: list[str]) -> None:
    study = make_taught()
    enter(page, study.owner)
    page.goto(reverse("review:queue", args=[study.experiment.pk]))
    page.get_by_role("link", name="Classes from examples").click()
    expect(page.get_by_text("72 spines named in 4 animals")).to_be_visible()
    page.get_by_role("button", name="Learn from 72 examples").click()
    expect(page).to_have_url(re.compile(r"/work/\d+/$"))
    assert done(urlsplit(page.url).path).status == "done"
    page.goto(reverse("examples:examples", args=[study.experiment.pk]))
    version = page.get_by_role("region", name="Version 1", exact=True)
    expect(version.get_by_text(re.compile(r"^(8|9)\d % right \(95 % interval \d\d % to"))).to_be_visible()
    expect(version.get_by_text("each told by a classifier that saw none of its animal (4 animals)")).to_be_visible()
    expect(version.get_by_role("row")).to_have_count(7)
    _looked_at(page, "learnt")
    version.get_by_role("button", name="Apply version 1").click()
    expect(page.get_by_text("Applied: 72 spines count")).to_be_visible()
    rest = Spine.objects.filter(reviewed_class="").order_by("pk")
    right = [spine.final_class == kind for spine, kind in zip(rest, six_kinds(rest), strict=True)]
    assert sum(right) > 50
    expect(page.get_by_text("counts now")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: 72 spines count under the network's class again.")).to_be_visible()
    assert {spine.final_class for spine in rest.all()} == {"thin"}
    page_problems[:] = [p for p in page_problems if "409" not in p]  # windows of the queue: these images have no file


def _looked_at(page: Page, name: str) -> None:
    if SHOTS:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{SHOTS}/{name}_{scheme}_{width}.png", full_page=True)
