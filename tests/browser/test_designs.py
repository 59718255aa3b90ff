"""A scientist sends a sheet with genotype and treatment, states a paired design, and results and report say it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Image, StatedDesign
from tests.browsers import enter
from tests.factories import Study, add_dendrite, add_spines, current_row, make_study, upload

pytestmark = pytest.mark.django_db(transaction=True)

SHOTS = os.environ.get("SPINULA_TEST_SHOTS")
"""A folder for pictures of the page, for people to look at."""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Images of six animals, each under vehicle and under drug, of which nothing is known yet."""
    study = make_study()
    for number in range(1, 7):
        for treatment in ("veh", "drug"):
            upload(study, tmp_path, f"slide {number}{treatment[0]}.tif", pixel_size_um=0.1)
    return study


def the_sheet(folder: Path) -> Path:
    """Genotype and treatment as a lab writes them, the drug first: the control is to be told by its name."""
    lines = ["file_name,animal,genotype,treatment"]
    for number in range(1, 7):
        genotype = "KO" if number % 2 else "WT"
        lines += [f"slide {number}{treatment[0]}.tif,M{number},{genotype},{treatment}" for treatment in ("drug", "veh")]
    path = folder / "sheet_genotype_treatment.csv"
    path.write_text("\n".join(lines))
    return path


def measured(study: Study) -> None:
    """Results in which spines are fewer under the drug."""
    for image in Image.objects.filter(experiment=study.experiment):
        result = current_row(study, image)
        n = 12 if "d.tif" in image.original_name else 20 + image.pk % 3
        add_spines(result, ["mushroom", "thin"] * (n // 2), dendrite=add_dendrite(result, length_px=200))


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


LINE = "genotype (WT, KO) between animals × treatment (veh, drug) within animals; control: WT, veh"


def sign_in(page: Page, study: Study) -> None:
    enter(page, study.owner)


def test_a_paired_two_by_two_is_stated_from_a_sheet_tested_planned_on_and_reported(
    page: Page, study: Study, tmp_path: Path
) -> None:
    sign_in(page, study)
    page.goto(reverse("experiments:images", args=[study.experiment.pk]))
    page.get_by_label("CSV file").set_input_files(the_sheet(tmp_path))
    page.get_by_label("An animal may stand in several conditions").check()
    page.get_by_role("button", name="Apply the sheet").click()
    expect(page.get_by_text("12 images placed.")).to_be_visible()

    page.get_by_role("link", name="Design", exact=True).click()
    expect(page.get_by_text("6 animals have several of")).to_be_visible()
    expect(page.get_by_label("hold it against itself").nth(1)).to_be_checked()
    told = page.get_by_text("WT · veh and WT · drug can be tested: 3 animals in both")
    expect(told).to_contain_text("a permutation cannot give less than p = 0.25")
    shot(page, "design-proposed")
    page.get_by_label("Measure").select_option("Spine density")
    page.get_by_label("Expected against the control").select_option("is lower")
    page.get_by_role("button", name="State this design").click()
    expect(page.locator(".answer")).to_contain_text(LINE)
    expect(page.locator(".answer")).to_contain_text("before any image was analysed")
    assert StatedDesign.objects.get().stated_by == study.owner
    shot(page, "design-stated")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "design-narrow")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    shot(page, "design-dark")
    page.emulate_media(color_scheme="light")

    measured(study)
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    expect(page.get_by_text(LINE)).to_be_visible()
    tests = page.locator("table.tests")
    expect(tests).to_contain_text("WT · veh")
    expect(page.locator("table.effects").first).to_contain_text("genotype × treatment")
    answer = page.locator("#reading .answer")
    expect(answer).to_have_count(3)
    expect(answer.nth(1)).to_contain_text("Spine density was lower within animals by treatment, drug − veh")
    expect(answer.nth(2)).to_contain_text("The effects were not shown to differ on spine density, genotype × treatment")
    expect(page.locator(".first-chart .plot[data-name=density]")).to_be_visible()
    shot(page, "results-with-design")

    page.goto(reverse("designs:design", args=[study.experiment.pk]))
    page.get_by_role("link", name="Plan the next experiment").click()
    page.get_by_label("Compared").select_option("the same animals twice")
    page.get_by_label("Effect, % of the control").fill("-15")
    page.get_by_label("One animal's change from another's").fill("12")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("are needed to find density 15 % lower in 80 % of experiments")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Plan with its assumptions, CSV").click()
    assert "typed in" in saving.value.path().read_text("utf-8-sig")
    shot(page, "plan")
    page.emulate_media(color_scheme="dark")
    shot(page, "plan-dark")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "plan-narrow")
    page.emulate_media(color_scheme="light")
    shot(page, "plan-narrow-light")
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    expect(page.locator("#reading .answer").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    shot(page, "results-narrow")
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(reverse("report:experiment", args=[study.experiment.pk]))
    report = page.locator("article")
    for said in (
        LINE,
        "Spine density is lower",
        "tested by itself at 5 %",
        "genotype × treatment",
        "Student's t of the differences within animals",
        "Fixed effects of one mixed model, density",
        "Variance components, density",
        "Residuals and leverage of animals",
        "WT · drug − WT · veh",
        "ARRIVE 2.0",
        "3 animals of WT · veh",
        "Primary: Spine density is lower, named on",
        "Leaving one animal out at a time",
        "t.test(second, first, paired = TRUE)",
    ):
        expect(report).to_contain_text(said)
    shot(page, "report-with-design")
