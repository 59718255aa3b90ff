"""The Models page."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, DatasetVersion, ModelKind, ModelState, ModelVersion, TrainingRun
from spines.services.models.versions import register_version
from tests.factories import finish, found, make_study, make_user, make_versions, queue_analysis, upload
from tests.web.evaluations import classifier_evaluation, detector_evaluation

pytestmark = pytest.mark.django_db

CARD = {
    "created": "2026-11-23",
    "data": [{"name": "wide512", "part": "507 fields", "licence": "CC BY 4.0", "source": "a lab"}],
    "figures": {"wide512 val": {"centre_f1": 0.7123, "interval": [0.69, 0.73]}},
    "recipe": {"steps": 1200},
    "limits": ["Squares of one size."],
    "score_threshold": 0.25,
}


def register(version: str, sha256: str) -> None:
    register_version(
        kind=ModelKind.DETECTOR, name="yolo", version=version, sha256=sha256 * 64, path="x", card=dict(CARD)
    )


def test_everyone_signed_in_reads_and_nobody_else(client: Client) -> None:
    detector, _ = make_versions()
    for address in (reverse("model_versions:index"), reverse("model_versions:version", args=[detector.pk])):
        client.logout()
        assert client.get(address).headers["Location"].startswith(reverse("accounts:sign_in"))
        client.force_login(make_user())
        assert client.get(address).status_code == 200
        assert client.post(address).status_code == 405


def test_shows_the_active_networks_with_card_and_those_before(client: Client) -> None:
    register("1.0", "a")
    register("2.0", "b")
    client.force_login(make_user())
    page = client.get(reverse("model_versions:index")).content.decode()
    before, earlier = page.split('id="earlier"')
    for part in ("b" * 64, "2026-11-23", "507 fields", "CC BY 4.0", "0.712", "0.69, 0.73", "1,200", "0.25"):
        assert part in before
    assert "Squares of one size." in before
    assert "1.0" in earlier
    assert "No classifier is active" in page


def test_a_version_says_how_many_of_the_readers_images_it_made(client: Client, tmp_path: Path) -> None:
    study = make_study()
    finish(queue_analysis(study, [upload(study, tmp_path), upload(study, tmp_path)]), [[found()], []])
    detector, _ = make_versions()
    address = reverse("model_versions:version", args=[detector.pk])
    client.force_login(study.viewer)
    assert "present results of 2 images of your labs" in client.get(address).content.decode()
    client.force_login(make_user())
    assert "made no present result of your labs" in client.get(address).content.decode()


def test_a_version_that_is_not_there_is_not_found(client: Client) -> None:
    client.force_login(make_user())
    assert client.get(reverse("model_versions:version", args=[12345])).status_code == 404


def test_a_card_without_anything_says_so(client: Client) -> None:
    make_versions()
    client.force_login(make_user())
    assert "The card states none." in client.get(reverse("model_versions:index")).content.decode()


def make_candidate(*, is_better: bool = True) -> ModelVersion:
    _, active = make_versions()
    evaluation = classifier_evaluation(active_id=active.pk, active_name=str(active), is_better=is_better)
    return ModelVersion.objects.create(
        kind=ModelKind.CLASSIFIER,
        name="candidate",
        version="2",
        sha256="c" * 64,
        path="models/classifier/c",
        evaluation=evaluation,
    )


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def address(version: ModelVersion, name: str = "version", *more: object) -> str:
    return reverse(f"model_versions:{name}", args=[version.pk, *more])


def test_a_candidate_stands_beside_the_active_one(client: Client) -> None:
    candidate = make_candidate()
    client.force_login(make_user())
    listed = words(client.get(reverse("model_versions:index")).content.decode())
    assert "candidate 2" in listed
    assert "0.868 0.840 +0.028 +0.010 to +0.046" in listed
    page = words(client.get(address(candidate)).content.decode())
    assert "on 24 images with 200 spines of 12 independent groups, the test part" in page
    assert "Better than test classifier 1" in page
    assert "Macro-F1 0.868 against 0.840 on the same images, a difference of +0.028" in page
    assert "95 % interval +0.010 to +0.046" in page
    assert "Made images 24 310 0.710 0.700 +0.010 −0.012 to +0.030 no loss shown" in page
    assert "Lab of few dendrites 3 60 0.800 0.900 −0.100 −1.000 to +1.000 fewer than 8 groups" in page
    assert "Calibration error less is better 0.031" in page
    assert "91.0 %" in page
    for name in ("Mushroom", "Thin", "Stubby", "Filopodia"):
        assert page.count(name) >= 3


def test_a_detector_that_nothing_was_compared_with(client: Client) -> None:
    version = ModelVersion.objects.create(
        kind=ModelKind.DETECTOR, name="d", version="1", sha256="d" * 64, evaluation=detector_evaluation()
    )
    client.force_login(make_user(staff=True))
    page = words(client.get(address(version)).content.decode())
    assert "No other network was compared on these images" in page
    assert "the validation part, since there is no test part" in page
    assert "What it takes for what" not in page
    assert "spine → missed" in page


def test_charts_are_figures_without_grounds_of_their_own(client: Client) -> None:
    candidate = make_candidate()
    dataset = DatasetVersion.objects.create(kind="classifier", sha256="e" * 64, path="x")
    epochs = [{"epoch": n, "loss": 1 / n, "val_loss": 1.1 / n, "accuracy": 0.5, "val_accuracy": 0.4} for n in (1, 2)]
    TrainingRun.objects.create(
        kind="classifier", recipe="default", dataset=dataset, candidate=candidate, status="done", epochs=epochs
    )
    client.force_login(make_user())
    calibration = client.get(address(candidate, "chart", "calibration")).json()
    assert [trace["name"] for trace in calibration["data"]] == ["As sure as right", "test classifier 1", "This version"]
    loss = client.get(address(candidate, "chart", "loss")).json()
    assert [(trace["name"], trace["y"]) for trace in loss["data"]] == [
        ("Training", [1, 0.5]),
        ("Validation", [1.1, 0.55]),
    ]
    quality = client.get(address(candidate, "chart", "quality")).json()
    assert quality["data"][1]["y"] == [0.4, 0.4]
    assert "template" not in quality["layout"]
    assert client.get(address(candidate, "chart", "pie")).status_code == 404


def test_examples_it_got_wrong_are_for_site_admins(client: Client) -> None:
    candidate = make_candidate()
    client.force_login(make_user())
    assert "got wrong" not in client.get(address(candidate)).content.decode()
    assert client.get(address(candidate, "wrong", 0)).status_code == 403
    client.force_login(make_user(staff=True))
    assert "got wrong" in client.get(address(candidate)).content.decode()
    picture = client.get(address(candidate, "wrong", 1))
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    assert client.get(address(candidate, "wrong", 2)).status_code == 404


def test_a_picture_that_is_none_is_not_served(client: Client) -> None:
    candidate = make_candidate()
    candidate.evaluation["wrong"][0]["png"] = "PHN2Zz4="
    candidate.save()
    client.force_login(make_user(staff=True))
    assert client.get(address(candidate, "wrong", 0)).status_code == 404


def test_an_admin_promotes_and_rolls_back(client: Client) -> None:
    candidate = make_candidate()
    _, before = make_versions()
    client.force_login(make_user(staff=True))
    page = client.get(address(candidate, "promote"), {"for": "everyone"}).content.decode()
    assert "Reason <span" in page
    answer = client.post(address(candidate, "promote"), follow=True)
    assert "candidate 2 is the active classifier now" in answer.content.decode()
    candidate.refresh_from_db()
    assert candidate.state == ModelState.ACTIVE
    back = reverse("model_versions:roll_back", args=["classifier"])
    for page in (reverse("model_versions:index"), address(candidate), back):
        assert f"{before}</strong> becomes active in place of {candidate}" in client.get(page).content.decode()
    client.post(back)
    before.refresh_from_db()
    assert before.state == ModelState.ACTIVE
    assert AuditEvent.objects.filter(action="model_version.rolled_back").count() == 1


def test_one_that_is_not_better_needs_a_reason_and_says_so_before(client: Client) -> None:
    candidate = make_candidate(is_better=False)
    client.force_login(make_user(staff=True))
    page = client.get(address(candidate, "promote"), {"for": "everyone"}).content.decode()
    assert "is not shown to be better than test classifier 1" in page
    assert re.search(r'<textarea id="reason"[^>]* required', page)
    assert client.post(address(candidate, "promote")).status_code == 409
    client.post(address(candidate, "promote"), {"reason": "It holds on our microscope."})
    candidate.refresh_from_db()
    assert candidate.state == ModelState.ACTIVE
    client.force_login(make_user())
    assert "It holds on our microscope." in client.get(address(candidate)).content.decode()


def test_only_admins_act(client: Client) -> None:
    candidate = make_candidate()
    posts = [address(candidate, "promote"), reverse("model_versions:roll_back", args=["classifier"])]
    gets = [address(candidate, "export"), posts[1]]
    for user in (make_study().viewer, None):
        client.logout()
        if user:
            client.force_login(user)
            assert "Promote" not in client.get(address(candidate)).content.decode()
        for answer in [*map(client.post, posts), *map(client.get, gets)]:
            assert answer.status_code == (403 if user else 302)
    candidate.refresh_from_db()
    assert candidate.state == ModelState.CANDIDATE
    client.force_login(make_user(staff=True))
    assert client.get(posts[0]).status_code == 200
    assert client.get(reverse("model_versions:roll_back", args=["tracer"])).status_code == 404


def test_a_network_is_taken_away_with_its_card(client: Client) -> None:
    candidate = make_candidate()
    card = {"name": candidate.name, "version": "as exported", "limits": ["Made."]}
    files = {"model.onnx": "model", "card.json": json.dumps(card), "card.md": "# tiny as exported\n\nMade.\n"}
    for name, content in files.items():
        default_storage.save(f"{candidate.path}/{name}", ContentFile(content.encode()))
    client.force_login(make_user(staff=True))
    answer = client.get(address(candidate, "export"))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer))) as archive:
        assert archive.read("model.onnx") == b"model"
        assert json.loads(archive.read("card.json")) == card | {"version": candidate.version}
        assert archive.read("card.md").decode() == f"# {candidate}\n\nMade.\n"
        assert sorted(archive.namelist()) == ["card.json", "card.md", "model.onnx"]
    default_storage.delete(f"{candidate.path}/card.md")
    assert client.get(address(candidate, "export")).status_code == 409


def test_a_shipped_network_is_taken_away_too(client: Client) -> None:
    call_command("register_models")
    client.force_login(make_user(staff=True))
    shipped = ModelVersion.objects.get(kind="classifier")
    with zipfile.ZipFile(io.BytesIO(b"".join(client.get(address(shipped, "export"))))) as archive:
        assert archive.getinfo("model.onnx").file_size > 1_000_000


def test_the_look_of_the_training_images_is_told_in_short(client: Client) -> None:
    detector, _ = make_versions()
    detector.card = {"look": {"features": ["noise", "black share"], "mean": "BfSgPnUMaT2zfWk+", "threshold": 3.1}}
    detector.save()
    client.force_login(make_user())
    page = client.get(address(detector)).content.decode()
    assert "2 figures, to tell images unlike them" in page
    assert "BfSg" not in page


def test_a_detectors_page_draws_precision_and_recall_from_its_card(client: Client) -> None:
    points = [{"threshold": at, "precision": 0.5 + at / 2, "recall": 1 - at} for at in (0.1, 0.26, 0.5)]
    card = CARD | {"curve": {"wide512 val": points, "meng val": points}}
    version = register_version(kind=ModelKind.DETECTOR, name="yolo", version="3", sha256="c" * 64, path="x", card=card)
    client.force_login(make_user())
    page = client.get(reverse("model_versions:version", args=[version.pk])).content.decode()
    assert "/charts/card-curve.json" in page
    drawn = client.get(reverse("model_versions:chart", args=[version.pk, "card-curve"])).json()["data"]
    lines = [trace for trace in drawn if trace["mode"] == "lines"]
    assert [line["name"] for line in lines] == ["meng val", "wide512 val"]
    assert lines[0]["x"] == [0.9, 0.74, 0.5]
    assert [trace["x"] for trace in drawn if trace["mode"] == "markers"] == [[0.74], [0.74]]


def test_a_shipped_classifiers_page_draws_confusion_and_calibration_from_its_card(client: Client) -> None:
    call_command("register_models", verbosity=0)
    client.force_login(make_user())
    for kind, drawn in ((ModelKind.CLASSIFIER, True), (ModelKind.DETECTOR, False)):
        version = ModelVersion.objects.get(kind=kind, state=ModelState.ACTIVE)
        page = client.get(reverse("model_versions:version", args=[version.pk])).content.decode()
        assert ("What it takes for what, on its card" in page) == drawn
        assert ("/charts/card-calibration.json" in page) == drawn
        assert "rows annotated" not in page
        if drawn:
            figures = version.card["figures"]
            (counts,) = (value for name, value in figures.items() if name.endswith("confusion, rows annotated"))
            assert f'<td class="num">{sum(counts[0])}</td>' in page
            (_, bins) = client.get(reverse("model_versions:chart", args=[version.pk, "card-calibration"])).json()[
                "data"
            ]
            (reliability,) = (value for name, value in figures.items() if name.endswith("reliability"))
            assert bins["y"] == [each["accuracy"] for each in reliability if each["spines"]]
