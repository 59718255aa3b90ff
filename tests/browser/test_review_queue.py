"""The review queue in Chromium: by keys alone, in each order, left and taken up again, the network unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Route, expect

from spines.models import Image, Lab, ReviewStep, Spine, User
from tests.browsers import enter
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db(transaction=True)

CLASSES = ("mushroom", "thin", "stubby", "filopodia")
FOUND = [
    found(CLASSES[n % 4], box_px=(20 + 24 * (n % 9), 20 + 60 * (n // 9), 14, 16), uncertain=n % 6 == 0)
    for n in range(18)
]


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    first, second = (upload(study, tmp_path, name, side_px=256) for name in ("a.tif", "b.tif"))
    finish(queue_analysis(study, [first, second]), [FOUND, FOUND])
    return first


@pytest.fixture
def sign_in(page: Page) -> Callable[[User], Page]:
    def signed_in(user: User) -> Page:
        enter(page, user)
        return page

    return signed_in


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.locator("#stage[data-state=drawn]").wait_for(state="visible")
        page.keyboard.press(key)
    page.locator("#queue[data-saving=false]").wait_for(state="attached")


def test_a_sitting_by_keys_alone(sign_in: Callable[[User], Page], annotator: User, study: Study, image: Image) -> None:
    page = sign_in(annotator)
    page.goto(reverse("review:queue", args=[study.experiment.pk]))
    expect(page.locator("#queue-count")).to_have_text("0 of 36 answered")
    expect(page.locator("#step-says")).to_contain_text("unsure")
    press(page, "m", "t", ",", "Delete", " ")
    expect(page.locator("#queue-count")).to_have_text("5 of 36 answered")
    steps = list(ReviewStep.objects.order_by("at").values_list("answer", flat=True))
    assert steps[:4] == ["mushroom", "thin", "cannot_say", "not_a_spine"]
    press(page, "ArrowLeft")
    expect(page.get_by_role("button", name="Cannot say")).to_have_attribute("aria-pressed", "false")
    press(page, "s")
    expect(page.locator("#queue-count")).to_have_text("5 of 36 answered")
    press(page, "u")
    expect(page.locator("#queue-count")).to_have_text("4 of 36 answered")
    press(page, "f")
    page.get_by_label("Brightness").fill("150")
    page.reload()
    expect(page.locator("#queue-count")).to_have_text("5 of 36 answered")
    expect(page.get_by_label("Brightness")).to_have_value("150")
    Spine.objects.update(rule_classes={})
    Spine.objects.filter(number=5).update(rule_classes={Lab.objects.get().rule_preset: "stubby"})
    page.get_by_role("combobox", name="Go through").select_option("disagreeing")
    expect(page.locator("#queue-count")).to_have_text("0 of 2 answered")
    press(page, "t", "t")
    expect(page.locator("#queue-end")).to_contain_text("All of it is answered.")
    page.get_by_role("combobox", name="Go through").select_option("random")
    expect(page.locator("#queue")).to_have_attribute("data-hide", "yes")
    expect(page.get_by_role("button", name="As the network says")).to_have_count(0)
    before = Spine.objects.exclude(reviewed_class="").count()
    press(page, " ", "m", "m", "m", "m", "m", "m")
    assert Spine.objects.exclude(reviewed_class="").count() == before + 6
    expect(page.locator("#network")).to_contain_text("Not enough was seen yet")
    page.get_by_role("combobox", name="Go through").select_option("dendrite")
    page.locator("#stage[data-state=drawn]").wait_for(state="visible")
    with page.expect_response("**/answer/"):
        page.get_by_role("button", name="Mushroom").click()
    page.goto(reverse("review:queue", args=[study.experiment.pk]))  # without an order: the last one
    expect(page.get_by_role("combobox", name="Go through")).to_have_value("dendrite")


def test_by_the_mouse_to_the_end(sign_in: Callable[[User], Page], annotator: User, study: Study, image: Image) -> None:
    kept = Spine.objects.order_by("pk").first()
    assert kept is not None
    Spine.objects.exclude(pk__in=[kept.pk, kept.pk + 1]).update(reviewed_class="thin")
    page = sign_in(annotator)
    page.goto(reverse("review:queue", args=[study.experiment.pk]) + "?order=all")
    page.locator("#stage[data-state=drawn]").wait_for(state="visible")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.locator("#stage").click()
    page.locator("[data-act=on]").click()
    page.locator("#queue[data-saving=false]").wait_for(state="attached")
    assert not [url for url in sent if "/answer/" in url], "neither the picture nor On is an answer"
    for _ in range(2):
        page.locator("#stage[data-state=drawn]").wait_for(state="visible")
        with page.expect_response("**/answer/"):
            page.get_by_role("button", name="Stubby").click()
    expect(page.locator("#queue-end")).to_contain_text("All of it is answered.")
    assert Spine.objects.filter(reviewed_class="stubby").count() == 2


def test_a_picture_that_is_long_in_coming_is_said_to_be_loading(
    sign_in: Callable[[User], Page], annotator: User, study: Study, image: Image
) -> None:
    page = sign_in(annotator)
    waiting: list[Route] = []
    page.route("**/window.png*", lambda route: waiting.append(route))
    page.goto(reverse("review:queue", args=[study.experiment.pk]))
    loading = page.locator("#stage").get_by_text("Loading the picture…")
    expect(loading).to_be_visible()
    assert len(waiting) == 1, "those of the next spines come after the one that is looked at"
    waiting[0].continue_()
    expect(loading).to_be_hidden()
    while len(waiting) < 9:
        page.wait_for_timeout(50)
    for route in waiting[1:]:
        route.continue_()
    page.unroute_all(behavior="ignoreErrors")
    press(page, "m")


def test_what_cannot_be_saved_is_told_and_shown_again(
    sign_in: Callable[[User], Page], study: Study, image: Image, page_problems: list[str]
) -> None:
    page = sign_in(study.owner)
    page.goto(reverse("review:queue", args=[study.experiment.pk]) + "?order=all")
    page.locator("#stage[data-state=drawn]").wait_for(state="visible")
    shown = page.locator("#stage").get_attribute("data-step")
    page.context.set_offline(True)
    press(page, "m")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    expect(page.locator("#stage")).to_have_attribute("data-step", shown or "")
    expect(page.locator("#queue-count")).to_have_text("0 of 36 answered")
    page.context.set_offline(False)
    press(page, "m")
    expect(page.locator("#queue-count")).to_have_text("1 of 36 answered")
    assert ReviewStep.objects.get().spine_id == int(shown or 0)
    page_problems[:] = [each for each in page_problems if "ERR_INTERNET_DISCONNECTED" not in each]
