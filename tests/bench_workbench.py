"""How fast reviewing is in Chromium: `make bench-review`, which is no test. Software rendering, as this machine is.

Keys and milliseconds of thirty spines in the queue; milliseconds until the next image is drawn; frames while a gallery
of five thousand crops scrolls, and five hundred named at once; frames while a picture of four thousand spines is moved
and enlarged, and the picture alone.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.urls import reverse
from playwright.sync_api import Page

from spines.models import AnalysisImage, Image, Spine, SpineShape
from spines.services.images.uploads import add_image
from spines.synthesis.phantom import PhantomParameters, make_phantom
from tests.factories import CLASSES_IN_TURN, PASSWORD, Study, add_dendrite, add_spines, current_row, upload
from tests.phantom_images import analyse_phantom, upload_phantom

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

WATCH_STEPS = """() => {
  window.steps = [];
  let pressed = 0, before = null;
  document.addEventListener("keydown", () => { pressed = performance.now(); before = stage.dataset.step; }, true);
  const stage = document.getElementById("stage");
  new MutationObserver(() => {
    if (!pressed || stage.dataset.step === before || stage.dataset.state !== "drawn") return;
    const since = pressed;
    pressed = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => window.steps.push(performance.now() - since)));
  }).observe(stage, { attributes: true });
}"""
WATCH_IMAGES = """
  const now = () => performance.timeOrigin + performance.now();
  addEventListener("keydown", ({ key }) => key === "n" && sessionStorage.setItem("pressed", now()), true);
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    if (document.getElementById("look")?.dataset.state !== "ready" || "drawn_ms" in window) return;
    window.drawn_ms = null;
    const drawn = () => { window.drawn_ms = now() - sessionStorage.getItem("pressed"); };
    requestAnimationFrame(() => requestAnimationFrame(drawn));
  }).observe(document.body, { attributes: true, subtree: true, attributeFilter: ["data-state"] }));
"""
WATCH_FRAMES = """() => {
  window.frames_ms = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_ms.push(now - last);
    last = now;
    if (window.watching) requestAnimationFrame(frame);
  };
  window.watching = true;
  requestAnimationFrame(frame);
}"""
SET_STYLE = """(rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
}"""
DAB = """async () => {
  const viewer = document.getElementById("viewer"), strokes = () => document.querySelectorAll(".stroke").length;
  const begun = performance.now();
  viewer.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true }));
  do await new Promise(requestAnimationFrame); while (strokes());
  return performance.now() - begun;
}"""
END_FRAMES = "() => { window.watching = false; return window.frames_ms.slice(2); }"


@pytest.fixture
def opened(page: Page, study: Study) -> Callable[[str], Page]:
    """A page of the pages, signed in as the study's manager."""

    def opened(address: str) -> Page:
        page.set_default_timeout(180_000)
        page.goto(reverse("accounts:sign_in"))
        page.get_by_label("Name").fill(study.owner.username)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(address)
        return page

    return opened


