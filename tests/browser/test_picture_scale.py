"""A picture without a pixel size and one with a wrong one, from the upload to the answer. Everything real."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import tifffile
from django.core.management import call_command
from playwright.sync_api import Page, expect

from spines.models import AnalysisImage, AuditEvent, Image
from spines.synthesis.files import Series
from spines.synthesis.parameters import Look
from tests.browsers import enter
from tests.factories import Study, make_study
from tests.workers import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

SHOTS = os.environ.get("SPINULA_SHOTS", "")


@pytest.fixture
def study() -> Study:
    call_command("register_models")
    return make_study()


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """One picture of 0.1 µm a pixel: as it is, said to be of 0.03 µm, and without a pixel size, twice as large."""
    pixels = Series(look=Look.TWO_PHOTON, seed=5, side_px=192, pixel_size_um=0.1).make(2).pixels
    for name, size in (("right", 0.1), ("wrong", 0.03)):
        tifffile.imwrite(
            tmp_path / f"{name}.tif", pixels, imagej=True, resolution=(1 / size, 1 / size), metadata={"unit": "um"}
        )
    tifffile.imwrite(tmp_path / "unknown.tif", pixels.repeat(2, axis=0).repeat(2, axis=1))
    return [str(tmp_path / f"{name}.tif") for name in ("right", "wrong", "unknown")]


def shoot(page: Page, name: str) -> None:
    """A picture of the page for who looks at it, where SPINULA_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_a_wrong_pixel_size_is_asked_about_and_answered(
    page: Page, study: Study, files: list[str], analysis_worker: Worker
) -> None:
    grid = f"/experiments/{study.experiment.pk}/images/"
    enter(page, study.owner)
    page.goto(grid)
    page.locator("#files[multiple]").set_input_files(files)
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_role("button", name="Analyse 3 images").click()
    expect(page.locator(".tile-spines")).to_have_count(3, timeout=180_000)
    results = {row.image.original_name: row for row in AnalysisImage.objects.select_related("image")}
    counts = {name: row.spines.count() for name, row in results.items()}
    assert counts["right.tif"] >= 8, analysis_worker.log()[-3000:]
    assert all(abs(n - counts["right.tif"]) <= 0.25 * counts["right.tif"] for n in counts.values()), counts
    assert {name: (row.scale_source, row.scale_doubt) for name, row in results.items()} == {
        "right.tif": ("both", ""),
        "wrong.tif": ("seen", "disagrees"),
        "unknown.tif": ("seen", ""),
    }

    page.goto(grid)
    asked = page.locator(".missing li", has_text="1 image with a doubtful pixel size")
    expect(asked).to_contain_text("the stated pixel size is 0.03 µm")
    shoot(page, "images")
    page.goto(f"/images/{results['wrong.tif'].image_id}/")
    question = page.locator("#scale-question")
    expect(question).to_contain_text("Is the pixel size right?")
    shoot(page, "image")
    question.get_by_label("Right is").fill("0.1")
    question.get_by_role("button", name="Take this size").click()
    expect(page.locator("#scale-question")).to_have_count(0)
    expect(page.get_by_text("The pixel size is 0.1 µm now: 1 image.")).to_be_visible()
    assert Image.objects.get(original_name="wrong.tif").pixel_size_um == 0.1
    assert AuditEvent.objects.filter(action="image.pixel_size_set").count() == 1
    page.goto(grid)
    expect(page.locator(".missing li", has_text="doubtful pixel size")).to_have_count(0)
