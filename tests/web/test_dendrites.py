"""Dendrites and measures on the image page: shown, changed over HTTP, by owner, viewer, stranger and nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, Dendrite, Image, Spine, User
from spines.selectors.review.state import version_of
from spines.services.review import dendrites
from tests.factories import Study, finish, found, make_study, queue_analysis, upload
from tests.phantom_images import analyse_phantom, upload_phantom
from tests.web.test_images import decoded

pytestmark = pytest.mark.django_db

LINE = "20,30 120.25,30"


@pytest.fixture
def image(study: Study, tmp_path: Path) -> Image:
    made = upload_phantom(study, tmp_path)
    analyse_phantom(study, made)
    return made


@pytest.fixture
def signed_in(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


def result_id(image: Image) -> int:
    return image.results.get(is_current=True).pk


def sent(client: Client, name: str, pk: int, **fields: Any) -> Any:
    """By a page that has seen all that happened, unless `fields` state a version."""
    fields = {"version": version_of(AnalysisImage.objects.get(is_current=True))} | fields
    return client.post(reverse(f"images:{name}", args=[pk]), fields, headers={"Accept": "application/json"})


def page_of(client: Client, image: Image) -> str:
    return client.get(reverse("images:image", args=[image.pk])).content.decode()


def data_of(client: Client, image: Image) -> dict[str, Any]:
    body: dict[str, Any] = client.get(reverse("images:spines_json", args=[image.pk])).json()
    return body


def test_the_script_is_told_lines_outlines_and_measures(signed_in: Client, image: Image) -> None:
    body = data_of(signed_in, image)
    (line,) = body["dendrites"]
    row = Dendrite.objects.get()
    assert (line["points_px"], line["number"], line["spines"]) == (row.points_px, 1, len(body["spines"]))
    assert line["length_um"] == pytest.approx(20, rel=0.05)
    assert line["spines_per_um"] == pytest.approx(line["spines"] / line["length_um"])
    told = next(spine for spine in body["spines"] if spine["length_um"])
    spine = Spine.objects.get(pk=told["id"])
    assert (told["dendrite"], told["quality_words"]) == (1, "measured")
    assert (told["head_width_um"], told["position_um"]) == (spine.head_width_um, spine.position_um)
    assert (told["outline_px"], told["midline_px"]) == (spine.shape.outline_px, spine.shape.midline_px)
    assert told["rule_class"] == spine.rule_classes.get("dendritic_spine_counter")
    image.lab.rule_preset = "golgi"
    image.lab.save()
    again = next(s for s in data_of(signed_in, image)["spines"] if s["id"] == told["id"])
    assert again["rule_class"] == spine.rule_classes.get("golgi")


def test_the_page_gives_densities_and_measures_without_script(signed_in: Client, image: Image) -> None:
    page = page_of(signed_in, image)
    density = Dendrite.objects.get().density.spines_per_um
    assert density is not None
    assert f'<td class="num">{density:.2f}</td>' in page
    assert f"{10 * density:.1f}</td>" in page
    spine = Spine.objects.exclude(length_um=None)[0]
    assert f'data-of="length_um">{spine.length_um:.2f}</td>' in page
    assert "Dendritic Spine Counter" in page
    assert "On none" not in page


def test_spines_on_no_dendrite_are_listed_as_such(signed_in: Client, image: Image) -> None:
    body = sent(signed_in, "remove_dendrite", Dendrite.objects.get().pk).json()
    assert (body["dendrites"], {spine["dendrite"] for spine in body["spines"]}) == ([], {None})
    assert {spine["quality_words"] for spine in body["spines"]} == {"on no dendrite"}
    assert "All dendrites of this image were deleted" in body["dendrite_table"]
    body = sent(signed_in, "add_dendrite", image.pk, points="5,5 60,5", result=result_id(image)).json()
    assert "On none" in body["dendrite_table"]
    assert "drawn by hand" in body["dendrite_table"]


def test_a_dendrite_is_drawn_extended_cut_deleted_and_all_of_it_undone(signed_in: Client, image: Image) -> None:
    before = data_of(signed_in, image)
    drawn = sent(signed_in, "add_dendrite", image.pk, points=LINE, result=result_id(image)).json()
    assert drawn["dendrites"][1]["points_px"] == [[20, 30], [120.25, 30]]
    new = drawn["dendrites"][1]["id"]
    extended = sent(signed_in, "change_dendrite", new, points=f"{LINE} 150,40").json()
    assert extended["dendrites"][1]["length_px"] > drawn["dendrites"][1]["length_px"]
    cut = sent(signed_in, "cut_dendrite", new, x_px=60, y_px=33).json()
    assert len(cut["dendrites"]) == 3
    removed = sent(signed_in, "remove_dendrite", new).json()
    assert [row["number"] for row in removed["dendrites"]] == [1, 3]
    assert removed["review"]["undoable"] == 4
    for _ in range(4):
        body = sent(signed_in, "undo", image.pk, result=result_id(image)).json()
    assert body["dendrites"] == before["dendrites"]
    assert data_of(signed_in, image)["spines"] == before["spines"]
    history = page_of(signed_in, image)
    for words in ("drew dendrite 2", "changed the line of dendrite 2", "cut a dendrite in two, now 2 and 3"):
        assert words in history
        assert f"took back: {words}" in history


def test_relabelling_moves_the_densities_without_filopodia(signed_in: Client, image: Image) -> None:
    spine = Spine.objects.order_by("number")[0]
    without = Dendrite.objects.get().density.without_left_out_per_um
    body = sent(signed_in, "relabel", spine.pk, **{"class": "filopodia"}).json()
    now = Dendrite.objects.get().density.without_left_out_per_um
    assert without is not None
    assert now is not None
    assert now < without
    assert f"{now:.2f}</td>" in body["dendrite_table"]
    assert (body["spines"], body["dendrites"]) == (None, None), "one spine changed, so one is sent"


def test_an_added_spine_comes_measured_with_its_neighbours(signed_in: Client, image: Image) -> None:
    box = {"x_px": 60, "y_px": 60, "width_px": 12, "height_px": 12, "spine_class": "thin"}
    body = sent(signed_in, "add_spine", image.pk, result=result_id(image), **box).json()
    assert body["spine"]["quality"]
    assert body["spine"] in body["spines"]
    assert not body["whole"]


def test_answers_put_together_are_what_a_reload_shows(signed_in: Client, image: Image) -> None:
    page = {row["id"]: row for row in data_of(signed_in, image)["spines"]}
    spines, line = [*Spine.objects.order_by("number")], Dendrite.objects.get()
    box = {"x_px": 60, "y_px": 60, "width_px": 12, "height_px": 12}
    of_image = {"result": result_id(image)}
    edits: list[tuple[str, int, dict[str, Any]]] = [
        ("add_spine", image.pk, of_image | box | {"spine_class": "thin"}),
        ("set_box", spines[0].pk, of_image | box | {"x_px": 40}),
        ("set_outline", spines[3].pk, of_image | {"points": "40,20 52,20 52,40"}),
        ("split_spine", spines[4].pk, of_image | {"points": f"0,{spines[4].y_px + 8} 300,{spines[4].y_px + 8}"}),
        ("join_spines", spines[5].pk, of_image | {"other": spines[6].pk}),
        ("set_base", spines[7].pk, of_image | {"x_px": spines[7].x_px, "y_px": line.points_px[0][1]}),
        ("reject", spines[1].pk, {}),
        ("relabel", spines[2].pk, {"class": "thin"}),
        ("restore", spines[1].pk, {}),
        ("add_dendrite", image.pk, of_image | {"points": LINE}),
        ("remove_dendrite", line.pk, {}),
        *[("undo", image.pk, of_image)] * 11,
        *[("redo", image.pk, of_image)] * 5,
    ]
    for view, pk, form in edits:
        body = sent(signed_in, view, pk, **form).json()
        changed = {row["id"]: row for row in [*(body["spines"] or []), *filter(None, [body["spine"]])]}
        page = changed if body["whole"] else page | changed
        page.pop(body["removed"], None)
        assert sorted(page.values(), key=lambda row: row["number"]) == data_of(signed_in, image)["spines"], view


def test_an_edit_that_is_sent_twice_is_answered_with_all_there_is(signed_in: Client, image: Image) -> None:
    stated = {"version": version_of(AnalysisImage.objects.get(is_current=True)), "key": str(uuid4())}
    first, again = (sent(signed_in, "reject", Spine.objects.earliest("number").pk, **stated).json() for _ in range(2))
    assert (first["whole"], again["whole"]) == (False, True)
    assert len(again["spines"]) == Spine.objects.count()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("add_dendrite", {"points": "1,2"}),
        ("add_dendrite", {"points": "1,2 3"}),
        ("add_dendrite", {"points": "1,2 a,4"}),
        ("add_dendrite", {"points": "1,2,3 3,4,5"}),
        ("add_dendrite", {"points": "nan,2 30,4"}),
        ("add_dendrite", {"points": "1e400,2 30,4"}),
        ("add_dendrite", {"points": "1,1 " * 50_000}),
        ("add_dendrite", {}),
        ("change_dendrite", {"points": ""}),
        ("cut_dendrite", {"x_px": "nan", "y_px": 1}),
        ("cut_dendrite", {"x_px": "1"}),
    ],
)
def test_what_is_no_line_is_refused_in_words(
    signed_in: Client, image: Image, name: str, fields: dict[str, Any]
) -> None:
    pk = image.pk if name == "add_dendrite" else Dendrite.objects.get().pk
    answer = sent(signed_in, name, pk, result=result_id(image), **fields)
    assert answer.status_code == 422
    assert len(answer.json()["error"]) > 20
    assert Dendrite.objects.count() == 1


def test_only_annotators_change_dendrites(client: Client, study: Study, image: Image) -> None:
    row = Dendrite.objects.get()
    asked: dict[str, tuple[int, dict[str, Any]]] = {
        "add_dendrite": (image.pk, {"points": LINE, "result": result_id(image)}),
        "change_dendrite": (row.pk, {"points": LINE}),
        "cut_dendrite": (row.pk, {"x_px": 100, "y_px": 100}),
        "remove_dendrite": (row.pk, {}),
    }
    stranger = make_study("Another lab").owner
    for name, (pk, fields) in asked.items():
        client.logout()
        assert sent(client, name, pk, **fields).status_code in {302, 401, 403}
        for user, status in ((study.viewer, 403), (stranger, 404)):
            client.force_login(user)
            assert sent(client, name, pk, **fields).status_code == status
        client.force_login(study.owner)
        assert client.get(reverse(f"images:{name}", args=[pk])).status_code == 405
    assert Dendrite.objects.get().points_px == row.points_px


def test_viewers_see_lines_and_no_tools(client: Client, study: Study, image: Image) -> None:
    client.force_login(study.viewer)
    page = page_of(client, image)
    assert 'id="dendrite-table"' in page
    for part in ('id="draw"', 'id="extend"', 'id="cut"', 'id="pen-bar"', "data-add-dendrite"):
        assert part not in page


def test_a_replaced_result_is_told(signed_in: Client, study: Study, image: Image) -> None:
    old, row = result_id(image), Dendrite.objects.get().pk
    analyse_phantom(study, image)
    for answer in (
        sent(signed_in, "add_dendrite", image.pk, points=LINE, result=old),
        sent(signed_in, "remove_dendrite", row),
    ):
        assert answer.status_code == 409
        assert "analysed again" in answer.json()["error"]


def test_a_stale_edit_of_a_dendrite_is_refused(signed_in: Client, study: Study, annotator: User, image: Image) -> None:
    row, seen = Dendrite.objects.get(), version_of(image.results.get(is_current=True))
    dendrites.change_dendrite(user=study.owner, dendrite_id=row.pk, points_px=[*row.points_px[:-1], [190, 100]])
    moved = Dendrite.objects.get().points_px
    for name, fields in (("change_dendrite", {"points": LINE}), ("cut_dendrite", {"x_px": 90, "y_px": 90})):
        refused = sent(signed_in, name, row.pk, version=seen, **fields)
        assert refused.status_code == 409, name
        assert refused.json()["changed"] == [f"{study.owner} changed the line of dendrite 1"]
    assert sent(signed_in, "remove_dendrite", row.pk, version=seen).status_code == 409
    assert Dendrite.objects.get().points_px == moved
    # Another line is none of theirs, and the answer brings what they did.
    drawn = sent(signed_in, "add_dendrite", image.pk, version=seen, points=LINE, result=result_id(image)).json()
    assert [line["points_px"] for line in drawn["dendrites"]] == [moved, [[20, 30], [120.25, 30]]]


def test_a_deletion_that_is_sent_twice_is_one(signed_in: Client, image: Image) -> None:
    sending = {"version": 0, "key": str(uuid4())}
    row = Dendrite.objects.get().pk
    for _ in range(2):
        assert sent(signed_in, "remove_dendrite", row, **sending).json()["dendrites"] == []
    assert sent(signed_in, "remove_dendrite", row).status_code == 404


def test_without_a_pixel_size_there_is_no_length(signed_in: Client, study: Study, tmp_path: Path) -> None:
    image = upload_phantom(study, tmp_path, "plain.tif", calibrated=False)
    analyse_phantom(study, image)
    page = page_of(signed_in, image)
    assert "No pixel size, so no lengths and no densities." in page
    assert "No pixel size, so no lengths." in page
    body = data_of(signed_in, image)
    assert {row["length_um"] for row in body["dendrites"]} == {None}
    assert {spine["length_um"] for spine in body["spines"]} == {None}
    assert any(spine["outline_px"] for spine in body["spines"])


def test_a_result_from_before_says_how_to_get_dendrites(signed_in: Client, study: Study, tmp_path: Path) -> None:
    image = upload(study, tmp_path, pixel_size_um=0.1)
    finish(queue_analysis(study, [image]), [[found(box_px=(10, 12, 14, 16))]])
    assert "No dendrite was traced" in page_of(signed_in, image)
    image.results.update(measure_s=None)
    assert "This result is from before dendrites were traced." in page_of(signed_in, image)


def test_the_annotated_picture_shows_dendrites(signed_in: Client, annotator: User, image: Image) -> None:
    address = reverse("images:annotated", args=[image.pk])

    def yellow() -> int:
        return int((decoded(signed_in.get(address).content) == (240, 228, 66)).all(axis=2).sum())

    traced = yellow()
    assert traced > 500
    dendrites.remove_dendrite(user=annotator, dendrite_id=Dendrite.objects.get().pk)
    assert yellow() == 0
    y_px = int(np.floor(image.height_px / 2))
    dendrites.add_dendrite(user=annotator, image_id=image.pk, points_px=[[0, y_px], [image.width_px, y_px]])
    assert yellow() > traced
