"""Long work in a browser, with a real worker: a report that saves itself, channels of many images, cancelling."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
import tifffile
from django.urls import reverse
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from spines.models import Image, Work
from spines.services.images.uploads import add_image
from spines.services.work import asking
from tests.browsers import enter
from tests.factories import Study, make_measured_study
from tests.workers import Worker
from webapp.work import images

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def sign_in(page: Page, study: Study, address: str) -> None:
    enter(page, study.owner)
    page.goto(address)


def test_a_report_is_made_by_a_worker_and_saves_itself(page: Page, analysis_worker: Worker) -> None:
    study = make_measured_study()
    sign_in(page, study, reverse("report:experiment", args=[study.experiment.pk]))
    with page.expect_download(timeout=90_000) as saving:
        page.get_by_role("link", name="PDF").click()
        expect(page.get_by_role("heading", name="Report, PDF of Experiment")).to_be_visible()
        expect(page.get_by_role("link", name="Download Experiment_report.pdf")).to_be_visible(timeout=90_000)
    assert saving.value.suggested_filename == "Experiment_report.pdf"
    pdf = PdfReader(io.BytesIO(saving.value.path().read_bytes()))
    assert "Density by condition" in " ".join(sheet.extract_text() for sheet in pdf.pages)
    expect(page.locator(".job")).to_contain_text(re.compile("Done.*kept until", re.DOTALL))
    assert Work.objects.get().attempts == 1, analysis_worker.log()[-3000:]


def test_what_nobody_takes_up_can_be_cancelled(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "enqueue", lambda *_: None)
    study = make_measured_study({"control": (0.5,)})
    sign_in(page, study, reverse("report:pdf", args=[study.experiment.pk]))
    expect(page.locator(".job")).to_contain_text("Waiting")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#messages")).to_contain_text("Nothing came of it")
    expect(page.locator(".job")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_channels_of_many_images_show_their_progress_on_the_images_page(
    page: Page, study: Study, analysis_worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "takes_long", lambda _: True)
    for n in range(3):
        pixels = np.random.default_rng(n).integers(0, 255, (2, 64, 64), dtype=np.uint8)
        path = tmp_path / f"{n}.tif"
        tifffile.imwrite(path, pixels, imagej=True, metadata={"axes": "CYX"})
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    sign_in(page, study, reverse("experiments:images", args=[study.experiment.pk]))
    page.get_by_label("Tick all on this page").check()
    page.get_by_text("Channel and projection").click()
    page.get_by_label("Channel, from 1").fill("2")
    page.locator("[data-takes-time]").click()
    expect(page.locator("#messages")).to_contain_text("read anew by a worker")
    for _ in range(600):
        if Work.objects.get().status == "done":
            break
        page.wait_for_timeout(100)
    expect(page.locator(".job")).to_have_count(0, timeout=20_000)  # the page has read itself anew
    assert set(Image.objects.values_list("channel", flat=True)) == {1}, analysis_worker.log()[-3000:]
