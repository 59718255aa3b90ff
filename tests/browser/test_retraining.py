"""A site admin makes a better classifier from corrections and takes it back, in Chromium: all real, but small."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse
from playwright.sync_api import Page, expect

from spines.models import Analysis, Cell, Image, ModelKind, ModelState, ModelVersion, Spine, Subject
from spines.services.images.uploads import add_image
from spines.services.review import answers
from spines.synthesis import SceneParameters, make_image, write_tiff
from tests.factories import PASSWORD, Study, finish, found, make_study, queue_analysis
from tests.workers import Worker
from webapp.serve.programs import PROJECT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(420), pytest.mark.long]

ANIMALS = 6
SMALL = {"Size, px": "32", "Window, px": "24", "Batch": "4", "Steps per epoch": "4", "Made images": "4"}
WAIT_MS = 180_000


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Six animals with an image each; the network called every spine mushroom. Its manager is a site admin."""
    call_command("register_models", verbosity=0)
    made = make_study()
    made.owner.is_staff = True
    made.owner.save()
    images, spines = [], []
    for number in range(ANIMALS):
        scene = make_image(SceneParameters(side_px=256), seed=number)
        path = tmp_path / f"A{number}.tif"
        write_tiff(path, scene)
        image = add_image(user=made.owner, experiment_id=made.experiment.pk, path=path, name=path.name)
        animal = Subject.objects.create(experiment=made.experiment, name=f"A{number}")
        Image.objects.filter(pk=image.pk).update(cell=Cell.objects.create(subject=animal))
        images.append(image)
        spines.append([found("mushroom", box_px=spine.box_px) for spine in scene.visible_spines[:6]])
    finish(queue_analysis(made, images), spines)
    return made


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """What the classifier is built on: one convolution instead of InceptionV3, which takes a minute to build."""
    folder = tmp_path / "base"
    subprocess.run([sys.executable, "-m", "tests.training.small_base", str(folder)], cwd=PROJECT, check=True)
    return folder


@pytest.fixture
def worker(start_worker: Callable[..., Worker]) -> Worker:
    return start_worker(queues="analysis,training,default")


@pytest.fixture
def admin_page(page: Page, study: Study) -> Page:
    page.goto("/")
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Training")).to_be_visible()
    return page


def active_classifier() -> ModelVersion:
    return ModelVersion.objects.get(kind=ModelKind.CLASSIFIER, state=ModelState.ACTIVE)


