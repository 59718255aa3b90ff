"""Reader studies and tasks by the API: made, given, followed, and read once they are over; by role and by token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spines.models import AuditEvent, Image, ImageTask, ReaderStudy, User
from spines.services.accounts.tokens import create_token
from spines.services.reader_studies.answering import answer_item, save_marks
from tests.factories import (
    Study,
    finish,
    found,
    make_annotator,
    make_measured_study,
    make_study,
    make_user,
    queue_analysis,
    upload,
)
from tests.web.api_client import Api
from tests.web.test_every_address import hash_of_rows

pytestmark = pytest.mark.django_db


def test_a_study_from_its_making_to_its_agreement() -> None:
    lab = make_measured_study()
    raters = [make_annotator(lab) for _ in range(2)]
    names = [rater.username for rater in raters]
    manager, rater = Api(lab.owner), Api(raters[0])
    path = f"/experiments/{lab.experiment.pk}/reader-studies"
    body = {"name": "Readers", "raters": names, "per_class": 2, "again_percent": 0, "due_on": "2030-01-02"}
    made = manager.post(path, body)
    assert made.status_code == 201, made.content
    shown = made.json()
    assert (shown["task"], shown["due_on"], shown["closed_at"]) == ("classify", "2030-01-02", None)
    assert [each["username"] for each in shown["raters"]] == sorted(names)
    assert manager.post(path, body).status_code == 409
    unknown = manager.post(path, body | {"name": "Other", "raters": [names[0], "nobody"]})
    assert unknown.status_code == 422
    assert "is named nobody" in unknown.json()["error"]

    study = ReaderStudy.objects.get()
    for person in raters:
        for item in study.items.all():
            answer_item(user=person, study_id=study.pk, item_id=item.pk, answer="thin")
    of_study = f"/reader-studies/{study.pk}"
    assert rater.get(of_study).json()["raters"][0]["answered"] == study.items.count()
    assert [row["id"] for row in rater.get(path).json()["rows"]] == [study.pk]
    for told in ("answers", "agreement"):
        assert manager.get(f"{of_study}/{told}").status_code == 409, "blind until it is closed"
    assert rater.post(f"{of_study}/close").status_code == 403
    assert manager.post(f"{of_study}/close").json()["closed_at"]
    answers = rater.get(f"{of_study}/answers", limit=3).json()
    assert (answers["count"], len(answers["rows"])) == (2 * study.items.count(), 3)
    assert {row["answer"] for row in answers["rows"]} == {"thin"}
    agreement = manager.get(f"{of_study}/agreement").json()
    assert set(agreement["consensus"].values()) == {"thin"}
    assert [each["of"] for each in agreement["cohen_kappa"]] == [sorted(names)]
    assert agreement["drawn"] is None
    assert "each blind to the others" in agreement["methods"]


def test_counts_density_and_length_by_rater_of_marked_pictures() -> None:
    lab = make_measured_study()
    raters = [make_annotator(lab) for _ in range(2)]
    manager = Api(lab.owner)
    body = {"name": "Find", "task": "find", "raters": [each.username for each in raters], "again_percent": 0}
    made = manager.post(f"/experiments/{lab.experiment.pk}/reader-studies", body).json()
    study = ReaderStudy.objects.get(pk=made["id"])
    items = list(study.items.select_related("image"))
    Image.objects.update(pixel_size_um=0.1)
    for side_px, person in zip((10.0, 14.0), raters, strict=True):
        for item in items:
            marks = [{"box_px": [2.0, 2.0, side_px, 6.0], "class": ""}]
            save_marks(user=person, study_id=study.pk, item_id=item.pk, marks=marks, version=0, is_done=True)
    manager.post(f"/reader-studies/{study.pk}/close")
    drawn = manager.get(f"/reader-studies/{study.pk}/agreement").json()["drawn"]
    at = drawn["heads"].index("Length of a spine, µm")
    assert [drawn["by_rater"][each.username][at] for each in raters] == ["1.000", "1.400"]
    pair = next(each for each in drawn["pairs"] if "network" not in each["of"])
    assert pair["differences"][at].startswith("−0.40")
    assert pair["differences"][0].startswith("0.0")


def test_images_are_given_and_wait_for_a_person(study: Study, annotator: User, tmp_path: Path) -> None:
    image = upload(study, tmp_path)
    finish(queue_analysis(study, [image]), [[found()]])
    manager, worker = Api(study.owner), Api(annotator)
    path = f"/experiments/{study.experiment.pk}/tasks"
    body = {"image_ids": [image.pk], "username": annotator.username, "due_on": "2020-01-02", "note": "Dendrites too"}
    assert manager.post(path, body).json() == {"images": 1}
    assert manager.post(path, body).json() == {"images": 0}, "it waits already"
    (row,) = worker.get("/tasks").json()["rows"]
    assert (row["kind"], row["waiting"], row["late"], row["note"]) == ("images", 1, True, "Dendrites too")
    assert [each["username"] for each in manager.get(f"/labs/{study.lab.pk}/tasks").json()["rows"]] == [row["username"]]
    members = worker.get(f"/labs/{study.lab.pk}/members").json()["rows"]
    assert {each["username"]: each["role"] for each in members}[annotator.username] == "annotator"
    assert worker.post(f"/images/{image.pk}/task/done").status_code == 204
    assert worker.get("/tasks").json()["rows"] == []
    assert manager.post(path, body | {"username": study.viewer.username}).status_code == 422
    manager.post(path, body)
    assert manager.delete(f"{path}/{annotator.username}").status_code == 204
    assert ImageTask.objects.filter(done_at=None).count() == 0
    acts = {"images.assigned", "images.assigned_no_more", "image.task_done"}
    assert set(AuditEvent.objects.filter(action__in=acts).values_list("action", flat=True)) == acts


def test_who_may_not_reads_and_changes_nothing(tmp_path: Path) -> None:
    lab = make_measured_study()
    raters = [make_annotator(lab) for _ in range(2)]
    names = [each.username for each in raters]
    experiment, image = lab.experiment, lab.experiment.images.earliest("pk")
    manager = Api(lab.owner)
    body = {"name": "Zqreaders", "raters": names, "per_class": 1}
    study = manager.post(f"/experiments/{experiment.pk}/reader-studies", body).json()["id"]
    given: dict[str, Any] = {"image_ids": [image.pk], "username": names[0]}
    writes = [
        ("post", f"/experiments/{experiment.pk}/reader-studies", body | {"name": "Another"}),
        ("post", f"/reader-studies/{study}/close", None),
        ("post", f"/experiments/{experiment.pk}/tasks", given),
        ("delete", f"/experiments/{experiment.pk}/tasks/{names[0]}", None),
    ]
    manager.post(f"/experiments/{experiment.pk}/tasks", given)
    _, reads_only = create_token(user=lab.owner, name="reads", may_write=False)
    askers = {
        "nobody": Api(),
        "stranger": Api(make_study().owner),
        "viewer": Api(lab.viewer),
        "annotator": Api(raters[0]),
        "administrator of the site": Api(make_user(staff=True)),
        "a manager's token that only reads": Api(token=reads_only),
    }
    before = hash_of_rows()
    for who, api in askers.items():
        for method, path, sent in writes:
            answer = getattr(api, method)(path, *([sent] if method == "post" else []))
            assert answer.status_code in (401, 403, 404), (who, path, answer.content)
        assert hash_of_rows() == before, who
    for who in ("nobody", "stranger", "viewer", "administrator of the site"):
        for path in (f"/reader-studies/{study}", f"/labs/{lab.lab.pk}/tasks"):
            answer = askers[who].get(path)
            assert answer.status_code in (401, 403, 404), (who, path)
            assert "Zqreaders" not in answer.content.decode()
    assert askers["annotator"].get(f"/labs/{lab.lab.pk}/tasks").status_code == 403
    assert askers["a manager's token that only reads"].get(f"/reader-studies/{study}").status_code == 200
