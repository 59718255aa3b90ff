"""Corrections over HTTP: who may, what comes back, what is refused; and the pages that count after them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Image, Spine, User
from spines.selectors.results.rows import current_result, standing_spines
from spines.selectors.review.state import version_of
from spines.services.analyses.candidates import CandidateRow, write_candidates
from spines.services.review import answers, boxes
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

SPINES = [
    found("mushroom", box_px=(10, 12, 14, 16), score=0.9),
    found("thin", box_px=(40, 8, 6, 12), score=0.5),
]
JSON = {"Accept": "application/json"}


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload(study, tmp_path)
    finish(queue_analysis(study, [made]), [SPINES])
    return made


def result_id(image: Image) -> int:
    result = current_result(image)
    assert result is not None
    return result.pk


def requests_of(image: Image) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name → address and form of every correction."""
    spine = Spine.objects.filter(analysis_image=result_id(image)).earliest("number")
    stated = {"version": version_of(Spine.objects.get(pk=spine.pk).analysis_image)}
    result = {"result": result_id(image)} | stated
    box = {"x_px": 1, "y_px": 2, "width_px": 8, "height_px": 9, "spine_class": "thin"}
    return {
        "relabel": (reverse("images:relabel", args=[spine.pk]), {"class": "stubby"} | stated),
        "accept": (reverse("images:accept", args=[spine.pk]), stated),
        "reject": (reverse("images:reject", args=[spine.pk]), stated),
        "restore": (reverse("images:restore", args=[spine.pk]), stated),
        "add_spine": (reverse("images:add_spine", args=[image.pk]), box | result),
        "set_box": (reverse("images:set_box", args=[spine.pk]), box | result),
        "set_outline": (reverse("images:set_outline", args=[spine.pk]), {"points": "8,9 20,9 20,30"} | result),
        "sketch_outline": (reverse("images:sketch_outline", args=[spine.pk]), {"points": "8,9 20,9 20,30"}),
        "split_spine": (reverse("images:split_spine", args=[spine.pk]), {"points": "0,20 60,20"} | result),
        "join_spines": (reverse("images:join_spines", args=[spine.pk]), {"other": str(spine.pk + 1)} | result),
        "set_base": (reverse("images:set_base", args=[spine.pk]), {"x_px": 12, "y_px": 30} | result),
        "mark": (reverse("images:mark", args=[image.pk]), {"reviewed": "true"} | result),
        "undo": (reverse("images:undo", args=[image.pk]), result),
    }


def send(client: Client, request: tuple[str, dict[str, Any]]) -> Any:
    return client.post(request[0], request[1], headers=JSON)


def send_now(client: Client, image: Image, name: str, **fields: Any) -> Any:
    """Sent by a page that has seen all that happened."""
    address, form = requests_of(image)[name]
    return send(client, (address, form | fields))


def test_members_above_viewer_correct_and_nobody_else(client: Client, study: Study, image: Image) -> None:
    stranger = make_study("Another lab").owner
    for name, request in requests_of(image).items():
        client.logout()
        assert send(client, request).status_code == 302, name
        for user, status in ((study.viewer, 403), (stranger, 404), (make_user(staff=True), 404)):
            client.force_login(user)
            answer = send(client, request)
            assert answer.status_code == status, name
            assert answer.json()["error"]
        client.force_login(study.owner)
        assert client.get(request[0]).status_code == 405
        assert send_now(client, image, name).status_code == 200, name


def test_a_post_from_another_site_is_refused(study: Study, image: Image) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(study.owner)
    for request in requests_of(image).values():
        assert send(client, request).status_code == 403
    assert not Spine.objects.exclude(reviewed_class="").exists()


def test_answers_say_how_the_spine_and_the_review_stand_now(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    relabelled = send_now(client, image, "relabel").json()
    assert (relabelled["spine"]["shown_class"], relabelled["spine"]["network_class"]) == ("stubby", "mushroom")
    assert relabelled["review"] == {
        "result": result_id(image),
        "spines": 2,
        "reviewed": 1,
        "rejected": 0,
        "apart": 0,
        "undoable": 1,
        "redoable": 0,
        "version": version_of(image.results.get()),
        "marked": "",
    }
    added = send_now(client, image, "add_spine").json()["spine"]
    assert (added["box_px"], added["score"], added["class_probabilities"]) == ([1, 2, 8, 9], None, None)
    assert f"{study.owner} marked this image" in send_now(client, image, "mark").json()["review"]["marked"]
    assert send_now(client, image, "undo").json()["review"]["marked"] == ""
    undone = send_now(client, image, "undo").json()
    assert (undone["removed"], undone["spine"], undone["review"]["undoable"]) == (added["id"], None, 1)
    history = client.get(relabelled["spine"]["history"]).json()["history"]
    assert [(line["who"], line["what"]) for line in history] == [
        (str(study.owner), "changed the network's class to stubby")
    ]


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("relabel", {"class": "ball"}, "no class"),
        ("relabel", {"class": ""}, "no class"),
        ("add_spine", {"width_px": 600}, "outside the picture"),
        ("add_spine", {"width_px": "wide"}, "width_px"),
        ("add_spine", {"spine_class": "uncertain"}, "no class"),
        ("mark", {"reviewed": "perhaps"}, "reviewed"),
        ("undo", {"result": ""}, "result"),
        ("relabel", {"version": ""}, "version"),
        ("reject", {"version": "new"}, "version"),
        ("add_spine", {"key": "twice"}, "key"),
    ],
)
def test_what_cannot_be_used_is_told_in_words(
    client: Client, study: Study, image: Image, name: str, change: dict[str, Any], says: str
) -> None:
    client.force_login(study.owner)
    address, form = requests_of(image)[name]
    answer = send(client, (address, form | change))
    assert answer.status_code == 422
    assert says in answer.json()["error"]


