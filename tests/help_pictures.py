"""The pictures of the help pages, light and dark: `make pictures`, which is no test. static/help/ has them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image as Picture
from playwright.sync_api import Error, Page

from spines.models import AnalysisImage, Image, Membership, Role, Spine
from spines.services.images.tasks import assign_images
from spines.services.review.answers import accept, mark_image_reviewed, reject, relabel
from spines.services.review.from_examples import learn
from tests.browser.reviewing import ready
from tests.factories import Study, make_annotator, queue_analysis, upload
from tests.learning import make_taught
from tests.pictures import made_results, signed_in
from webapp.help.tasks import PICTURE_SIZE, PICTURES, TASKS

__all__ = ["signed_in"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

MOST_BYTES = 60_000
ALL_MOST_BYTES = 2_000_000
IMAGES = 24


def keep(page: Page, slug: str) -> None:
    """What is seen, in both themes, as small as it must be."""
    for scheme, end in (("light", ""), ("dark", "-dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(700)
        seen = Picture.open(io.BytesIO(page.screenshot())).convert("RGB")
        path = PICTURES / f"{slug}{end}.webp"
        for quality in (72, 60, 48, 36):
            seen.save(path, quality=quality, method=6)
            if path.stat().st_size <= MOST_BYTES:
                break
        else:
            pytest.fail(f"{path} is too large.")
    page.emulate_media(color_scheme="light")


def at(page: Page, address: str, *, top: str = "") -> None:
    """Open a page, whole, with an element at the head of the window."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if top:
        page.locator(top).first.evaluate("(shown) => scrollTo(0, shown.getBoundingClientRect().top + scrollY - 8)")


def reviewed(study: Study) -> None:
    """People said something of most spines of some images, which are marked as reviewed."""
    for result in AnalysisImage.objects.filter(is_current=True).order_by("pk")[:8]:
        for n, spine in enumerate(Spine.objects.filter(analysis_image=result).order_by("-score")):
            given: dict[str, Any] = {"user": study.owner, "spine_id": spine.pk}
            if n % 9 == 8:
                reject(**given)
            elif spine.uncertain:
                relabel(**given, spine_class="thin")
            else:
                accept(**given)
        mark_image_reviewed(user=study.owner, image_id=result.image_id, reviewed=True)


@pytest.mark.usefixtures("signed_in")
def test_help_pictures(signed_in: Page, study: Study, tmp_path: Path) -> None:
    PICTURES.mkdir(exist_ok=True)
    page = signed_in
    page.set_viewport_size({"width": PICTURE_SIZE[0], "height": PICTURE_SIZE[1]})
    call_command("register_models", verbosity=0)
    experiment = study.experiment
    experiment.filename_pattern = "{condition}_{animal}_{cell}_{*}"
    experiment.name, experiment.project.name = "Enriched housing", "Housing and spines"
    study.lab.name, study.owner.first_name = "Example lab", "Ada"
    for row in (experiment, experiment.project, study.lab, study.owner):
        row.save()
    made_results(study, tmp_path, images=IMAGES)
    reviewed(study)
    annotator = make_annotator(study)
    pk = experiment.pk
    images = list(Image.objects.filter(experiment=experiment).order_by("pk"))
    assign_images(user=study.owner, experiment_id=pk, image_ids=[images[9].pk], person_id=annotator.pk)
    image = reverse("images:image", args=[images[20].pk])
    taught = make_taught()
    taught.lab.name = "Six classes"
    taught.lab.save()
    Membership.objects.create(lab=taught.lab, user=study.owner, role=Role.MANAGER)
    learn(user=taught.owner, experiment_id=taught.experiment.pk)

    def queue() -> None:
        at(page, reverse("review:queue", args=[pk]) + "?order=dendrite")
        for key in ("m", "t", "s"):
            page.locator("#stage[data-state=drawn]").wait_for()
            page.keyboard.press(key)
        page.locator("#queue[data-saving=false]").wait_for(state="attached")
        page.locator("#stage[data-state=drawn]").wait_for()
        page.locator(".queue-choice").evaluate("(form) => scrollTo(0, form.offsetTop - 8)")

    def gallery() -> None:
        at(page, reverse("results:spines", args=[pk]) + "?as=gallery")
        tiles = page.locator(".tile-crop")
        tiles.nth(3).click()
        tiles.nth(9).click(modifiers=["Shift"])
        page.locator("#gallery-bar").evaluate("(bar) => scrollTo(0, bar.offsetTop - 8)")
        page.wait_for_timeout(1500)

    def on_image(*keys: str) -> Callable[[], None]:
        def opened() -> None:
            at(page, image, top="main")
            ready(page)
            for key in keys:
                page.keyboard.press(key)
                page.wait_for_timeout(400)

        return opened

    def missing() -> None:
        for n in range(2):
            upload(study, tmp_path, f"control_A1_c1_field{n}.tif", side_px=256)
        at(page, reverse("experiments:images", args=[pk]), top="#missing-head")

    def running() -> None:
        queue_analysis(study, images[:6])
        at(page, reverse("analyses:index"))

    def opened(name: str, *args: int, top: str = "", end: str = "") -> Callable[[], None]:
        return lambda: at(page, reverse(name, args=args) + end, top=top)

    states: dict[str, Callable[[], None]] = {
        "projects": opened("projects:project", experiment.project_id),
        "upload": opened("experiments:images", pk, top=".upload, #upload, [aria-label='Upload images']"),
        "samples": opened("experiments:images", pk, top="#samples"),
        "correct": on_image("ArrowRight"),
        "shapes": on_image("ArrowRight", "ArrowRight", "k"),
        "dendrites": on_image("j"),
        "queue": queue,
        "gallery": gallery,
        "examples": opened("examples:examples", taught.experiment.pk, top="#examples-title"),
        "share": opened("experiments:review_next", pk),
        "threshold": opened("thresholds:threshold", pk),
        "design": opened("designs:design", pk),
        "results": opened("results:experiment", pk),
        "report": opened("results:experiment", pk, top="#downloads"),
        "blinding": opened("reader_studies:of_experiment", pk),
        "people": opened("people:members", study.lab.pk),
        "settings": opened("labs:settings", study.lab.pk),
        "networks": opened("model_versions:index"),
        "analyse": running,
        "scale": missing,
    }
    assert set(states) == {task.slug for task in TASKS if task.seen}
    failed = []
    for slug, show in states.items():
        try:
            show()
            keep(page, slug)
        except Error as error:
            failed.append(f"{slug}: {error}")
    assert failed == []
    assert sum(path.stat().st_size for path in PICTURES.glob("*.webp")) < ALL_MOST_BYTES
