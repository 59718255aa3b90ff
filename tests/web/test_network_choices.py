"""Whose network, on pages, in API and report: by administrator, manager, annotator, viewer and stranger."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Analysis, Lab, ModelVersion, NetworkChoice, User
from spines.services.models.choosing import choose_network
from tests.domain.test_networks_in_use import another
from tests.factories import (
    Study,
    finish,
    found,
    make_annotator,
    make_measured_study,
    make_study,
    make_user,
    make_versions,
    upload,
)
from tests.web.api_client import Api
from tests.web.results_pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    make_versions()
    made = make_measured_study({"control": (0.5,)})
    Lab.objects.filter(pk=made.lab.pk).update(name="Our lab")
    made.lab.refresh_from_db()
    return made


@pytest.fixture
def other() -> ModelVersion:
    return another()


def put(who: User | Api, path: str, version: ModelVersion, reason: str = "ours") -> int:
    api = who if isinstance(who, Api) else Api(who)
    body = {"version_id": version.pk, "reason": reason}
    answer = api.client.put(f"/api/v1{path}", body, content_type="application/json", headers=api.headers)
    return int(answer.status_code)


def test_a_manager_promotes_for_the_lab_and_ends_it_again(client: Client, study: Study, other: ModelVersion) -> None:
    page = reverse("model_versions:promote", args=[other.pk])
    client.force_login(study.owner)
    first = words(client, page)
    assert "Our lab" in first
    assert "every lab that has not chosen another" not in first, "everyone's is for site admins"
    asked = words(client, page, **{"for": f"lab-{study.lab.pk}"})
    assert "In use there now: test detector 1 , chosen for everyone" in asked
    assert "not shown to be better than test detector 1" in asked
    assert client.post(page, {"for": f"lab-{study.lab.pk}"}).status_code == 409
    done = client.post(page, {"for": f"lab-{study.lab.pk}", "reason": "our microscope"}, follow=True)
    assert "other c is in use for Our lab now" in done.content.decode()

    images = reverse("experiments:images", args=[study.experiment.pk])
    said = words(client, images)
    assert "With the detector other c , in use for the lab, and the classifier" in said
    assert "analysed by other networks than those in use here, other c (chosen for the lab)" in said
    settings = reverse("labs:settings", args=[study.lab.pk])
    assert "The detector is other c , in use for the lab" in words(client, settings)
    choice = NetworkChoice.objects.get()
    ended = client.post(
        reverse("model_versions:end_choice", args=[choice.pk]), {"back": "https://elsewhere.example/"}, follow=True
    )
    assert ended.redirect_chain[-1][0] == reverse("model_versions:index")
    assert "New analyses there use test detector 1, in use for everyone." in ended.content.decode()
    assert "other c" not in words(client, images)


def test_others_are_refused_on_the_pages(client: Client, study: Study, other: ModelVersion) -> None:
    page = reverse("model_versions:promote", args=[other.pk])
    said = {"for": f"lab-{study.lab.pk}", "reason": "mine"}
    for user in (make_annotator(study), study.viewer):
        client.force_login(user)
        assert client.get(page).status_code == 403
        assert client.post(page, said).status_code == 403
        assert "Promote" not in words(client, reverse("model_versions:version", args=[other.pk]))
    stranger = make_study().owner
    client.force_login(stranger)
    assert client.post(page, said).status_code == 404
    assert client.post(page, {"for": "everyone", "reason": "mine"}).status_code == 403
    for bad in ("lab-", "lab-x", "lab-" + "9" * 30, "moon-1"):
        assert client.post(page, {"for": bad}).status_code == 422
    choose_network(user=study.owner, version_id=other.pk, lab_id=study.lab.pk, reason="ours")
    assert "Our lab" not in client.get(reverse("model_versions:index")).content.decode()
    assert "Our lab" not in client.get(reverse("model_versions:version", args=[other.pk])).content.decode()
    assert NetworkChoice.objects.get().reason == "ours"


def test_an_administrator_promotes_for_any_lab_and_for_everyone(
    client: Client, study: Study, other: ModelVersion
) -> None:
    client.force_login(make_user(staff=True))
    page = reverse("model_versions:promote", args=[other.pk])
    client.post(page, {"for": f"lab-{study.lab.pk}", "reason": "they asked"})
    assert NetworkChoice.objects.get().lab == study.lab
    assert "Our lab" in words(client, reverse("model_versions:index"))
    for_all = another("d", verdict="better")
    done = client.post(reverse("model_versions:promote", args=[for_all.pk]), {"for": "everyone"}, follow=True)
    assert "but where a lab or an experiment has chosen another" in done.content.decode()


def test_the_api_by_role(study: Study, other: ModelVersion) -> None:
    lab, experiment = f"/labs/{study.lab.pk}/networks", f"/experiments/{study.experiment.pk}/networks"
    owner, viewer, stranger = Api(study.owner), Api(study.viewer), Api(make_study().owner)
    for api, status in ((Api(make_annotator(study)), 403), (viewer, 403), (stranger, 404)):
        assert [put(api, path, other) for path in (lab, experiment)] == [status, status]
    assert put(make_user(staff=True), experiment, other) == 404
    assert put(owner, lab, other, reason="") == 409
    assert put(owner, lab, other) == 200
    (used, _) = viewer.get(experiment).json()
    assert used["network"] == {"id": other.pk, "name": "other", "version": "c"}
    assert (used["kind"], used["chosen_for"], used["reason"]) == ("detector", "lab", "ours")
    newer = another("d")
    assert put(owner, experiment, newer) == 200
    assert viewer.get(experiment).json()[0]["chosen_for"] == "experiment"
    assert viewer.get(lab).json()[0]["network"]["version"] == "c"
    assert stranger.get(experiment).status_code == 404

    listed = viewer.get("/model-versions").json()["rows"]
    assert {row["id"] for row in listed} == set(ModelVersion.objects.values_list("pk", flat=True))
    ended = owner.client.delete(f"/api/v1{experiment}/detector", headers=owner.headers)
    assert ended.json()[0]["network"]["version"] == "c"
    assert owner.client.delete(f"/api/v1{experiment}/detector", headers=owner.headers).status_code == 404


def test_an_analysis_asked_of_the_api_uses_it_and_the_report_says_for_whom(
    client: Client, study: Study, other: ModelVersion, tmp_path: Path
) -> None:
    owner = Api(study.owner)
    assert put(owner, f"/experiments/{study.experiment.pk}/networks", other) == 200
    image = upload(study, tmp_path)
    made = owner.post(f"/experiments/{study.experiment.pk}/analyses", {"image_ids": [image.pk]}).json()
    assert made["detector"]["id"] == other.pk
    finish(Analysis.objects.get(pk=made["id"]), [[found()]])
    client.force_login(study.viewer)
    report = words(client, reverse("report:experiment", args=[study.experiment.pk]))
    assert "YOLO-NAS detector other c (chosen for the experiment; sha256" in report
