"""The README's pictures of the queue and the gallery: `make pictures`, which is no test. docs/images/ has them.

Images are made by the program; boxes and classes are those they were made with, probabilities drawn around them.
"""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image as Picture
from playwright.sync_api import Page

from spines.services.analyses import jobs
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.images.uploads import add_image
from spines.synthesis.files import write_tiff
from spines.synthesis.parameters import SPINE_CLASSES
from spines.synthesis.study import study_images
from tests.factories import PASSWORD, TIMINGS, Study, queue_analysis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

FOLDER = Path(__file__).parents[1] / "docs/images"
IMAGES = 8
MOST_BYTES = 150_000


@pytest.fixture
def signed_in(page: Page, study: Study) -> Page:
    page.goto(reverse("accounts:sign_in"))
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def made_results(study: Study, folder: Path, *, images: int = IMAGES) -> None:
    """Some images of the demonstration, analysed."""
    random = np.random.default_rng(5)
    pictures = list(islice(study_images(), images))
    added = []
    for name, made in pictures:
        write_tiff(folder / name, made)
        given: dict[str, Any] = {"experiment_id": study.experiment.pk, "path": folder / name, "name": name}
        added.append(add_image(user=study.owner, **given))
    waiting = queue_analysis(study, added).images.order_by("pk")
    for row, image, (_, made) in zip(list(waiting), added, pictures, strict=True):
        job = jobs.claim(row.pk)
        assert job is not None
        for seen in ("channel", "projection", "plane", "polarity"):
            setattr(job.row, seen, getattr(image, seen))
        rows = []
        for spine in made.visible_spines:
            sure = float(random.beta(6, 2))
            others = (1 - sure) / (len(SPINE_CLASSES) - 1)
            said = {key: sure if key == spine.spine_class else others for key in SPINE_CLASSES}
            rows.append(
                jobs.FoundSpineRow(
                    box_px=spine.box_px,
                    score=float(random.uniform(0.4, 0.95)),
                    class_probabilities=said,
                    spine_class=spine.spine_class,
                    uncertain=sure < 0.5,
                )
            )
        assert jobs.record_result(job, spines=rows, timings=TIMINGS, plane=plane_as_analysed(job.row))


def keep(page: Page, name: str) -> None:
    """What is seen, in as many colours as fit."""
    seen = Picture.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    for picture in (seen, *(seen.quantize(n, dither=Picture.Dither.NONE) for n in (256, 128, 64))):
        picture.save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    pytest.fail(f"{path} is too large.")


def test_pictures(signed_in: Page, study: Study, tmp_path: Path) -> None:
    made_results(study, tmp_path)
    page = signed_in
    page.set_viewport_size({"width": 1000, "height": 660})
    page.goto(reverse("review:queue", args=[study.experiment.pk]) + "?order=dendrite")
    for key in [*"mts", *["ArrowRight"] * 3]:
        page.locator("#stage[data-state=drawn]").wait_for()
        page.keyboard.press(key)
    page.locator("#queue[data-saving=false]").wait_for(state="attached")
    page.locator("#stage[data-state=drawn]").wait_for()
    page.locator(".queue-choice").evaluate("(form) => scrollTo(0, form.offsetTop - 8)")
    page.wait_for_timeout(500)
    keep(page, "queue")
    page.goto(reverse("results:spines", args=[study.experiment.pk]) + "?as=gallery")
    tiles = page.locator(".tile-crop")
    tiles.first.wait_for()
    tiles.nth(3).click()
    tiles.nth(8).click(modifiers=["Shift"])
    page.locator("#gallery-bar").evaluate("(bar) => scrollTo(0, bar.offsetTop - 8)")
    page.wait_for_timeout(2000)
    keep(page, "gallery")
