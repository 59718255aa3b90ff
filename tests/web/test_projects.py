"""A project's page and the forms for a new project or experiment."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Experiment, Project
from tests.factories import make_study

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