def told(what: str, **figures: Any) -> None:
    """A line of the table."""
    print(f"\n{what}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))  # noqa: T201


def frames(what: str, frames_ms: list[float], **more: Any) -> None:
    """A line about frames."""
    a_second = 1000 * len(frames_ms) / sum(frames_ms)
    told(what, frames=len(frames_ms), a_second=round(a_second, 1), longest_ms=round(max(frames_ms)), **more)


def many_spines(study: Study, image: Image, n: int, side_px: int) -> AnalysisImage:
    """A result of n spines with outlines, in rows over the whole picture."""
    result = current_row(study, image)
    add_spines(result, [CLASSES_IN_TURN[at % 5] for at in range(n)], dendrite=add_dendrite(result))
    a_row = max(1, int(n**0.5))
    spines = list(result.spines.order_by("number"))
    for at, spine in enumerate(spines):
        spine.x_px = 4 + (at % a_row) * (side_px - 30) / a_row
        spine.y_px = 4 + (at // a_row) * (side_px - 30) / (n / a_row)
    Spine.objects.bulk_update(spines, ["x_px", "y_px"], batch_size=1000)
    turn = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    around = np.stack([7 + 6 * np.cos(turn) + np.cos(5 * turn), 8 + 7 * np.sin(turn)], axis=1)
    SpineShape.objects.filter(spine__analysis_image=result).delete()
    SpineShape.objects.bulk_create(
        [
            SpineShape(
                spine=spine,
                outline_px=(around + np.array([spine.x_px, spine.y_px])).round(2).tolist(),
                midline_px=[[spine.x_px + 7, spine.y_px + y] for y in (1, 8, 15)],
            )
            for spine in spines
        ],
        batch_size=1000,
    )
    return result


def test_thirty_spines_in_the_queue(opened: Callable[[str], Page], study: Study, tmp_path: Path) -> None:
    for seed in range(3):
        made = make_phantom(PhantomParameters(dendrite_length_um=40, pixel_size_um=0.1), seed=seed)
        path = tmp_path / f"{seed}.tif"
        tifffile.imwrite(path, made.pixels)
        image = add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
        result = current_row(study, image)
        spines = add_spines(result, ["uncertain"] * len(made.boxes_px))
        for spine, box in zip(spines, made.boxes_px, strict=True):
            spine.x_px, spine.y_px, spine.width_px, spine.height_px = box
        Spine.objects.bulk_update(spines, ["x_px", "y_px", "width_px", "height_px"])
    page = opened(reverse("review:queue", args=[study.experiment.pk]))
    page.locator("#stage[data-state=drawn]").wait_for()
    page.evaluate(WATCH_STEPS)
    page.wait_for_timeout(1500)
    keys = 0
    for at in range(30):
        page.keyboard.press("mts "[at % 4])
        keys += 1
        page.wait_for_timeout(400)  # a person looks at it
    page.locator("#queue[data-saving=false]").wait_for(state="attached")
    steps: list[float] = page.evaluate("() => window.steps")
    named = Spine.objects.exclude(reviewed_class="").count()
    median, longest = round(statistics.median(steps)), round(max(steps))
    told("queue", spines=named, keys_a_spine=keys / named, median_ms=median, longest_ms=longest)


def test_the_next_image(opened: Callable[[str], Page], study: Study, tmp_path: Path) -> None:
    images = [upload(study, tmp_path, f"{n}.tif", side_px=1024) for n in range(7)]
    for image in images:
        many_spines(study, image, 100, 1024)
    page = opened(reverse("images:image", args=[images[0].pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    page.add_init_script(WATCH_IMAGES)
    page.reload()
    took_ms: list[float] = []
    for _ in images[1:]:
        page.locator("#look[data-state=ready]").wait_for(state="attached")
        page.wait_for_timeout(1500)  # a person looks at it
        with page.expect_navigation(wait_until="commit"):
            page.keyboard.press("n")
        page.wait_for_function("() => window.drawn_ms")
        took_ms.append(page.evaluate("() => window.drawn_ms"))
    told("next image", images=len(took_ms), median_ms=round(statistics.median(took_ms)), longest_ms=round(max(took_ms)))


def test_a_gallery_of_five_thousand(opened: Callable[[str], Page], study: Study, tmp_path: Path) -> None:
    for _ in range(50):
        many_spines(study, upload(study, tmp_path, side_px=512), 100, 512)
    page = opened(reverse("results:spines", args=[study.experiment.pk]) + "?as=gallery")
    page.locator("#gallery[data-state=ready]").wait_for(state="attached")
    page.mouse.move(600, 500)
    for what in ("gallery, first time through", "gallery, again"):
        page.evaluate("() => window.scrollTo(0, 0)")
        page.evaluate(WATCH_FRAMES)
        for _ in range(100):
            page.mouse.wheel(0, 400)
            page.wait_for_timeout(30)
        tiles = page.locator(".tile-crop").count()
        frames(what, page.evaluate(END_FRAMES), tiles=tiles)
    page.evaluate("() => window.scrollTo(0, 0)")
    page.locator(".tile-crop").nth(0).click()
    page.locator(".tile-crop").nth(499).click(modifiers=["Shift"])
    chosen = page.locator("#gallery-chosen").inner_text()
    named_ms = page.evaluate("""async () => {
      const begun = performance.now(), root = document.getElementById("gallery");
      root.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }));
      do await new Promise(requestAnimationFrame); while (root.dataset.saving !== "false");
      return performance.now() - begun;
    }""")
    named = Spine.objects.filter(reviewed_class="stubby").count()
    told("many named at once", chosen=chosen, named=named, until_saved_ms=round(named_ms))


def test_a_picture_of_four_thousand(opened: Callable[[str], Page], study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path, side_px=4096)
    many_spines(study, image, 4000, 4096)
    page = opened(reverse("images:image", args=[image.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    page.wait_for_timeout(1000)
    box = page.locator("#viewer").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    for what, style in (
        ("4,000 spines", ""),
        ("the picture alone", ".overlay { display: none }"),
    ):
        page.evaluate(SET_STYLE, style)
        page.wait_for_timeout(1500)
        page.evaluate(WATCH_FRAMES)
        for by in [-120] * 12 + [120] * 6:
            page.mouse.wheel(0, by)
            page.wait_for_timeout(60)
        frames(f"{what}, enlarged", page.evaluate(END_FRAMES))
        page.evaluate(WATCH_FRAMES)
        page.mouse.down()
        for at in range(60):
            page.mouse.move(x + 3 * (at % 30), y + 2 * (at % 30))
            page.wait_for_timeout(16)
        page.mouse.up()
        frames(f"{what}, moved", page.evaluate(END_FRAMES))
        page.get_by_role("button", name="Whole picture").click()


def test_from_an_outline_to_its_measures(opened: Callable[[str], Page], study: Study, tmp_path: Path) -> None:
    image = upload_phantom(study, tmp_path)
    analyse_phantom(study, image)
    page = opened(reverse("images:image", args=[image.pk]))
    page.locator("#look[data-state=ready]").wait_for(state="attached")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    page.keyboard.press(" ")  # the brush is in the middle
    taken_ms = []
    for at in range(20):
        page.keyboard.press("Shift+ArrowUp" if at % 2 else "Shift+ArrowRight")
        taken_ms.append(page.evaluate(DAB))
        page.wait_for_timeout(100)
    median, longest = round(statistics.median(taken_ms)), round(max(taken_ms))
    told("outline, from dab to measures", dabs=len(taken_ms), median_ms=median, longest_ms=longest)
