"""Acts that take long, of pages: channels of many images, a set brought in, a dataset counted, a training begun."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from django.test import Client
from django.urls import reverse

from spines.models import AuditEvent, DatasetVersion, Image, ImportedSet, ModelVersion, TrainingRun, User, Work
from spines.services.images.uploads import add_image
from spines.services.work import asking, jobs
from tests.domain.annotated_sets import field, write_coco
from tests.factories import Study, make_user, make_versions
from tests.web.api_client import Api
from tests.web.test_new_training import BOXES, CLASSES, bring_in
from tests.work import done

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everything_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "AT_ONCE_S", 0.0)


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user(staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def stacks(study: Study, client: Client, tmp_path: Path) -> list[Image]:
    """Two images of two channels; their owner is signed in."""
    made = []
    for n in range(2):
        pixels = np.random.default_rng(n).integers(0, 255, (2, 64, 64), dtype=np.uint8)
        tifffile.imwrite(tmp_path / f"{n}.tif", pixels, imagej=True, metadata={"axes": "CYX"})
        path = tmp_path / f"{n}.tif"
        made.append(add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name))
    client.force_login(study.owner)
    return made


def set_channel(client: Client, study: Study, images: list[Image], **headers: str) -> Any:
    form = {"image": [image.pk for image in images], "channel": 2}
    return client.post(reverse("experiments:view", args=[study.experiment.pk]), form, headers=headers)


def page_of(work: Work, name: str = "work") -> str:
    return reverse(f"work:{name}", args=[work.pk])


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_channels_of_many_images_are_work_that_the_images_page_shows(
    client: Client, study: Study, stacks: list[Image]
) -> None:
    images_page = reverse("experiments:images", args=[study.experiment.pk])
    answer = set_channel(client, study, stacks)
    work = Work.objects.get()
    assert answer.headers["Location"] == images_page
    assert page_of(work, "progress") in client.get(images_page).content.decode()
    again = set_channel(client, study, stacks, accept="application/json")
    assert (again.status_code, again.json()) == (202, {"work": work.pk})
    assert set(Image.objects.values_list("channel", flat=True)) == {0}
    assert done(page_of(work)).result == {"images": 2}
    assert set(Image.objects.values_list("channel", flat=True)) == {1}
    assert AuditEvent.objects.filter(action="image.view_set", actor=study.owner).count() == 2
    assert page_of(work, "progress") not in client.get(images_page).content.decode()


def test_what_cannot_be_is_refused_before_it_is_work(client: Client, study: Study, stacks: list[Image]) -> None:
    form = {"image": [image.pk for image in stacks], "channel": 3}
    answer = client.post(reverse("experiments:view", args=[study.experiment.pk]), form)
    assert answer.status_code == 422
    assert "has 2 channels. Choose one from 1 to 2." in words(answer)
    assert not Work.objects.exists()


def test_the_api_sets_views_at_once_or_as_work(
    study: Study, stacks: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, address = Api(study.owner), f"/experiments/{study.experiment.pk}/images/view"
    ids = [image.pk for image in stacks]
    answer = api.post(address, {"image_ids": ids, "channel": 1, "projection": "mean"})
    assert (answer.status_code, answer.json()["kind"]) == (202, "views")
    done(page_of(Work.objects.get()))
    assert api.get(f"/work/{answer.json()['id']}").json()["result"] == {"images": 2}
    assert set(Image.objects.values_list("channel", "projection")) == {(1, "mean")}
    monkeypatch.setattr(asking, "AT_ONCE_S", 10.0)
    answer = api.post(address, {"image_ids": ids, "channel": 0})
    assert (answer.status_code, answer.json()) == (200, {"images": 2})
    assert set(Image.objects.values_list("channel", "projection")) == {(0, "mean")}
    assert api.post(address, {"image_ids": ids, "channel": 2}).status_code == 422
    assert Api(study.viewer).post(address, {"image_ids": ids, "channel": 1}).status_code == 403


def test_the_analyses_page_lists_what_one_may_come_back_for(client: Client, study: Study, stacks: list[Image]) -> None:
    set_channel(client, study, stacks)
    client.get(reverse("report:pdf", args=[study.experiment.pk]))
    report = Work.objects.get(kind="report")
    done(page_of(report))
    page = client.get(reverse("analyses:index"))
    assert page_of(report, "file") in page.content.decode()
    assert "Channel and projection of images Experiment" in words(page)
    client.force_login(study.viewer)
    assert page_of(report, "file") in client.get(reverse("analyses:index")).content.decode()
    client.force_login(make_user())
    assert "Files and other work" not in words(client.get(reverse("analyses:index")))


def test_a_cancelled_or_failed_change_of_channels_changes_nothing(
    client: Client, study: Study, stacks: list[Image]
) -> None:
    set_channel(client, study, stacks)
    work = Work.objects.get()
    job = jobs.claim(work.pk)
    client.post(page_of(work, "cancel"))
    assert job is not None
    assert not jobs.beat(job)
    set_channel(client, study, stacks)
    failing = Work.objects.latest("pk")
    stacks[1].file.storage.delete(str(stacks[1].file.name))
    assert done(page_of(failing)).status == "failed"
    assert set(Image.objects.values_list("channel", flat=True)) == {0}
    assert not AuditEvent.objects.filter(action="image.view_set").exists()
    page = words(client.get(reverse("experiments:images", args=[study.experiment.pk])))
    assert f"The stored file of {stacks[1].original_name} is gone. Upload the same file again" in page


def test_two_admins_bring_in_the_same_set_at_once(client: Client, admin: User, tmp_path: Path) -> None:
    write_coco(tmp_path / "set", {f"{n}.png": field(n) for n in range(3)})
    bring_in(client, tmp_path / "set")
    bring_in(client, tmp_path / "set")  # a double click
    client.force_login(make_user(staff=True))
    bring_in(client, tmp_path / "set")
    first, second = Work.objects.order_by("pk")
    assert (done(page_of(first)).result, done(page_of(second)).result) == (
        {"imported_set": ImportedSet.objects.get().pk},
    ) * 2
    answer = client.get(page_of(second, "progress"), headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("training:set", args=[ImportedSet.objects.get().pk])


def test_a_set_that_cannot_come_in_says_why_under_its_own_name(client: Client, admin: User, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set/a.png").write_bytes(b"no picture")
    where = bring_in(client, tmp_path / "set").headers["Location"]
    failed = done(where)
    assert failed.status == "failed"
    assert failed.message.startswith("set.zip holds no COCO detection file")
    assert failed.message in words(client.get(where))
    assert not ImportedSet.objects.exists()


@pytest.fixture
def imported(client: Client, admin: User, tmp_path: Path) -> ImportedSet:
    for part, first, count in (("train", 0, 6), ("val", 6, 3), ("test", 9, 3)):
        pictures = {f"{part}/{n}.png": field(n) for n in range(first, first + count)}
        write_coco(tmp_path / "set", pictures, part=part, boxes=BOXES, classes=CLASSES)
    done(bring_in(client, tmp_path / "set").headers["Location"])
    return ImportedSet.objects.get()


def test_a_dataset_is_counted_while_the_page_asks(client: Client, imported: ImportedSet) -> None:
    chosen: dict[str, Any] = {"kind": "classifier", "chosen": "1", "recipe": "seed", "sets": imported.pk}
    htmx = {"HX-Request": "true"}
    counting = client.get(reverse("training:new"), chosen, headers=htmx).content.decode()
    work = Work.objects.get(kind="counts")
    assert f"counting={work.pk}" in counting
    assert page_of(work, "cancel") in counting
    again = client.get(reverse("training:new"), chosen | {"counting": work.pk}, headers=htmx).content.decode()
    assert f"counting={work.pk}" in again
    done(page_of(work))
    counted = words(client.get(reverse("training:new"), chosen | {"counting": work.pk}, headers=htmx))
    assert "Training 6 6 24 6 6 6 6" in counted
    other = client.get(reverse("training:new"), chosen | {"split_seed": 1, "counting": work.pk}, headers=htmx)
    assert f"counting={work.pk}" not in other.content.decode()
    fresh = Work.objects.filter(kind="counts").latest("pk")
    client.post(page_of(fresh, "cancel"))
    asked = chosen | {"split_seed": 1, "counting": fresh.pk}
    assert "The counting was cancelled" in words(client.get(reverse("training:new"), asked, headers=htmx))


def test_a_training_begins_when_its_data_is_frozen_or_not_at_all(client: Client, imported: ImportedSet) -> None:
    _, active = make_versions()
    ModelVersion.objects.filter(pk=active.pk).update(files={"weights.npz": "0" * 64})
    form = {"start_from": active.pk, "kind": "classifier", "chosen": "1", "recipe": "default", "sets": imported.pk}
    wrong = client.post(reverse("training:new"), form | {"set-batch": "many"})
    assert wrong.status_code == 422
    where = client.post(reverse("training:new"), form | {"minutes": "0.5"}).headers["Location"]
    client.post(f"{where}cancel/")
    assert not DatasetVersion.objects.exists()
    where = client.post(reverse("training:new"), form | {"minutes": "0.5"}).headers["Location"]
    work = done(where)
    run = TrainingRun.objects.get()
    assert work.result == {"run": run.pk}
    assert run.overrides == {"minutes": 0.5}
    assert reverse("training:run", args=[run.pk]) in client.get(where).content.decode()
    assert client.get(f"{where}progress/").headers["HX-Redirect"] == reverse("training:run", args=[run.pk])
