"""What is thrown away and comes back, in Chromium: an experiment, a project, a lab; conditions renamed and merged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Condition, Lab, Spine
from tests.factories import PASSWORD, Study, add_spines, current_row, placed_image, upload

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page: Page, study: Study) -> None:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def full(study: Study, tmp_path: Path) -> Study:
    """An experiment with an image and three spines."""
    image = upload(study, tmp_path, "a.tif")
    add_spines(current_row(study, image), ["thin"] * 3)
    return study


def test_an_experiment_and_a_project_come_back_with_all_that_is_in_them(page: Page, full: Study) -> None:
    sign_in(page, full)
    page.goto(reverse("experiments:images", args=[full.experiment.pk]))
    page.get_by_role("link", name="Name and deletion").click()
    expect(page.get_by_text("1 image and their results")).to_be_visible()
    page.get_by_role("button", name="Move to the trash").click()
    expect(page.locator("#messages")).to_contain_text("trash")
    expect(page.get_by_role("link", name="Experiment", exact=True)).to_have_count(0)
    page.goto(reverse("projects:about_project", args=[full.experiment.project_id]))
    page.get_by_role("button", name="Move to the trash").click()
    page.goto(reverse("labs:trash", args=[full.lab.pk]))
    row = page.get_by_role("row").filter(has_text="Project with all its experiments")
    row.get_by_role("button", name=re.compile("Restore")).click()
    expect(page.locator("#messages")).to_contain_text("Project is restored")
    page.goto(reverse("labs:trash", args=[full.lab.pk]))
    page.get_by_role("button", name=re.compile("Restore")).click()
    page.goto(reverse("experiments:images", args=[full.experiment.pk]))
    expect(page.get_by_role("heading", name="Experiment", exact=True)).to_be_visible()
    expect(page.get_by_label("In short")).to_contain_text("3")
    assert Spine.objects.count() == 3


def test_a_lab_comes_back_from_the_trash(page: Page, full: Study) -> None:
    full.owner.is_staff = True
    full.owner.save(update_fields=["is_staff"])
    sign_in(page, full)
    page.goto(reverse("people:people"))
    page.get_by_role("link", name=f"Delete {full.lab.name}").click()
    expect(page.get_by_text("1 project, 1 experiment, 1 image")).to_be_visible()
    page.get_by_role("button", name="Move to the trash").click()
    expect(
        page.get_by_role("table", name="Labs in the trash").or_(page.get_by_role("region", name="Labs in the trash"))
    ).to_contain_text(full.lab.name)
    page.goto(reverse("home:home"))
    expect(page.get_by_text("You are in no lab yet")).to_be_visible()
    page.goto(reverse("people:people"))
    page.get_by_role("button", name=f"Restore {full.lab.name}").click()
    assert not Lab.objects.get().archived_at
    page.goto(reverse("experiments:images", args=[full.experiment.pk]))
    expect(page.get_by_label("In short")).to_contain_text("3")


def test_conditions_are_renamed_and_merged(page: Page, full: Study) -> None:
    for animal, condition in (("m1", "ctrl"), ("m2", "control"), ("m3", "stress")):
        add_spines(current_row(full, placed_image(full, animal=animal, condition=condition)), ["thin"])
    sign_in(page, full)
    page.goto(reverse("designs:design", args=[full.experiment.pk]))
    rename = page.locator("form", has=page.get_by_role("button", name="Rename"))
    rename.get_by_label("Condition").select_option(label="stress")
    rename.get_by_label("New name").fill("restraint")
    rename.get_by_role("button", name="Rename").click()
    expect(page.locator("#messages")).to_contain_text("restraint")
    merge = page.locator("form", has=page.get_by_role("button", name="Merge"))
    merge.get_by_label("Animals of").select_option(label="ctrl (1)")
    merge.get_by_label("go into").select_option(label="control (1)")
    merge.get_by_role("button", name="Merge").click()
    expect(page.locator("#messages")).to_contain_text("1 animal moved")
    assert set(Condition.objects.values_list("name", flat=True)) == {"control", "restraint"}
