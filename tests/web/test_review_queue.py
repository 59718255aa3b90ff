"""The Review page over HTTP: who may, what is told to whom, and what is refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import BlindRater, ClassSet, Image, ReaderStudy, Spine, StudyRater, User
from spines.selectors.review.state import version_of
from tests.factories import Study, finish, found, make_study, queue_analysis, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path, "secret_treated_7.tif")
    finish(queue_analysis(study, [made]), [[found("mushroom"), found("thin", box_px=(40, 8, 6, 12), uncertain=True)]])
    return made


def steps(client: Client, study: Study, **fields: str) -> Any:
    address = reverse("review:steps", args=[study.experiment.pk])
    answer = client.post(address, fields, headers={"Accept": "application/json"})
    return {"status": answer.status_code, **answer.json()}


def test_annotators_review_others_are_told_why_not(client: Client, study: Study, image: Image, annotator: User) -> None:
    page = reverse("review:queue", args=[study.experiment.pk])
    for user, status, told in ((annotator, 200, 200), (study.viewer, 403, 200), (make_study().owner, 404, 404)):
        client.force_login(user)
        assert client.get(page).status_code == told
        assert steps(client, study)["status"] == status
    client.force_login(study.viewer)
    assert "Annotators and managers" in client.get(page).content.decode()
    client.force_login(annotator)
    for wrong in ({"order": "prettiest"}, {"n": "0"}, {"held": "a"}):
        assert "wrong" in str(steps(client, study, **wrong)["error"])
    spine = Spine.objects.first()
    assert spine is not None
    sent = {"answer": "winged", "version": version_of(spine.analysis_image)}
    refused = client.post(reverse("review:answer", args=[spine.pk]), sent, headers={"Accept": "application/json"})
    assert (refused.status_code, "no class “winged”" in refused.json()["error"]) == (422, True)


def test_the_page_has_the_experiments_own_classes_and_windows(client: Client, study: Study, image: Image) -> None:
    own = [{"key": "branched", "name": "Branched", "letter": "B", "keyboard": "r"}]
    study.experiment.class_set = ClassSet.objects.create(lab=study.lab, name="With branched", own=own)
    study.experiment.save()
    client.force_login(study.owner)
    page = client.get(reverse("review:queue", args=[study.experiment.pk])).content.decode()
    assert 'data-answer="branched"' in page
    (first, *_) = steps(client, study)["steps"]
    assert client.get(first["picture"])["Content-Type"] == "image/png"
    assert (first["network"], first["uncertain"]) == ("thin", True)  # least sure first


def test_what_the_network_says_is_hidden_on_demand_and_from_raters_of_an_open_study(
    client: Client, study: Study, image: Image, annotator: User
) -> None:
    hidden = {"network": None, "uncertain": False, "sureness": None, "rule": None}
    page = reverse("review:queue", args=[study.experiment.pk])
    client.force_login(annotator)
    (first, *_) = steps(client, study, hide="on")["steps"]
    assert {name: first[name] for name in hidden} == hidden
    assert "As the network says" not in client.get(page + "?order=random").content.decode()
    assert "As the network says" in client.get(page + "?order=random&hide=no").content.decode()
    rated = ReaderStudy.objects.create(experiment=study.experiment, name="Apart", seed=1)
    StudyRater.objects.create(study=rated, user=annotator)
    refused = steps(client, study, order="uncertain")
    assert (refused["status"], "Apart" in str(refused["error"])) == (409, True)
    (first, *_) = steps(client, study, order="all")["steps"]
    assert {name: first[name] for name in hidden} == hidden
    text = client.get(page + "?order=uncertain&hide=no").content.decode()
    assert "As the network says" not in text
    assert "Hidden from you while you rate" in text
    assert 'value="disagreeing"' not in text
    assert 'data-order="dendrite"' in text


def test_a_sealed_experiment_is_gone_through_by_codes(
    client: Client, study: Study, image: Image, annotator: User
) -> None:
    study.experiment.blinded = True
    study.experiment.save()
    page = reverse("review:queue", args=[study.experiment.pk])
    client.force_login(annotator)
    text = client.get(page).content.decode()
    assert reverse("results:experiment", args=[study.experiment.pk]) not in text
    batch = steps(client, study)
    assert "secret_treated" not in text + str(batch)
    assert image.code in str(batch)
    assert BlindRater.objects.filter(user=annotator).exists()
    client.force_login(study.owner)
    assert "Rate blind" in client.get(page).content.decode()
    assert steps(client, study)["status"] == 409
