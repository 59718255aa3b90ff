"""axe finds nothing of WCAG 2.2 A and AA on the pages of people and of the main job, light and dark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from spines.models import ReaderStudy, Task, User
from spines.services.images.tasks import assign_images
from spines.services.reader_studies.answering import answer_item, save_marks
from spines.services.reader_studies.making import close_reader_study, make_reader_study
from tests.factories import PASSWORD, Study, finish, found, make_annotator, queue_analysis, upload
from webapp.serve.programs import PROJECT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

AXE = Path(os.environ.get("AXE_CORE", PROJECT / "node_modules/axe-core/axe.min.js"))
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOUND = [found("mushroom", box_px=(40, 60, 30, 30)), found("thin", box_px=(150, 20, 14, 30), uncertain=True)]


def faults(page: Page) -> Iterator[str]:
    """What axe says of the page that is open, in both themes."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        answer: dict[str, Any] = page.evaluate(
            "tags => axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })", TAGS
        )
        for violation in answer["violations"]:
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            yield f"{page.url} {scheme}: {violation['id']} at {places[:4]}"


def studies_of(lab: Study, raters: list[User]) -> list[ReaderStudy]:
    """One of each task, open, and one of each, answered and closed."""
    made = []
    for task in Task:
        for is_closed in (False, True):
            study = make_reader_study(
                user=lab.owner,
                experiment_id=lab.experiment.pk,
                name=f"{task.label}, {'closed' if is_closed else 'open'}",
                rater_ids=[rater.pk for rater in raters],
                task=task,
                again_percent=0,
            )
            if is_closed:
                answer_all(study, raters)
                close_reader_study(user=lab.owner, study_id=study.pk)
            made.append(study)
    return made


def answer_all(study: ReaderStudy, raters: list[User]) -> None:
    for at, rater in enumerate(raters):
        for item in study.items.all():
            asked: dict[str, Any] = {"user": rater, "study_id": study.pk, "item_id": item.pk}
            if study.task == Task.CLASSIFY:
                answer_item(**asked, answer=("mushroom", "thin")[at])
                continue
            x, y = 20.0 + at, 30.0
            mark: dict[str, Any] = {"outline_px": [[x, y], [x + 9, y], [x, y + 9]]}
            if study.task != Task.OUTLINE:
                mark = {"box_px": [x, y, 20, 20], "class": ("mushroom", "thin")[at]}
            save_marks(**asked, marks=[mark], version=0, is_done=True)


@pytest.mark.timeout(900)
def test_axe_finds_nothing(page: Page, study: Study, tmp_path: Path, settings: Any) -> None:
    settings.SPINULA_OIDC = settings.SPINULA_LDAP = {"name": "Example University"}
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make setup` brings it")
    page.add_init_script(AXE.read_text())
    images = [upload(study, tmp_path, side_px=256, pixel_size_um=0.1) for _ in range(2)]
    finish(queue_analysis(study, images), [FOUND, FOUND])
    raters = [study.owner, make_annotator(study)]
    studies = studies_of(study, raters)
    given: dict[str, Any] = {"experiment_id": study.experiment.pk, "image_ids": [images[0].pk]}
    assign_images(user=study.owner, person_id=study.owner.pk, **given)
    said: list[str] = []
    page.goto(reverse("accounts:sign_in"))
    said += faults(page)
    page.get_by_label("Name").fill(study.owner.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    experiment, lab = [study.experiment.pk], [study.lab.pk]
    addresses = [
        reverse("home:home"),
        reverse("images:image", args=[images[0].pk]),
        *(reverse(name) for name in ("accounts:account", "mfa_index", "mfa_list_webauthn")),
        *(reverse(name, args=lab) for name in ("people:members", "audit:lab", "experiments:tasks", "labs:settings")),
        *(reverse(name, args=experiment) for name in ("experiments:images", "results:experiment", "results:spines")),
        *(reverse(name, args=experiment) for name in ("designs:design", "reader_studies:of_experiment")),
        *(reverse("reader_studies:rate", args=[each.pk]) for each in studies if each.pk % 2 == studies[0].pk % 2),
        *(reverse("reader_studies:study", args=[each.pk]) for each in studies),
    ]
    for address in addresses:
        page.goto(address)
        page.wait_for_load_state("networkidle")
        said += faults(page)
    assert said == []
