"""A Golgi slide among fluorescence: it stands aside, a scientist looks and admits it, and it counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from PIL import Image as Picture
from playwright.sync_api import Page, expect

from spines.models import AnalysisImage, Spine
from spines.services.analyses.starting import start_analysis
from spines.services.images.uploads import add_image
from spines.synthesis import Look, SceneParameters, make_image, make_series_image, write_tiff
from tests.browsers import enter
from tests.factories import make_study
from tests.workers import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def write_golgi(path: Path) -> None:
    """A made slide; how real ones are graded is tested in `tests/worker/test_unlikeness.py`."""
    made = make_series_image(Look.GOLGI, seed=41, number=1, side_px=384, pixel_size_um=0.1)
    Picture.fromarray(made.pixels).save(path)


def test_a_golgi_slide_stands_aside_until_it_is_admitted(page: Page, analysis_worker: Worker, tmp_path: Path) -> None:
    call_command("register_models")
    study = make_study()
    write_tiff(tmp_path / "two-photon.tif", make_image(SceneParameters(side_px=320), seed=0))
    write_golgi(tmp_path / "golgi.png")
    for path in (tmp_path / "two-photon.tif", tmp_path / "golgi.png"):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)

    enter(page, study.owner)
    page.goto(f"/experiments/{study.experiment.pk}/images/")
    expect(page.locator(".tile-spines")).to_have_count(2, timeout=180_000)
    assert analysis.images.filter(status="done").count() == 2, analysis_worker.log()[-3000:]
    golgi = AnalysisImage.objects.get(image__original_name="golgi.png")
    of_golgi = golgi.spines.filter(apart=False).count()
    counted = Spine.objects.filter(apart=False).count() - of_golgi

    page.get_by_role("link", name="Results", exact=True).click()
    expect(page.locator(".aside-note")).to_contain_text("1 analysed image stands aside")
    expect(page.locator(".aside-note")).to_contain_text("another kind of picture than the networks were trained on")
    expect(page.locator(".answer")).to_contain_text(f"found {counted:,} spines in 1 image")

    page.get_by_role("link", name="Look and admit it").click()
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_role("link", name="golgi.png").click()
    expect(page.locator("#standing")).to_contain_text("This image stands aside")
    page.get_by_role("button", name="Admit it: let it count").click()
    expect(page.locator("#standing")).to_contain_text("admitted this image")

    page.goto(f"/experiments/{study.experiment.pk}/results/")
    expect(page.locator(".answer")).to_contain_text(f"found {counted + of_golgi:,} spines in 2 images")
    expect(page.locator(".aside-note")).to_have_count(0)
