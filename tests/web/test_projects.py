"""A project's page, its charts and their numbers, and the forms for a new project or experiment."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, Experiment, Project
from tests.factories import Study, make_measured_study, make_study
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db


def test_lists_its_experiments(client: Client) -> None:
    study = make_study()
    client.force_login(study.viewer)
    text = client.get(reverse("projects:project", args=[study.experiment.project_id])).content.decode()
    assert reverse("experiments:images", args=[study.experiment.pk]) in text
    assert "New experiment" not in text


def test_makes_a_project_then_an_experiment(client: Client) -> None:
    study = make_study()
    client.force_login(study.owner)
    client.post(reverse("projects:new", args=[study.lab.pk]), {"name": "Stroke", "description": ""})
    project = Project.objects.get(lab=study.lab, name="Stroke")
    answer = client.post(
        reverse("projects:new_experiment", args=[project.pk]),
        {"name": "CA1", "hypothesis": "More mushroom spines", "blinded": "on"},
    )
    experiment = Experiment.objects.get(project=project)
    assert answer.headers["Location"] == reverse("experiments:images", args=[experiment.pk])
    assert (experiment.name, experiment.blinded, experiment.created_by) == ("CA1", True, study.owner)


def test_says_when_experiments_were_not_made_alike(client: Client) -> None:
    study = make_measured_study({"control": (1.0,), "treated": (1.0,)})
    other = Experiment.objects.create(project=study.experiment.project, name="Other")
    first = study.experiment.images.earliest("pk")
    first.experiment = other
    first.save()
    client.force_login(study.viewer)
    page = reverse("projects:project", args=[study.experiment.project_id])
    api, address = Api(study.viewer), f"/projects/{study.experiment.project_id}"
    assert 'id="mixed-versions"' not in client.get(page).content.decode()
    assert api.get(address).json()["mixed_versions"] == []
    AnalysisImage.objects.filter(image=first).update(measures_version=1, software_version="0.9")
    said = "2 versions of the formulas measured the spines: not stated (3 images) and version 1 (1 image)."
    assert said in client.get(page).content.decode()
    assert api.get(address).json()["mixed_versions"][0] == said
    assert len(api.get(address).json()["mixed_versions"]) == 3
    for experiment in (study.experiment, other):  # each by itself was made alike
        assert api.get(f"/experiments/{experiment.pk}/results").json()["mixed_versions"] == []
    assert api.get(address).json()["name"] == "Project"
    assert Api(make_study().owner).get(address).status_code == 404


@pytest.mark.parametrize("name", ["Project", ""])
def test_a_name_that_is_taken_or_missing_is_told_beside_the_field(client: Client, name: str) -> None:
    study = make_study()
    client.force_login(study.owner)
    answer = client.post(reverse("projects:new", args=[study.lab.pk]), {"name": name})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Project.objects.filter(lab=study.lab).count() == 1


def test_owner_viewer_stranger_nobody(client: Client) -> None:
    study, stranger = make_study(), make_study().owner
    project = study.experiment.project_id
    pages = {
        reverse("projects:project", args=[project]): (200, 200, 404, 302),
        reverse("projects:new", args=[study.lab.pk]): (200, 403, 404, 302),
        reverse("projects:new_experiment", args=[project]): (200, 403, 404, 302),
    }
    for address, wanted in pages.items():
        answers = []
        for user in (study.owner, study.viewer, stranger, None):
            client.logout()
            if user:
                client.force_login(user)
            answers.append(client.get(address).status_code)
        assert tuple(answers) == wanted, address


@pytest.fixture
def pair() -> Study:
    """Two experiments of one project: the first of control and treated animals, the second of control and aged."""
    first = make_measured_study()
    second = make_measured_study({"aged": (0.6, 0.7, 0.8), "control": (1.0, 1.1, 1.2)})
    second.experiment.project = first.experiment.project
    second.experiment.name = "Second"
    second.experiment.save()
    return first


def answer_of(client: Client, study: Study, name: str, chart: str, **query: str) -> Any:
    return client.get(reverse(f"projects:{name}", args=[study.experiment.project_id, chart]), query)


def rows_of(client: Client, study: Study, chart: str, **query: str) -> list[dict[str, str]]:
    answer = answer_of(client, study, "figure_csv", chart, **query)
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_table_gives_each_animal_the_same_weight(client: Client, pair: Study) -> None:
    client.force_login(pair.viewer)
    text = client.get(reverse("projects:project", args=[pair.experiment.project_id])).content.decode()
    rows = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)) for row in text.split("<tr>")[2:]]
    assert " Experiment 12 100 % 6 600 1.250 ± 0.288 0 % " in rows[0]  # spread over 0.9, 1.0, 1.1, 1.4, 1.5, 1.6
    assert " Second 12 100 % 6 432 0.900 ± 0.237" in rows[1]


def test_conditions_of_the_same_name_stand_side_by_side(client: Client, pair: Study) -> None:
    client.force_login(pair.viewer)
    figure = answer_of(client, pair, "figure", "density").json()
    assert figure["layout"]["xaxis"]["ticktext"] == ["Experiment", "Second", "Experiment", "Second"]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["control", "treated", "aged"]
    means, *animals = figure["data"]
    assert [trace["y"] for trace in animals[:2]] == [[0.9, 1.0, 1.1], [1.0, 1.1, 1.2]]
    assert means["y"] == pytest.approx([1.0, 1.1, 1.5, 0.7])


def test_numbers_are_one_row_an_animal(client: Client, pair: Study) -> None:
    client.force_login(pair.viewer)
    density = rows_of(client, pair, "density")
    assert len(density) == 12
    assert {row["spines_per_um"] for row in density if row["animal"] == "treated-1"} == {"1.4"}
    shares = rows_of(client, pair, "class-share", **{"class": "filopodia"})
    # Classes in turn on dendrites of 18 spines: 3 filopodia, and 3 uncertain, which a share is not of.
    assert float(shares[0]["filopodia_share"]) == pytest.approx(3 / 15, abs=1e-6)
    heads = rows_of(client, pair, "measure", measure="head_width_um")
    assert float(heads[0]["head_width_um"]) == pytest.approx(0.45)


def test_a_project_without_pixel_sizes_says_why_there_is_no_density(client: Client) -> None:
    study = make_measured_study(pixel_size_um=None)
    client.force_login(study.viewer)
    for chart in ("density", "measure"):
        figure = answer_of(client, study, "figure", chart).json()
        assert "pixel size" in figure["layout"]["meta"]["note"]
    assert len(rows_of(client, study, "class-share")) == 6


def test_charts_are_for_members_and_of_what_there_is(client: Client, pair: Study) -> None:
    client.force_login(make_study().owner)
    assert answer_of(client, pair, "figure", "density").status_code == 404
    assert answer_of(client, pair, "figure_csv", "density").status_code == 404
    client.force_login(pair.viewer)
    assert answer_of(client, pair, "figure", "nothing").status_code == 404
    assert answer_of(client, pair, "figure", "measure", measure="colour").status_code == 422
    assert answer_of(client, pair, "figure", "class-share", **{"class": "colour"}).status_code == 422


def test_the_number_of_queries_does_not_grow_with_the_experiments(
    client: Client, pair: Study, django_assert_max_num_queries: Any
) -> None:
    client.force_login(pair.viewer)
    for number in range(5):
        Experiment.objects.create(project=pair.experiment.project, name=f"Empty {number}")
    with django_assert_max_num_queries(13):
        assert client.get(reverse("projects:project", args=[pair.experiment.project_id])).status_code == 200
