"""An experiment's Images page in a browser: the upload queue, ticks, and an analysis that finishes."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, Request, Route, expect

from spines.models import Image
from spines.services.analyses import jobs
from tests.browsers import enter
from tests.factories import Study, found, make_study, make_tiff, make_versions, queue_analysis, upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def study() -> Study:
    make_versions()
    return make_study()


@pytest.fixture
def open_page(page: Page, study: Study) -> Callable[[], None]:
    """Sign in and open the experiment."""

    def go() -> None:
        enter(page, study.owner)
        page.goto(f"/experiments/{study.experiment.pk}/images/")
        expect(page.get_by_role("heading", name=study.experiment.name, level=1)).to_be_visible()

    return go


def test_uploads_many_skips_what_is_there_and_tells_what_is_wrong_beside_each(
    page: Page, page_problems: list[str], study: Study, open_page: Callable[[], None], tmp_path: Path
) -> None:
    folder = tmp_path / "batch"
    files = [make_tiff(folder, f"good_{i}.tif") for i in range(6)]
    (folder / "text.tif").write_text("no image")
    (folder / "empty.tif").touch()
    open_page()
    page.locator("#files[multiple]").set_input_files([str(path) for path in sorted(folder.iterdir())])
    expect(page.locator("[data-total-words]")).to_have_text("8 of 8 files")
    expect(page.locator(".queue-row", has_text="text.tif")).to_contain_text("text file")
    expect(page.locator(".queue-row", has_text="empty.tif")).to_contain_text("The file is empty.")
    expect(page.locator(".tile")).to_have_count(6)
    assert Image.objects.count() == 6
    page.get_by_role("button", name="Clear the list").click()
    page.locator("#files[multiple]").set_input_files(str(files[0]))
    expect(page.locator(".queue-row")).to_contain_text("already")
    assert Image.objects.count() == 6
    page_problems[:] = [problem for problem in page_problems if "422" not in problem]  # the bad files


def test_a_broken_connection_is_tried_again_then_by_hand(
    page: Page, page_problems: list[str], open_page: Callable[[], None], tmp_path: Path
) -> None:
    open_page()
    refused: list[str] = []

    def refuse_twice(route: Route) -> None:
        if route.request.method == "POST" and len(refused) < 2:
            refused.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route("**/images/", refuse_twice)
    page.locator("#files[multiple]").set_input_files(str(make_tiff(tmp_path, "one.tif")))
    row = page.locator(".queue-row")
    expect(row).to_contain_text("The connection broke. Retry it.")
    row.get_by_role("button", name="Retry").click()
    expect(row).to_contain_text("Uploaded")
    expect(page.locator(".tile")).to_have_count(1)
    assert Image.objects.get().original_name == "one.tif"
    page_problems[:] = [problem for problem in page_problems if "ERR_FAILED" not in problem]


def test_leaving_while_files_are_sent_asks_first(page: Page, open_page: Callable[[], None], tmp_path: Path) -> None:
    open_page()
    held: list[Route] = []
    asked: list[str] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.route("**/images/", hold)
    page.on("dialog", stay)
    page.locator("#files[multiple]").set_input_files(str(make_tiff(tmp_path)))
    expect(page.locator(".queue-row")).to_contain_text(re.compile("Uploading|Being read"))
    page.evaluate("location.assign('/')")
    for _ in range(50):
        if asked:
            break
        page.wait_for_timeout(100)
    assert asked == ["beforeunload"]
    held[0].continue_()
    expect(page.locator(".tile")).to_have_count(1)


def test_ticked_images_are_counted_and_changed(
    page: Page, study: Study, open_page: Callable[[], None], tmp_path: Path
) -> None:
    first, *_ = [upload(study, tmp_path, f"image_{i}.tif") for i in range(3)]
    open_page()
    page.get_by_label("Tick image_0.tif").check()
    expect(page.locator("[data-ticked-words]")).to_have_text("1 ticked")
    page.get_by_text("Set for ticked").click()
    page.locator("#ticked-animal").fill("m1")
    page.locator("#ticked-animal").press("Enter")
    expect(page.get_by_text("1 image changed: animal m1.")).to_be_visible()
    first.refresh_from_db()
    assert str(first.cell and first.cell.subject) == "m1"


def test_progress_ends_in_the_title_and_in_the_grid(
    page: Page, study: Study, open_page: Callable[[], None], tmp_path: Path
) -> None:
    image = upload(study, tmp_path)
    analysis = queue_analysis(study, [image, upload(study, tmp_path)])
    open_page()
    expect(page).to_have_title(re.compile("^0 % · "))
    polls: list[str] = []

    def note_poll(request: Request) -> None:
        if "/progress/" in request.url:
            polls.append(request.url)

    page.on("request", note_poll)
    for row in analysis.images.order_by("pk"):
        job = jobs.claim(row.pk)
        assert job is not None
        timings = jobs.Timings(read_s=0.1, detect_s=0.1, classify_s=0.1)
        assert jobs.record_result(job, spines=[found()] * 3, timings=timings)
    expect(page).to_have_title(re.compile("^Finished · "))
    expect(page.locator(f"#state-{image.pk}")).to_contain_text("3 spines")
    expect(page.get_by_role("button", name=re.compile("^Analyse all 2 again"))).to_be_visible()
    asked = len(polls)
    time.sleep(3)
    page.evaluate("1")
    assert len(polls) == asked, "a finished analysis is not asked for any more"


def test_the_theme_chosen_by_hand_stays(page: Page, open_page: Callable[[], None]) -> None:
    open_page()
    page.locator(".menu-end > summary").click()
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert ground == "rgb(16, 18, 21)"
