"""Corrections by the API: what the image page can, with the version seen, refused with what changed since."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from spines.models import AuditEvent, Image, Spine, User
from spines.services.review import answers
from tests.factories import Study, add_dendrite, finish, found, make_study, queue_analysis, upload
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db

SPINES = [
    found("mushroom", box_px=(10, 12, 14, 16), score=0.9),
    found("thin", box_px=(40, 8, 6, 12), score=0.5),
]


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path)
    finish(queue_analysis(study, [made]), [SPINES])
    add_dendrite(made.results.get(), length_px=40)
    return made


@pytest.fixture
def api(study: Study) -> Api:
    return Api(study.owner)


def seen(api: Api, image: Image) -> Any:
    answer = api.get(f"/images/{image.pk}/review")
    assert answer.status_code == 200
    return answer.json()


def edits(review: Any, image: Image) -> dict[str, dict[str, Any]]:
    """Path → body of every edit."""
    spine, dendrite = review["spines"][0]["id"], review["dendrites"][0]["id"]
    version = {"version": review["version"]}
    line = [[5, 30], [50, 32.5]]
    return {
        f"/spines/{spine}/class": {"spine_class": "stubby"} | version,
        f"/spines/{spine}/accept": version,
        f"/spines/{spine}/box": {"box_px": [3, 4, 9, 9.5]} | version,
        f"/spines/{spine}/reject": version,
        f"/spines/{spine}/restore": version,
        f"/spines/{spine}/outline": {"outline_px": [[3, 4], [20, 4], [20, 30.5]]} | version,
        f"/spines/{spine}/base": {"base_px": [12, 30.5]} | version,
        f"/images/{image.pk}/spines": {"box_px": [1, 2, 8, 9.5], "spine_class": "thin"} | version,
        f"/images/{image.pk}/reviewed": {"reviewed": True} | version,
        f"/images/{image.pk}/undo": version,
        f"/images/{image.pk}/dendrites": {"points_px": line} | version,
        f"/dendrites/{dendrite}/points": {"points_px": line} | version,
        f"/dendrites/{dendrite}/cut": {"at_px": [30, 100]} | version,
        f"/dendrites/{dendrite}/remove": version,
    }


def test_a_session_of_corrections(api: Api, image: Image) -> None:
    review = seen(api, image)
    assert [spine["spine_class"] for spine in review["spines"]] == ["mushroom", "thin"]
    for path, body in edits(review, image).items():
        answer = api.post(path, body | {"version": review["version"]})
        assert answer.status_code == 200, (path, answer.json())
        edited = answer.json()
        assert edited["others"] == []
        review["version"] = edited["version"]
    after = seen(api, image)
    assert after["version"] == review["version"]
    assert not after["reviewed"]  # `undo` took that back
    assert [(spine["spine_class"], spine["rejected"]) for spine in after["spines"]] == [
        ("stubby", False),
        ("thin", False),
        ("thin", False),
    ]
    assert AuditEvent.objects.filter(action__startswith="dendrite.").count() == 4


def test_what_came_too_late_is_refused_with_what_changed(api: Api, study: Study, image: Image, annotator: User) -> None:
    review = seen(api, image)
    first, second = (spine["id"] for spine in review["spines"])
    answers.relabel(user=annotator, spine_id=first, spine_class="filopodia")
    late = api.post(f"/spines/{first}/class", {"spine_class": "stubby", "version": review["version"]})
    assert late.status_code == 409
    assert late.json()["changed"] == [f"{annotator.username} changed the network's class to filopodia"]
    assert "Your change was not saved" in late.json()["error"]
    beside = api.post(f"/spines/{second}/class", {"spine_class": "stubby", "version": review["version"]})
    assert beside.status_code == 200
    assert beside.json()["others"] == late.json()["changed"]
    mark = api.post(f"/images/{image.pk}/reviewed", {"reviewed": True, "version": review["version"]})
    assert len(mark.json()["changed"]) == 2
    again = api.post(f"/spines/{first}/class", {"spine_class": "stubby", "version": beside.json()["version"]})
    assert again.json()["spine"]["spine_class"] == "stubby"


def test_an_edit_with_a_key_is_one_however_often_it_is_sent(api: Api, image: Image) -> None:
    body = {"box_px": [1, 2, 8, 9], "spine_class": "thin", "version": seen(api, image)["version"], "key": str(uuid4())}
    first, second = (api.post(f"/images/{image.pk}/spines", body).json() for _ in range(2))
    assert first["spine"]["id"] == second["spine"]["id"]
    assert Spine.objects.count() == 3
    undone = api.post(f"/images/{image.pk}/undo", {"version": second["version"]}).json()
    assert (undone["undone"], undone["removed_spine_id"]) == ("spine.added", first["spine"]["id"])


def test_viewers_read_and_strangers_find_nothing(api: Api, study: Study, image: Image) -> None:
    review = seen(Api(study.viewer), image)
    viewer, stranger, nobody = Api(make_viewer(study)), Api(make_study().owner), Api()
    for path, body in edits(review, image).items():
        for other, status in ((viewer, 403), (stranger, 404), (nobody, 401)):
            assert other.post(path, body).status_code == status, path
    assert stranger.get(f"/images/{image.pk}/review").status_code == 404
    assert not AuditEvent.objects.filter(action__startswith="spine.").exists()


def make_viewer(study: Study) -> User:
    from spines.models import Membership, Role
    from tests.factories import make_user

    user = make_user()
    Membership.objects.create(lab=study.lab, user=user, role=Role.VIEWER)
    return user


def test_what_cannot_be_is_refused_with_a_sentence(api: Api, study: Study, image: Image, tmp_path: Path) -> None:
    review = seen(api, image)
    path, body = f"/images/{image.pk}/spines", {"spine_class": "thin", "version": review["version"]}
    for box_px in ([1, 2, 8], [1, 2, 0.5, 0.5], [60, 60, 20, 20], [-1, 2, 8, 8]):
        assert api.post(path, body | {"box_px": box_px}).status_code == 422, box_px
    assert api.post(path, {"box_px": [1, 2, 8, 9], "spine_class": "thin"}).status_code == 422  # no version
    spine = review["spines"][0]["id"]
    answer = api.post(f"/spines/{spine}/class", body | {"spine_class": "no_class"})
    assert (answer.status_code, "There is no class" in answer.json()["error"]) == (422, True)
    stated = {"version": review["version"], "result_id": review["result_id"] + 1}
    assert api.post(f"/images/{image.pk}/undo", stated).status_code == 409
    assert api.get(f"/images/{upload(study, tmp_path).pk}/review").status_code == 409
    image.file.storage.delete(str(image.file.name))
    gone = api.post(path, body | {"box_px": [1, 2, 8, 9]})
    assert (gone.status_code, "is gone" in gone.json()["error"]) == (409, True)