def test_a_page_that_is_behind_is_told_so(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    requests = requests_of(image)
    finish(queue_analysis(study, [image]), [SPINES])
    for name, request in requests.items():
        answer = send(client, request)
        assert answer.status_code == 409, name
        assert "analysed again since you saw it" in answer.json()["error"]


def test_pages_show_added_spines_and_leave_rejected_ones_out(client: Client, study: Study, image: Image) -> None:
    first, _ = standing_spines(current_result(image))
    answers.reject(user=study.owner, spine_id=first.pk)
    added = boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(30, 30, 8, 8), spine_class="stubby")
    client.force_login(study.viewer)
    page = client.get(reverse("images:image", args=[image.pk])).content.decode()
    assert "1 of 2 reviewed, 1 rejected" in page
    assert f'<tr id="spine-{first.pk}" hidden>' in page
    for sort in ("image", "probability", "-probability", "score", "-score", "class", "-class"):
        address = reverse("results:spines", args=[study.experiment.pk])
        spines = client.get(address, {"sort": sort}).content.decode()
        assert f"#spine-{added.pk}" in spines
        assert f"#spine-{first.pk}" not in spines
    lines = client.get(reverse("gallery:rows", args=[study.experiment.pk])).json()["spines"]
    assert added.pk in {line[0] for line in lines}
    assert first.pk not in {line[0] for line in lines}
    for address in (
        reverse("images:spines_csv", args=[image.pk]),
        reverse("results:spines_csv", args=[study.experiment.pk]),
    ):
        table = b"".join(client.get(address)).decode()
        assert f"\n{added.pk}," in table
        assert f"\n{first.pk}," not in table
    assert client.get(reverse("results:experiment", args=[study.experiment.pk])).status_code == 200
    seen = client.get(reverse("images:annotated", args=[image.pk]), {"score": "0.95"})
    assert seen.headers["ETag"] != client.get(reverse("images:annotated", args=[image.pk])).headers["ETag"]
    rows = client.get(reverse("images:spines_json", args=[image.pk])).json()["spines"]
    assert [(row["number"], row["rejected"]) for row in rows] == [(1, True), (2, False), (3, False)]


def test_a_stale_edit_is_refused_and_the_page_is_told_what_stands_there(
    client: Client, study: Study, annotator: User, image: Image
) -> None:
    before = requests_of(image)
    first, second = standing_spines(current_result(image))
    answers.relabel(user=study.owner, spine_id=first.pk, spine_class="thin")
    client.force_login(annotator)
    for name in ("relabel", "accept", "reject", "mark"):
        refused = send(client, before[name])
        assert refused.status_code == 409, name
        assert refused.json()["changed"] == [f"{study.owner} changed the network's class to thin"]
        assert f"{study.owner} changed the network's class to thin" in refused.json()["error"]
        assert "was not saved" in refused.json()["error"]
    now = client.get(reverse("images:spines_json", args=[image.pk]), {"table": ""}).json()
    assert ([s["shown_class"] for s in now["spines"]], "dendrite_table" in now) == (["thin", "thin"], True)
    # What nobody else touched is no reason to refuse, and the answer tells what others did.
    other = (reverse("images:relabel", args=[second.pk]), before["relabel"][1])
    saved = send(client, other).json()
    assert {s["id"]: s["shown_class"] for s in saved["spines"]} == {first.pk: "thin", second.pk: "stubby"}
    assert send_now(client, image, "relabel").status_code == 200


def test_a_request_that_comes_twice_adds_one_spine(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    address, form = requests_of(image)["add_spine"]
    form |= {"key": str(uuid4())}
    first, again = (send(client, (address, form)).json() for _ in range(2))
    assert first["spine"]["id"] == again["spine"]["id"]
    assert Spine.objects.count() == 3
    misused = send(client, (requests_of(image)["relabel"][0], {"class": "thin"} | form))
    assert misused.status_code == 422
    assert "Take a new key" in misused.json()["error"]
    send_now(client, image, "undo")
    assert send(client, (address, form)).status_code == 409
    assert Spine.objects.count() == 2


def test_a_click_finds_the_box_that_the_detector_kept(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.owner)
    boxes = [(3.0, 3.0, 9.0, 9.0), (5.0, 5.0, 20.0, 20.0)]
    result = image.results.get(pk=result_id(image))
    write_candidates(result, [CandidateRow(box_px=box, score=0.1) for box in boxes])

    def at(x_px: int, y_px: int) -> Any:
        return client.get(reverse("images:box_at", args=[image.pk]), {"x_px": x_px, "y_px": y_px}).json()["box_px"]

    assert at(8, 8) == list(boxes[0])
    assert at(20, 20) == list(boxes[1])
    assert at(40, 40) is None
    better = (1.0, 1.0, 14.0, 14.0)
    write_candidates(
        result,
        [CandidateRow(box_px=box, score=score) for box, score in zip((*boxes, better), (0.1, 0.1, 0.2), strict=True)],
    )
    assert at(8, 8) == list(better)
    client.force_login(make_study("Elsewhere").owner)
    assert client.get(reverse("images:box_at", args=[image.pk]), {"x_px": 8, "y_px": 8}).status_code == 404
