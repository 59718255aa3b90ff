"""The main job, as a scientist does it: sign in, upload a folder, analyse, look, download. Everything real."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from spines.models import AnalysisImage, Spine
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.browser.drawn import canvas
from tests.factories import PASSWORD, Study, make_study
from tests.workers import Worker

REPOSITORY = Path(__file__).resolve().parents[2]
REAL_IMAGES = REPOSITORY.parent / "shared/data/wide512/val"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def study() -> Study:
    call_command("register_models")
    return make_study()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four made images of two animals in two conditions, and real ones where the machine has them."""
    images = tmp_path / "batch"
    images.mkdir()
    for number, name in enumerate(("control_A1_c1", "control_A1_c2", "treated_B1_c1", "treated_B1_c2")):
        write_tiff(images / f"{name}.tif", make_image(SceneParameters(side_px=320), seed=number))
    for number, path in enumerate(sorted(REAL_IMAGES.glob("*.jpg"))[:2]):
        (images / f"control_A2_c{number}.jpg").write_bytes(path.read_bytes())
    return images


def rounded(box: list[float]) -> tuple[float, ...]:
    return tuple(round(side, 2) for side in box)


def test_from_a_folder_to_a_table(
    page: Page, study: Study, folder: Path, analysis_worker: Worker, tmp_path: Path
) -> None:
    files = sorted(folder.iterdir())
    page.goto("/")
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"/experiments/{study.experiment.pk}/images/")

    page.locator("#files[multiple]").set_input_files([str(path) for path in files])
    expect(page.locator(".tile")).to_have_count(len(files))
    page.get_by_label("Pattern").fill("{condition}_{animal}_{cell}")
    expect(page.locator("#pattern-preview")).to_contain_text(f"{len(files)} of {len(files)} names match")
    page.get_by_role("button", name="Apply to all images").click()

    page.get_by_role("button", name=re.compile(f"^Analyse {len(files)} images")).click()
    done = AnalysisImage.objects.filter(status="done")
    expect(page.locator(".tile-spines")).to_have_count(len(files), timeout=180_000)
    assert done.count() == len(files), analysis_worker.log()[-3000:]
    expect(page.get_by_role("cell", name="Finished")).to_be_visible()

    page.get_by_role("link", name="Results", exact=True).click()
    page.locator(".plot[data-name=class-shares]").scroll_into_view_if_needed()
    expect(page.locator(".plot[data-name=class-shares][data-state=drawn]")).to_be_attached()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Every spine, CSV").click()
    table = list(csv.DictReader(saving.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert len(table) == Spine.objects.count() > 0
    assert {row["condition"] for row in table} <= {"control", "treated"}

    image = done.order_by("image__original_name").first()
    assert image is not None
    page.goto(f"/images/{image.image_id}/")
    expect(canvas(page)).to_have_attribute("data-drawn", str(image.spines.count()))

    assert_headless_finds_the_same(folder, tmp_path / "predictions.json")


def assert_headless_finds_the_same(folder: Path, output: Path) -> None:
    """`manage.py analyse` on the same files, with no database in reach, gives the same spines."""
    environment = os.environ | {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    subprocess.run(
        [sys.executable, "manage.py", "analyse", str(folder), "--output", str(output)],
        cwd=REPOSITORY,
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    headless = {
        (Path(spine["file_name"]).name, rounded(spine["bbox"]), spine["spine_class"])
        for spine in json.loads(output.read_text())
    }
    stored = {
        (s.analysis_image.image.original_name, rounded([s.x_px, s.y_px, s.width_px, s.height_px]), s.spine_class)
        for s in Spine.objects.select_related("analysis_image__image")
    }
    assert headless == stored
