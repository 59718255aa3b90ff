"""The planning page: prefilled from the experiment, or from typed values; its CSV; what it refuses."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage
from spines.selectors.results.variation import measured_variation
from spines.statistics.planning import Aim, Question, Variation, animals_for
from tests.factories import Study, make_measured_study, make_study
from tests.web.results_pages import csv_rows, words
from tests.web.three_designs import paired

pytestmark = pytest.mark.django_db

DENSITIES = {"control": (0.9, 1.0, 1.1, 1.0), "treated": (1.2, 1.3, 1.5, 1.4)}


def plan(study: Study, name: str = "planning") -> str:
    return reverse(f"designs:{name}", args=[study.experiment.pk])


def test_a_plan_comes_from_the_experiments_own_variation(client: Client) -> None:
    study = make_measured_study(DENSITIES)
    client.force_login(study.viewer)
    own = measured_variation(study.experiment, "density")
    assert own
    # Dendrites of an animal are alike here: what varies is animals, by 8.2 and 9.6 % of their means.
    assert own.variation.animals == pytest.approx(0.089, abs=0.002)
    assert own.variation.cells + own.variation.dendrites == pytest.approx(0, abs=1e-3)
    assert (own.animals, own.cells, own.rows) == (8, 16, 32)

    page = words(client, plan(study), question=Question.GROUPS, effect="-15", cells="3", dendrites="3")
    needed = animals_for(Aim(question=Question.GROUPS, effect=-0.15), own.variation)
    assert f"{needed} animals a group are needed to find density 15 % lower in 80 % of experiments" in page
    assert "measured in 8 animals of this experiment" in page
    assert "At its upper end" in page

    rows = {row["what"]: row for row in csv_rows(client, plan(study, "planning_csv"), effect="-15")}
    assert rows["animals a group"]["value"] == str(needed)
    assert rows["SD of one animal's mean from another's, % of the mean"]["from"].startswith("measured in 8 animals")


def test_published_values_can_be_typed_in_where_nothing_was_measured(client: Client) -> None:
    study = make_study()
    client.force_login(study.viewer)
    assert "does not tell it yet" in words(client, plan(study))
    asked = {"effect": "−20", "power": "90 %", "cv_animals": "12,5", "cv_cells": "20", "cells": "4", "dendrites": "1"}
    page = words(client, plan(study), **asked)
    variation = Variation(animals=0.125, cells=0.2, dendrites=0)
    aim = Aim(question=Question.GROUPS, effect=-0.2, power=0.9, cells=4, dendrites=1)
    assert f"{animals_for(aim, variation)} animals a group are needed" in page
    assert "typed in" in page
    assert "At its upper end" not in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"effect": "much"}, "is no number"),
        ({"effect": "0"}, "other than 0"),
        ({"effect": "-15"}, "does not tell yet how much animals vary"),
        ({"effect": "-15", "cv_animals": "20", "animals": "1"}, "2 to 200 animals"),
        ({"effect": "-15", "cv_animals": "nan"}, "is no number"),
        ({"effect": "-15", "cv_animals": "20", "cells": "1e9"}, "1 to 100 cells"),
    ],
)
def test_what_cannot_be_planned_is_said(client: Client, asked: dict[str, str], said: str) -> None:
    study = make_study()
    client.force_login(study.viewer)
    answer = client.get(plan(study), asked)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_others_see_no_plan(client: Client) -> None:
    study = make_measured_study(DENSITIES)
    client.force_login(make_study().owner)
    assert client.get(plan(study)).status_code == 404
    assert client.get(plan(study, "planning_csv")).status_code == 404


def test_of_one_image_an_animal_and_session_what_is_left_is_how_changes_differ() -> None:
    study = paired()
    AnalysisImage.objects.filter(image__cell__name="c2").update(is_current=False)
    for result in AnalysisImage.objects.filter(is_current=True):
        first = result.dendrites.order_by("pk")[0]
        first.spines.all().delete()
        first.delete()
    own = measured_variation(study.experiment, "density")
    assert own
    assert own.knows_responses
    assert own.variation.responses > 0
    assert (own.variation.cells, own.variation.dendrites) == (0, 0)
