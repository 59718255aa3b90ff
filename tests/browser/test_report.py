"""From upload to a report in a browser, with real networks: density by condition and a table of mixed models."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from spines.models import AnalysisImage, Spine
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.browsers import enter
from tests.factories import Study, make_study
from tests.workers import Worker

REAL_IMAGES = Path(__file__).resolve().parents[3] / "shared/data/wide512/val"
PIXEL_SIZE_UM = 0.1

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
NAMES = [f"{condition}_{condition[0].upper()}{n}_c1" for condition in ("control", "treated") for n in (1, 2, 3)]
"""An image of each of three animals in each of two conditions."""


@pytest.fixture
def study() -> Study:
    call_command("register_models")
    return make_study()


def made_images(folder: Path) -> list[Path]:
    """Two-photon-like images whose files state a pixel size; the treated animals' carry more spines."""
    for number, name in enumerate(NAMES):
        scene = SceneParameters(
            side_px=320, pixel_size_um=PIXEL_SIZE_UM, spines_per_um=1.2 if name.startswith("treated") else 0.7
        )
        write_tiff(folder / f"{name}.tif", make_image(scene, seed=number))
    return sorted(folder.iterdir())


def real_images(folder: Path) -> list[Path]:
    """Fields of a public set, which state no pixel size. Who is which animal is made up: only the way is tested."""
    if not REAL_IMAGES.is_dir():
        pytest.skip("The folder of real images is not on this machine.")
    for name, path in zip(NAMES, sorted(REAL_IMAGES.glob("*.jpg")), strict=False):
        (folder / f"{name}.jpg").write_bytes(path.read_bytes())
    return sorted(folder.iterdir())


@pytest.mark.parametrize("images", [made_images, pytest.param(real_images, marks=pytest.mark.long)])
def test_from_upload_to_a_report(
    page: Page, study: Study, analysis_worker: Worker, tmp_path: Path, images: object
) -> None:
    folder = tmp_path / "batch"
    folder.mkdir()
    files = images(folder)  # type: ignore[operator]
    sign_in_and_upload(page, study, files)
    if files[0].suffix == ".jpg":
        page.get_by_label("Pixel size").first.fill(str(PIXEL_SIZE_UM))
        page.get_by_role("button", name=f"Set for all {len(files)}").click()
        expect(page.get_by_text("without a pixel size")).to_have_count(0)

    page.get_by_role("button", name=re.compile(f"^Analyse {len(files)} images")).click()
    expect(page.get_by_role("cell", name="Finished")).to_be_visible(timeout=180_000)
    assert AnalysisImage.objects.filter(status="done").count() == len(files), analysis_worker.log()[-3000:]

    page.get_by_role("link", name="Results", exact=True).click()
    page.get_by_role("link", name="Report", exact=True).click()
    report = page.locator("article.report")
    density = report.locator("table", has_text="Density by condition")
    for condition in ("control", "treated"):
        row = density.get_by_role("row", name=re.compile(f"^{condition} 3 "))
        expect(row).to_have_text(re.compile(r"\d\.\d+ ± 0\.\d+"))
    tests = report.locator("table", has_text="Conditions compared")
    row = tests.get_by_role("row", name=re.compile("^Head width, µm control treated"))
    expect(row).to_have_text(re.compile(r"(0\.\d{3}|< 0\.001)"))
    expect(report).to_contain_text("compared by Welch's t (1947) with Satterthwaite's degrees of freedom")
    expect(report.locator("figure img")).to_have_count(6)
    expect(report).to_contain_text(
        f"Spinula found {Spine.objects.filter(rejected=False, apart=False).count():,} spines in 6 images"
    )

    with page.expect_download(timeout=60_000) as saving:  # made by a worker, and saved when its page sees that it is
        page.get_by_role("link", name="PDF").click()
        expect(page.get_by_role("link", name=re.compile("^Download Experiment_report.pdf"))).to_be_visible(
            timeout=60_000
        )
    words = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(saving.value.path().read_bytes())).pages)
    assert "Density by condition" in words
    assert "Head width" in re.sub(r"\s+", " ", words)


def sign_in_and_upload(page: Page, study: Study, files: list[Path]) -> None:
    """Put the files into the study's experiment, and read animals and conditions from their names."""
    enter(page, study.owner)
    page.goto(reverse("experiments:images", args=[study.experiment.pk]))
    page.locator("#files[multiple]").set_input_files([str(path) for path in files])
    expect(page.locator(".tile")).to_have_count(len(files))
    page.get_by_label("Pattern").fill("{condition}_{animal}_{cell}")
    expect(page.locator("#pattern-preview")).to_contain_text(f"{len(files)} of {len(files)} names match")
    page.get_by_role("button", name="Apply to all images").click()