def correct_on_the_page(page: Page, image: Image) -> None:
    """The first four spines of the image get a class each, by its key."""
    page.goto(reverse("images:image", args=[image.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    for key in "mtsf":
        page.keyboard.press("ArrowRight")
        page.keyboard.press(key)
        page.locator("#look[data-saving=false]").wait_for(state="attached")
    expect(page.locator("#review-progress")).to_contain_text("4 of ")


def correct_the_others(study: Study, first: Image) -> None:
    """As the page's keys do, on the other images."""
    names = ("mushroom", "thin", "stubby", "filopodia")
    for spine in Spine.objects.exclude(analysis_image__image=first).order_by("pk"):
        answers.relabel(user=study.owner, spine_id=spine.pk, spine_class=names[spine.pk % 4])


def test_from_corrections_to_a_network_in_use_and_back(
    admin_page: Page, study: Study, base: Path, worker: Worker
) -> None:
    page, shipped = admin_page, active_classifier()
    first = study.experiment.images.order_by("pk")[0]
    correct_on_the_page(page, first)
    correct_the_others(study, first)

    page.goto(reverse("training:new"))
    expect(page.get_by_text("does not let networks be trained on its spines")).to_be_visible()
    expect(page.get_by_text("There is no image to train on")).to_be_visible()
    page.goto(reverse("labs:settings", args=[study.lab.pk]))
    page.get_by_role("button", name="Let networks be trained on our reviewed spines").click()

    start_small_training(page, base)
    expect(page.locator("#run-state")).to_have_attribute("data-status", "running", timeout=WAIT_MS)
    expect(page).to_have_title(re.compile(r"^\d+ % · Training"))
    see_the_curves_move(page)
    expect(page.locator("#run-state")).to_have_attribute("data-status", re.compile("done|failed"), timeout=WAIT_MS)
    assert page.locator("#run-state").get_attribute("data-status") == "done", page.locator("main").inner_text()
    expect(page).to_have_title(re.compile("^Finished"))

    page.get_by_role("link", name="Compare with the active classifier").click()
    expect(page.locator("main")).to_contain_text(f"than {shipped}, which was active then")
    expect(page.get_by_role("region", name=re.compile("^Confusion matrix"))).to_have_count(3)  # its card has one, too
    expect(page.locator(".plot[data-name=calibration][data-state=drawn]")).to_be_attached()
    page.get_by_role("link", name=re.compile("^Promote .*…$")).last.click()
    page.get_by_role("button", name="Show what is in use there").click()
    page.get_by_label("Reason").fill("Only to see that it works.")
    page.get_by_role("button", name=re.compile("^Promote ")).click()
    expect(page.get_by_text("is the active classifier now")).to_be_visible()
    assert active_classifier() != shipped

    analyse_again_and_see_what_changed(page, study)
    roll_back(page, to=shipped)
    page.goto(reverse("results:experiment", args=[study.experiment.pk]))
    expect(page.get_by_text("analysed by other networks than those in use here")).to_be_visible()


def start_small_training(page: Page, base: Path) -> None:
    page.goto(reverse("training:new"))
    expect(page.get_by_text("By source")).to_be_visible(timeout=WAIT_MS)
    page.get_by_label("Start from").select_option(label="the beginning")
    page.get_by_text("Numbers of the recipe, to look at or to change").click()
    fields = page.locator("#recipe-fields")
    for label, value in {**SMALL, "Base": str(base)}.items():
        fields.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Steps, instead of minutes").fill("40")
    with page.expect_response(lambda answer: "/training/new/?" in answer.url):
        page.locator("#made_images").fill("0")
        page.locator("#made_images").press("Tab")
    expect(page.get_by_role("row", name=re.compile("^Training"))).to_contain_text(re.compile(r"[1-9]"))
    expect(fields.get_by_label("Batch", exact=True)).to_have_value("4")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(r"^Training \d+: classifier"))).to_be_visible()


def see_the_curves_move(page: Page) -> None:
    """More points come without a reload."""
    points = page.locator('[data-curve="loss"] .scatterlayer .trace').first.locator(".point")
    expect(points.first).to_be_attached(timeout=WAIT_MS)
    before = points.count()
    page.wait_for_function(
        """before => document.querySelector('[data-curve="loss"] .scatterlayer .trace')
            .querySelectorAll('.point').length > before""",
        arg=before,
        timeout=WAIT_MS,
    )


def analyse_again_and_see_what_changed(page: Page, study: Study) -> None:
    page.goto(reverse("experiments:images", args=[study.experiment.pk]))
    expect(page.get_by_text(f"{ANIMALS} of {ANIMALS} images were analysed by other networks than")).to_be_visible()
    page.get_by_role("button", name="Analyse them again").click()
    expect(page.get_by_role("cell", name="Finished")).to_have_count(2, timeout=WAIT_MS)
    newest = Analysis.objects.latest("pk")
    assert newest.classifier == active_classifier()
    assert set(newest.images.values_list("status", flat=True)) == {"done"}
    page.get_by_role("link", name="What changed between analyses of this experiment").click()
    expect(page.locator("main")).to_contain_text(f"analysis {newest.pk}")
    expect(page.get_by_role("region", name="Class before against class after")).to_be_visible()
    expect(page.get_by_role("region", name="The two analyses")).to_contain_text(str(newest.classifier))


def roll_back(page: Page, *, to: ModelVersion) -> None:
    page.goto(reverse("model_versions:index"))
    page.get_by_role("link", name="Roll back…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{to} becomes active in place of {active_classifier()}")
    dialog.get_by_role("button", name=re.compile("^Roll back to")).click()
    expect(page.get_by_text(f"{to} is the active classifier again")).to_be_visible()
    assert active_classifier() == to
