"""The pages' scripts: all of them are checked, and know the rows that the server sends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.vocabulary.measures import MEASURES
from tests.factories import Study, finish, found, queue_analysis, upload
from tests.phantom_images import analyse_phantom, upload_phantom
from webapp.serve.programs import PROJECT

SCRIPTS = sorted((PROJECT / "static/js").rglob("*.js"))
ROWS = "".join((PROJECT / f"static/js/types/{name}.d.ts").read_text() for name in ("answers", "review"))


def stated(interface: str) -> set[str]:
    """The fields that an interface of static/js/types always has."""
    found = re.search(rf"^interface {interface} {{\n(.*?)^}}", ROWS, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, interface
    return set(re.findall(r"^  (\w+):", found.group(1), flags=re.MULTILINE))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_the_types_of_a_script_are_checked_and_nowhere_let_off(script: Path) -> None:
    text = script.read_text()
    assert text.startswith("// @ts-check\n")
    assert not re.search(r"@ts-(ignore|nocheck|expect-error)|eslint-disable|@type \{\*\}|\bany\b[>}\]]", text)


def test_the_check_is_strict_and_takes_all_scripts() -> None:
    config = json.loads((PROJECT / "tsconfig.json").read_text())
    assert {name for name in ("strict", "checkJs", "noUncheckedIndexedAccess") if config["compilerOptions"][name]} == {
        "strict",
        "checkJs",
        "noUncheckedIndexedAccess",
    }
    assert "static/js/**/*.js" in config["include"]
    assert "exclude" not in config


@pytest.mark.django_db
def test_the_rows_of_the_image_page_are_those_that_its_scripts_know(
    client: Client, study: Study, tmp_path: Path
) -> None:
    image = upload_phantom(study, tmp_path)
    analyse_phantom(study, image)
    client.force_login(study.owner)
    body: dict[str, Any] = client.get(reverse("images:spines_json", args=[image.pk])).json()
    assert set(body) == stated("ImageAnswer")
    assert set(body["image"]) == stated("ImageRow")
    assert set(body["review"]) == stated("ReviewRow")
    assert set(body["spines"][0]) - set(MEASURES) == stated("SpineRow")
    assert set(body["dendrites"][0]) == stated("DendriteRow")


@pytest.mark.django_db
def test_an_answer_to_an_edit_is_what_its_scripts_know(client: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    finish(queue_analysis(study, [image]), [[found("mushroom")]])
    client.force_login(study.owner)
    shown = client.get(reverse("images:spines_json", args=[image.pk])).json()
    spine = shown["spines"][0]
    answer = client.post(
        reverse("images:relabel", args=[spine["id"]]), {"class": "thin", "version": shown["review"]["version"]}
    )
    assert set(answer.json()) == stated("EditAnswer")
    (happening,) = client.get(spine["history"]).json()["history"]
    assert set(happening) == stated("Happening")


@pytest.mark.django_db
def test_the_rows_of_the_review_page_are_those_that_its_scripts_know(
    client: Client, study: Study, tmp_path: Path
) -> None:
    analyse_phantom(study, upload_phantom(study, tmp_path))
    client.force_login(study.owner)
    batch: dict[str, Any] = client.post(reverse("review:steps", args=[study.experiment.pk])).json()
    assert set(batch) == stated("QueueBatch")
    assert set(batch["progress"]) == stated("QueueProgressRow")
    step = batch["steps"][0]
    assert set(step) == stated("QueueStep")
    assert step["dendrites_px"]
    left_px, top_px, side_px, _ = step["window_px"]
    assert left_px < step["box_px"][0] < left_px + side_px
    assert top_px < step["box_px"][1] < top_px + side_px
    said = client.post(reverse("review:answer", args=[step["id"]]), {"answer": "thin", "version": step["version"]})
    assert set(said.json()) == stated("QueueSaid")
