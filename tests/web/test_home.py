"""Home and the page of a lab."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Experiment
from spines.services.analyses import jobs
from tests.factories import finish, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_first_time_shows_three_steps_and_where_to_begin(client: Client) -> None:
    study = make_study()
    study.experiment.delete()
    client.force_login(study.owner)
    text = page(client, reverse("home:home"))
    assert "Make a project and an experiment" in text
    assert reverse("projects:new", args=[study.lab.pk]) in text


def test_someone_without_a_lab_is_told_whom_to_ask(client: Client) -> None:
    client.force_login(make_user())
    assert "You are in no lab yet" in page(client, reverse("home:home"))


def test_shows_what_runs_and_polls_only_for_that(client: Client, tmp_path: Path) -> None:
    study = make_study()
    analysis = queue_analysis(study, [upload(study, tmp_path), upload(study, tmp_path)])
    client.force_login(study.owner)
    assert "0 of 2 images" in page(client, reverse("home:home"))
    assert reverse("analyses:progress", args=[analysis.pk]) in page(client, reverse("home:home"))
    finish(analysis, [[found()], []])
    assert reverse("analyses:progress", args=[analysis.pk]) not in page(client, reverse("home:home"))


def test_counts_of_an_experiment_are_not_multiplied_by_joins(client: Client, tmp_path: Path) -> None:
    study = make_study()
    images = [upload(study, tmp_path) for _ in range(3)]
    finish(queue_analysis(study, images), [[found()] * 2, [found()], []])
    finish(queue_analysis(study, images[:1]), [[found()] * 4])
    client.force_login(study.owner)
    answer = client.get(reverse("home:home"))
    (experiment,) = answer.context["experiments"]
    assert (experiment.n_images, experiment.n_analysed, experiment.spines.counted) == (3, 3, 5)


def test_the_experiment_that_got_an_image_last_comes_first(client: Client, tmp_path: Path) -> None:
    study = make_study()
    project = study.experiment.project
    Experiment.objects.create(project=project, name="Made later")
    upload(study, tmp_path)
    client.force_login(study.owner)
    experiments = client.get(reverse("home:home")).context["experiments"]
    assert [e.name for e in experiments] == ["Experiment", "Made later"]


def test_failed_images_stand_with_their_sentence_until_they_succeed(client: Client, tmp_path: Path) -> None:
    study = make_study()
    image = upload(study, tmp_path)
    job = jobs.claim(queue_analysis(study, [image]).images.get().pk)
    assert job is not None
    jobs.record_failure(job, sentence="The file is cut off. Copy it again.")
    client.force_login(study.owner)
    assert "The file is cut off. Copy it again." in page(client, reverse("home:home"))
    finish(queue_analysis(study, [image]), [[found()]])
    assert "The file is cut off" not in page(client, reverse("home:home"))


def test_a_strangers_lab_is_not_there(client: Client) -> None:
    study, other = make_study("Mine"), make_study("Theirs")
    client.force_login(study.owner)
    assert client.get(reverse("home:lab", args=[other.lab.pk])).status_code == 404
    text = page(client, reverse("home:home"))
    assert "Mine" in text
    assert "Theirs" not in text
