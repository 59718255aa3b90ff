"""The REST API with a token: what members, strangers and nobody may do, and what comes back."""

from __future__ import annotations

import base64
from html import unescape
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from spines.models import Analysis, ApiToken, Experiment, Image, Project, Subject, User
from spines.services.images.uploads import sha256_of
from tests.factories import (
    Study,
    make_annotator,
    make_measured_study,
    make_study,
    make_tiff,
    make_user,
    make_versions,
    queue_analysis,
    upload,
)
from tests.web.api_client import API, Api

pytestmark = pytest.mark.django_db


def reads(study: Study, image: Image, analysis: Analysis) -> list[str]:
    experiment = f"/experiments/{study.experiment.pk}"
    parts = ("", "/images", "/analyses", "/results", "/spines", "/dendrites", "/exports")
    files = ("tables.zip", "rois.zip", "coco.json", "spines.csv")
    return [
        f"/labs/{study.lab.pk}/projects",
        f"/projects/{study.experiment.project_id}/experiments",
        *(experiment + part for part in parts),
        *(f"{experiment}/exports/{name}" for name in files),
        f"/images/{image.pk}",
        f"/images/{image.pk}/rois.zip",
        f"/analyses/{analysis.pk}",
    ]


def test_members_read_and_strangers_and_nobody_do_not(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    addresses = reads(study, image, queue_analysis(study, [image]))
    for user, status in (
        (study.owner, 200),
        (make_annotator(study), 200),
        (study.viewer, 200),
        (make_study().owner, 404),
        (make_user(staff=True), 404),
        (None, 401),
    ):
        api = Api(user)
        for address in addresses:
            answer = api.get(address)
            assert answer.status_code == status, address
            assert answer.headers["Cache-Control"] == "private, no-store"
            if status != 200:
                assert answer.json()["error"]


def test_viewers_do_not_write_and_strangers_find_nothing(study: Study, tmp_path: Path) -> None:
    make_versions()
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    writes = (
        (f"/labs/{study.lab.pk}/projects", {"name": "New"}),
        (f"/projects/{study.experiment.project_id}/experiments", {"name": "New"}),
        (f"/experiments/{study.experiment.pk}/analyses", None),
        (f"/analyses/{analysis.pk}/cancel", None),
        (f"/analyses/{analysis.pk}/retry", None),
    )
    path = make_tiff(tmp_path)
    for user, status in ((study.viewer, 403), (make_study().owner, 404), (None, 401)):
        api = Api(user)
        for address, body in writes:
            assert api.post(address, body).status_code == status, address
        assert api.upload(study.experiment, path).status_code == status
    assert Project.objects.filter(lab=study.lab).count() == 1
    assert Image.objects.filter(experiment=study.experiment).count() == 1


def test_a_session_of_the_pages_opens_nothing(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    answer = client.get(f"{API}/labs")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Make one on your account page" in answer.json()["error"]


def test_from_a_lab_to_the_status_of_an_analysis(study: Study, tmp_path: Path) -> None:
    make_versions()
    api = Api(make_annotator(study))
    (lab,) = api.get("/labs").json()["rows"]
    assert (lab["id"], lab["role"]) == (study.lab.pk, "annotator")
    project = api.post(f"/labs/{lab['id']}/projects", {"name": "Stroke", "description": "Two weeks after"})
    assert project.status_code == 201
    made = api.post(f"/projects/{project.json()['id']}/experiments", {"name": "CA1", "hypothesis": "Fewer"})
    assert made.status_code == 201
    experiment = Experiment.objects.get(pk=made.json()["id"])
    assert api.post(f"/labs/{lab['id']}/projects", {"name": "Stroke"}).status_code == 409

    path = make_tiff(tmp_path, "a1.tif")
    placed = {"animal": "A1", "cell": "c1", "condition": "control", "pixel_size_um": "0.08"}
    sent = api.upload(experiment, path, relative_path="day1/a1.tif", **placed)
    assert sent.status_code == 201, sent.content
    shown = sent.json()
    assert (shown["name"], shown["folder"], shown["pixel_size_um"]) == ("a1.tif", "day1", 0.08)
    assert (shown["animal"], shown["cell"], shown["condition"]) == ("A1", "c1", "control")
    assert (shown["pixel_size_source"], shown["status"], shown["spines"]) == ("user", None, None)
    assert api.upload(experiment, path).status_code == 409
    assert api.get(f"/experiments/{experiment.pk}/images", sha256=shown["sha256"]).json()["count"] == 1
    assert api.get(f"/experiments/{experiment.pk}/images", sha256="0" * 64).json()["count"] == 0

    started = api.post(f"/experiments/{experiment.pk}/analyses", {"image_ids": [shown["id"]]})
    assert started.status_code == 201
    analysis = api.get(f"/analyses/{started.json()['id']}").json()
    assert (analysis["state"], analysis["images"]["queued"], analysis["finished_at"]) == ("queued", 1, None)
    assert api.post(f"/experiments/{experiment.pk}/analyses").status_code == 409
    assert api.post(f"/analyses/{analysis['id']}/cancel").json() == {"images": 1}
    assert api.get(f"/analyses/{analysis['id']}").json()["state"] == "finished"
    assert api.post(f"/analyses/{analysis['id']}/cancel").status_code == 409
    assert api.post(f"/analyses/{analysis['id']}/retry").json() == {"images": 1}


def test_an_upload_that_cannot_be_placed_leaves_nothing_and_is_sent_again(study: Study, tmp_path: Path) -> None:
    path = make_tiff(tmp_path)
    api = Api(study.owner)
    refused = api.upload(study.experiment, path, animal="A1", cell="c1", condition=" ")
    assert refused.status_code == 422
    assert (Image.objects.count(), Subject.objects.count()) == (0, 0)
    other = make_tiff(tmp_path)
    assert api.upload(study.experiment, other, animal="A1", condition="control").status_code == 201
    refused = api.upload(study.experiment, path, animal="A1", condition="drug", pixel_size_um="0.1")
    assert refused.status_code == 422
    assert "Animal A1 stands in 2 conditions: control, drug" in refused.json()["error"]
    assert Image.objects.count() == 1
    assert not default_storage.exists(f"labs/{study.lab.pk}/originals/{study.experiment.pk}/{sha256_of(path)}")
    said = {"genotype": "WT", "treatment": "saline", "sex": "female", "age_days": "60", "session": "before"}
    sent = api.upload(study.experiment, path, animal="A2", pixel_size_um="0.1", **said)
    assert sent.status_code == 201, sent.content
    shown = sent.json()
    assert (shown["animal"], shown["condition"], shown["session"]) == ("A2", "WT · saline", "before")
    assert shown["factors"] == {"genotype": "WT", "treatment": "saline"}


def test_a_blinded_image_hides_what_its_page_hides(study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path, "treated_A1.tif")
    Experiment.objects.filter(pk=study.experiment.pk).update(blinded=True)
    shown = Api(study.viewer).get(f"/images/{image.pk}")
    assert "treated_A1" not in shown.content.decode()
    assert (shown.json()["name"], shown.json()["animal"]) == (None, None)


def test_results_are_those_of_the_animals() -> None:
    study = make_measured_study({"control": (1.0, 2.0), "treated": (3.0,)})
    api = Api(study.viewer)
    results = api.get(f"/experiments/{study.experiment.pk}/results").json()
    total = results["total"]
    assert (total["images"], total["animals"], total["cells"]) == (6, 3, 6)
    assert total["dendrite_length_um"] == pytest.approx(240)
    assert total["spines"] == total["spines_on_dendrites"] == 480
    assert total["spines_per_um"] == pytest.approx(2)
    assert total["spines_by_class"] == dict.fromkeys(("mushroom", "thin", "stubby", "filopodia", "uncertain"), 96)
    assert total["without_filopodia_per_um"] == pytest.approx(1.6)
    control, treated = results["conditions"]
    assert (control["condition"], control["animals_with_density"]) == ("control", 2)
    assert control["mean_spines_per_um"] == pytest.approx(1.5)
    assert control["sd_spines_per_um"] == pytest.approx(0.5 * 2**0.5)
    assert treated["sd_spines_per_um"] is None
    first = results["animals"][0]
    assert (first["animal"], first["measures"]["head_width_um"]["spines"]) == ("control-1", 80)
    assert first["measures"]["head_width_um"]["mean"] == pytest.approx(0.5, abs=0.01)
    only = api.get(f"/experiments/{study.experiment.pk}/results", condition="treated").json()
    assert only["total"]["spines_per_um"] == pytest.approx(3)


def test_without_a_pixel_size_there_is_no_micrometre() -> None:
    study = make_measured_study({"control": (1.0,)}, pixel_size_um=None)
    api = Api(study.viewer)
    total = api.get(f"/experiments/{study.experiment.pk}/results").json()["total"]
    assert (total["spines"], total["spines_per_um"], total["dendrite_length_um"]) == (80, None, None)
    assert total["images_without_pixel_size"] == 2
    spine = api.get(f"/experiments/{study.experiment.pk}/spines", limit=1).json()["rows"][0]
    dendrite = api.get(f"/experiments/{study.experiment.pk}/dendrites", limit=1).json()["rows"][0]
    in_um = {name: value for name, value in (spine | dendrite).items() if name.endswith(("_um", "_um2"))}
    assert set(in_um.values()) == {None}
    assert dendrite["length_px"] == 200


def test_spines_come_in_pages_narrowed_by_what_the_address_says() -> None:
    study = make_measured_study({"control": (1.0,), "treated": (2.0,)})
    api, address = Api(study.viewer), f"/experiments/{study.experiment.pk}/spines"
    page = api.get(address, limit=7, offset=4).json()
    assert (page["count"], page["limit"], page["offset"], len(page["rows"])) == (240, 7, 4, 7)
    everything = api.get(address, limit=500).json()
    assert everything["next"] is None
    assert everything["rows"][4:11] == page["rows"]
    behind = api.get(address, limit=7, after=page["next"]).json()
    assert (behind["count"], behind["rows"]) == (None, everything["rows"][11:18])
    for said in ("", "x", "[]", "[1, 2]", "[1e999]", "[null]", '["a"]', "[[]]", "{}", "[" * 5000):
        cursor = base64.urlsafe_b64encode(said.encode()).decode() or "A"
        assert api.get(address, after=cursor).status_code == 422, said
    assert api.get(address, after=page["next"], offset=1).status_code == 422
    assert api.get(address, after=base64.urlsafe_b64encode(b"[1" + b"0" * 30 + b"]").decode()).json()["rows"] == []
    thin = api.get(address, **{"class": "thin", "condition": "treated", "limit": 500}).json()
    assert thin["count"] == 32
    assert {spine["spine_class"] for spine in thin["rows"]} == {"thin"}
    one = thin["rows"][0]
    assert (one["quality"], one["length_um"], one["class_probabilities"]["thin"]) == ("trusted", 1.5, 0.7)
    assert one["rule_classes"] == {"dendritic_spine_counter": "mushroom", "golgi": "thin"}
    (analysis,) = api.get(f"/experiments/{study.experiment.pk}/analyses").json()["rows"]
    assert api.get(address, reviewed="yes").json()["count"] == 0
    assert api.get(address, reviewed="no").json()["count"] == 240
    assert api.get(address, score=0.9).json()["count"] == 0
    networks = {kind: analysis[kind]["id"] for kind in ("detector", "classifier")}
    assert api.get(address, **networks).json()["count"] == 240
    dendrites = api.get(f"/experiments/{study.experiment.pk}/dendrites", animal="treated-1").json()
    assert dendrites["count"] == 4
    assert dendrites["rows"][0]["spines_per_um"] == pytest.approx(2)


def test_exports_are_listed_with_addresses_that_answer() -> None:
    study = make_measured_study({"control": (1.0,)})
    api = Api(study.viewer)
    listed = api.get(f"/experiments/{study.experiment.pk}/exports").json()["exports"]
    assert len(listed) == 5
    for export in listed:
        answer = api.client.get(export["address"], headers=api.headers)
        if export["name"] == "report.pdf":  # takes seconds, so it is work
            assert answer.status_code == 202
            continue
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(export["media_type"])
        assert len(answer.getvalue()) > 100


def test_a_revoked_an_expired_and_a_dismissed_users_token_open_nothing(study: Study) -> None:
    api = Api(study.owner)
    assert api.get("/labs").status_code == 200
    ApiToken.objects.update(expires_at="2020-01-01T00:00Z")
    expired = api.get("/labs")
    assert expired.status_code == 401
    assert "has expired" in expired.json()["error"]
    ApiToken.objects.update(expires_at=None)
    User.objects.filter(pk=study.owner.pk).update(is_active=False)
    assert api.get("/labs").status_code == 401
    User.objects.filter(pk=study.owner.pk).update(is_active=True)
    ApiToken.objects.all().delete()
    assert "unknown or revoked" in api.get("/labs").json()["error"]


def test_the_documentation_is_for_who_is_signed_in_or_has_a_token(client: Client, study: Study) -> None:
    page, schema = f"{API}/docs/", f"{API}/openapi.json"
    assert client.get(page).headers["Location"].startswith(reverse("accounts:sign_in"))
    assert client.get(schema).status_code == 401
    assert Api(study.viewer).get("/openapi.json").json()["info"]["title"] == "Spinula"
    client.force_login(study.viewer)
    operations = [said for methods in client.get(schema).json()["paths"].values() for said in methods.values()]
    shown = unescape(client.get(page).content.decode())
    for said in operations:
        assert said["summary"] in shown
        assert said["description"] in shown
    assert "Side of a pixel; null: not known, so no result in µm." in shown


def test_every_object_and_field_with_a_unit_or_a_limit_is_explained(study: Study) -> None:
    """What is plain from its name may stand alone; measures may not."""
    schemas = Api(study.viewer).get("/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        if "properties" not in schema:
            continue
        assert name.startswith("Page_") or schema.get("description"), name
        measures = [f for f in schema["properties"] if f.endswith(("_um", "_um2", "_ratio", "_class", "score"))]
        silent = [f for f in measures if "$ref" not in (of := schema["properties"][f]) and not of.get("description")]
        assert silent == [], name
