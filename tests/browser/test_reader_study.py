"""A study of three raters in Chromium: find, class and outline, from assignment to an adjudicated consensus."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from spines.models import ReaderStudy, StudyAnswer, User
from spines.selectors.results.rows import current_result
from spines.services.reader_studies.applying import apply_consensus
from spines.services.reader_studies.making import close_reader_study
from tests.browsers import enter
from tests.factories import Study, finish, found, make_annotator, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)

FOUND = [found("mushroom", box_px=(40, 60, 30, 30)), found("thin", box_px=(150, 20, 14, 30))]


def sign_in(page: Page, user: User) -> None:
    enter(page, user)
    page.goto("/")


def ready(page: Page) -> None:
    page.locator("#marking[data-state=ready]").wait_for(state="attached")


def place(page: Page, x: float, y: float, side_px: float) -> tuple[float, float]:
    """Where a place of a square picture is on the screen, as it is shown whole."""
    box = page.locator("#viewer").bounding_box()
    assert box is not None
    scale = min(box["width"], box["height"]) / side_px
    left, top = box["x"] + (box["width"] - side_px * scale) / 2, box["y"] + (box["height"] - side_px * scale) / 2
    return left + x * scale, top + y * scale


def drag(page: Page, box: tuple[float, float, float, float]) -> None:
    page.mouse.move(*place(page, box[0], box[1], 256))
    page.mouse.down()
    page.mouse.move(*place(page, box[0] + box[2], box[1] + box[3], 256), steps=4)
    page.mouse.up()


def assign(page: Page, study: Study, name: str, task: str, raters: list[User]) -> ReaderStudy:
    page.goto(reverse("reader_studies:of_experiment", args=[study.experiment.pk]))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Raters are to").select_option(task)
    page.get_by_label("Spines", exact=True).select_option("all")
    page.get_by_label("Per cent that come again").fill("0")
    for rater in raters:
        page.get_by_label(rater.username, exact=True).check()
    page.get_by_role("button", name="Draw the sample").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return ReaderStudy.objects.get(name=name)


@pytest.mark.timeout(300)
def test_three_raters_find_class_and_outline_and_a_manager_adjudicates(
    page: Page, browser: Browser, live_server: LiveServer, study: Study, tmp_path: Path
) -> None:
    image = upload(study, tmp_path, side_px=256, pixel_size_um=0.1)
    finish(queue_analysis(study, [image]), [FOUND])
    raters = [make_annotator(study) for _ in range(3)]
    sign_in(page, study.owner)
    finding = assign(page, study, "Finding", "find", raters)
    naming = assign(page, study, "Naming", "classify", raters)
    outlining = assign(page, study, "Outlining", "outline", raters)

    for at, rater in enumerate(raters):
        context = browser.new_context(base_url=live_server.url)
        own = context.new_page()
        sign_in(own, rater)
        own.get_by_role("link", name="Finding").click()
        ready(own)
        expect(own.locator(".roi")).to_have_count(0)
        drag(own, (40 + at, 60, 30, 30))
        own.keyboard.press("m" if at < 2 else "s")
        if at < 2:
            own.mouse.click(*place(own, 157, 35, 256))
            own.keyboard.press("t")
        drag(own, (200, 200, 20, 20))
        own.keyboard.press("x")
        drag(own, (200, 200, 20, 20))
        own.keyboard.press("t")
        expect(own.locator("#count")).to_have_text(f"{3 if at < 2 else 2} spines marked")
        own.locator("#marking[data-saving=false]").wait_for(state="attached")
        own.reload()
        ready(own)
        expect(own.locator(".roi")).to_have_count(3 if at < 2 else 2)
        own.get_by_role("button", name="Done, the next one").click()
        expect(own.get_by_role("heading", name="All answered")).to_be_visible()

        own.goto(reverse("reader_studies:rate", args=[naming.pk]))
        for n in range(2):
            expect(own.get_by_text(f"{n} of 2 answered")).to_be_visible()
            own.keyboard.press("f" if at == 2 else "m")
        expect(own.get_by_role("heading", name="All answered")).to_be_visible()

        own.goto(reverse("reader_studies:rate", args=[outlining.pk]))
        for n in range(2):
            ready(own)
            expect(own.get_by_text(f"{n} of 2 done")).to_be_visible()
            for x, y in ((20, 20), (40 + 4 * at, 20), (40 + 4 * at, 40), (20, 40)):
                own.mouse.click(*place(own, x, y, 66))
                own.wait_for_timeout(350)  # two quick clicks are a double click
            expect(own.locator("#count")).to_have_text("4 points")
            own.get_by_role("button", name="Done, the next one").click()
            expect(own.get_by_text(f"{n + 1} of 2 done")).to_be_visible()
        context.close()

    for each in (finding, naming, outlining):
        page.goto(reverse("reader_studies:study", args=[each.pk]))
        expect(page.get_by_text("Agreement")).to_have_count(0)
        page.get_by_role("button", name="Close the study").click()
        expect(page.get_by_role("heading", name="What divides people")).to_be_visible()
    expect(page.get_by_text("Dice coefficient").first).to_be_visible()
    page.goto(reverse("reader_studies:study", args=[finding.pk]))
    both = page.get_by_role("region", name="Agreement of two")
    expect(both.get_by_role("row").filter(has_text=f"{raters[0].username} and {raters[1].username}")).to_contain_text(
        "1.00"
    )
    expect(both.get_by_role("row").filter(has_text=f"{raters[0].username} and the network")).to_contain_text("0.80")
    divided = page.locator(".dividing > li").filter(has=page.locator("ul li", has_text="Stubby"))
    divided.get_by_role("combobox").select_option("Stubby")
    divided.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Decided.")).to_be_visible()
    page.get_by_role("button", name="Set the consensus as reviewed").click()
    expect(page.get_by_role("heading", name="Consensus of a reader study")).to_be_visible()
    apply_consensus(user=study.owner, study_id=finding.pk)  # as the worker does
    result = current_result(image)
    assert result is not None
    assert sorted(spine.final_class for spine in result.spines.all()) == ["stubby", "thin", "thin"]
    assert StudyAnswer.objects.filter(item__study=finding, item__found_in=None).count() == 3
    page.set_viewport_size({"width": 390, "height": 800})
    for each in (finding, outlining):
        page.goto(reverse("reader_studies:study", args=[each.pk]))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert close_reader_study(user=study.owner, study_id=naming.pk).closed_at is not None
