"""The results page, its charts, the page of all spines, and their CSV."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
from django.test import Client
from django.urls import reverse

from spines.models import Cell, Condition, Image, ModelVersion, Spine, Subject
from tests.factories import Study, finish, found, make_study, make_user, queue_analysis, upload
from tests.web.results_pages import address, csv_rows, text_of
from webapp.results.charts import CHARTS

pytestmark = pytest.mark.django_db

ADDRESSES = ("experiment", "tests", "animal_shapes", "tests_csv", "spines_csv", "spines")


@pytest.fixture
def empty() -> Study:
    return make_study()


@pytest.fixture
def study(empty: Study, tmp_path: Path) -> Study:
    """Control: A1 with 3 mushrooms and 1 thin in two images, A2 with 1 thin. Treated: A3 with 2 stubby, 1 uncertain."""
    images = [upload(empty, tmp_path, name) for name in ("a1x.tif", "a1y.tif", "a2.tif", "a3.tif")]
    place(empty, images[:2], "A1", "control")
    place(empty, images[2:3], "A2", "control")
    place(empty, images[3:], "A3", "treated")
    mushroom, thin, stubby = found("mushroom", score=0.9), found("thin", score=0.4), found("stubby")
    unsure = found("stubby", uncertain=True)
    finish(
        queue_analysis(empty, images),
        [[mushroom, mushroom, thin], [mushroom], [thin], [stubby, stubby, unsure]],
    )
    return empty


def place(study: Study, images: list[Image], animal: str, condition: str) -> None:
    position = study.experiment.conditions.count()
    row, _ = Condition.objects.get_or_create(
        experiment=study.experiment, name=condition, defaults={"position": position}
    )
    subject = Subject.objects.create(experiment=study.experiment, name=animal, condition=row)
    cell = Cell.objects.create(subject=subject)
    Image.objects.filter(pk__in=[image.pk for image in images]).update(cell=cell)


def test_members_see_everything_and_strangers_nothing(client: Client, study: Study) -> None:
    stranger = make_study("Another lab").owner
    pages = [address(study, name) for name in ADDRESSES]
    pages += [address(study, name, "density") for name in ("figure", "figure_csv")]
    for page in pages:
        client.logout()
        assert client.get(page).headers["Location"].startswith(reverse("accounts:sign_in"))
        for member in (study.owner, study.viewer):
            client.force_login(member)
            assert client.get(page).status_code == 200, page
        for other in (stranger, make_user(staff=True)):
            client.force_login(other)
            assert client.get(page).status_code == 404, page


def test_the_sentence_says_what_was_found(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    text = text_of(client, study)
    assert "Spinula found 8 spines in 4 images of 3 animals in 2 conditions" in text
    assert "mushroom 3 (43 %), thin 2 (29 %), stubby 2 (29 %), filopodia 0 (0 %), and 1 uncertain (12 % of all)" in text
    assert "No person has reviewed them yet" in text
    assert "4 of 4 images have no pixel size, so no length and no density" in text


def test_filters_in_the_address_narrow_the_sentence(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    assert "Under these filters, Spinula found 5 spines in 3 images of 2 animals" in text_of(
        client, study, condition="control"
    )
    assert "found 1 spine in 1 image of 1 animal" in text_of(client, study, animal="A2")
    assert "found 6 spines in 4 images" in text_of(client, study, score=0.5)


def test_a_class_filter_does_not_change_what_a_share_is_of(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    rows = csv_rows(client, address(study, "figure_csv", "class-shares"), **{"class": "mushroom"})
    assert [(row["animal"], row["spine_class"], row["share"]) for row in rows] == [
        ("A1", "mushroom", "0.75"),
        ("A2", "mushroom", "0"),
        ("A3", "mushroom", "0"),
    ]


def test_means_are_over_animals_not_over_spines(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    figure = client.get(address(study, "figure", "class-shares")).json()
    bars = {trace["name"]: trace["y"] for trace in figure["data"] if trace["type"] == "bar"}
    assert bars["Mushroom"] == pytest.approx([0.375, 0])  # A1 0.75, A2 0; of the spines of control 3 in 5
    assert bars["Uncertain"] == pytest.approx([0, 1 / 3])
    points = next(trace for trace in figure["data"] if trace["name"] == "Mushroom, animals")
    assert points["y"] == pytest.approx([0.75, 0, 0])


def test_images_without_a_spine_and_without_an_animal_count(client: Client, study: Study, tmp_path: Path) -> None:
    finish(queue_analysis(study, [upload(study, tmp_path, "nowhere.tif")]), [[]])
    client.force_login(study.viewer)
    rows = csv_rows(client, address(study, "figure_csv", "spines-per-image"))
    assert [(row["animal"], row["image"], row["spines"]) for row in rows] == [
        ("A1", "a1x.tif", "3"),
        ("A1", "a1y.tif", "1"),
        ("A2", "a2.tif", "1"),
        ("A3", "a3.tif", "3"),
        ("not placed", "nowhere.tif", "0"),
    ]
    assert "1 image has no animal" in text_of(client, study)


def test_names_of_users_are_no_markup_in_figures(client: Client, empty: Study, tmp_path: Path) -> None:
    image = upload(empty, tmp_path)
    place(empty, [image], "<b>A</b>", "<a href='//x'>c</a>")
    finish(queue_analysis(empty, [image]), [[found()]])
    client.force_login(empty.viewer)
    for chart in CHARTS:
        answer = client.get(address(empty, "figure", chart))
        assert answer.headers["Content-Type"] == "application/json"
        assert b"<a " not in answer.content
        assert b"<b>" not in answer.content


def test_pictures_of_two_versions_are_not_mixed_silently(client: Client, study: Study, tmp_path: Path) -> None:
    client.force_login(study.viewer)
    assert "found the spines:" not in text_of(client, study)
    ModelVersion.objects.filter(kind="detector").update(state="retired")
    newer = ModelVersion.objects.create(
        kind="detector", name="newer", version="2", sha256="c" * 64, path="x", state="active"
    )
    finish(queue_analysis(study, [upload(study, tmp_path)]), [[found()]])
    text = text_of(client, study)
    assert "2 detectors found the spines: test detector 1 (" in text
    assert "Analyse all images again before you compare them" in text
    assert str(newer) in text


def test_the_csv_holds_what_passes_the_filters(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    where = address(study, "spines_csv")
    rows = csv_rows(client, where)
    assert {row["spine_id"] for row in rows} == {str(pk) for pk in Spine.objects.values_list("pk", flat=True)}
    assert {row["animal"] for row in csv_rows(client, where, condition="control")} == {"A1", "A2"}
    assert [row["spine_class"] for row in csv_rows(client, where, **{"class": "uncertain"})] == ["uncertain"]


def test_the_spines_page_filters_sorts_and_leads_to_the_image(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    page = client.get(address(study, "spines"), {"class": ["mushroom", "thin"], "sort": "-score"}).content.decode()
    spines = list(Spine.objects.filter(final_class__in=["mushroom", "thin"]).order_by("-score", "pk"))
    links = re.findall(r'/images/(\d+)/#spine-(\d+)"', page)
    assert links == [(str(s.analysis_image.image_id), str(s.pk)) for s in spines]


def test_the_gallery_has_a_line_for_each_spine_and_its_crops_in_sheets(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    page = client.get(address(study, "spines"), {"as": "gallery"}).content.decode()
    assert "data-answer" not in page  # a viewer only looks
    rows = reverse("gallery:rows", args=[study.experiment.pk])
    body = client.get(rows).json()
    assert len(body["spines"]) == 8
    assert {line[5] for line in body["spines"]} == {"mushroom", "thin", "stubby", "uncertain"}
    assert len(client.get(rows, {"class": ["mushroom"]}).json()["spines"]) < 8
    (result, part), *_ = body["sheets"]
    sheet = client.get(reverse("gallery:sheet", args=[result, part]))
    assert sheet["Content-Type"] == "image/png"
    assert PIL.Image.open(io.BytesIO(sheet.content)).size == (1024, 64)
    assert client.get(reverse("gallery:sheet", args=[result, 7])).status_code == 404
    client.force_login(make_study("Others").owner)
    assert client.get(rows).status_code == 404
    assert client.get(reverse("gallery:sheet", args=[result, part])).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"condition": "elsewhere", "score": "nan"},
        {"animal": "B"},
        {"class": "spiny"},
        {"score": 2},
        {"probability": -1},
        {"reviewed": "perhaps"},
        {"detector": 999},
        {"classifier": "newest"},
    ],
)
def test_filters_that_cannot_be_are_told(client: Client, study: Study, query: dict[str, Any]) -> None:
    client.force_login(study.viewer)
    for name in ("experiment", "spines_csv"):
        assert client.get(address(study, name), query).status_code == 422


@pytest.mark.parametrize("query", [{"sort": "file"}, {"as": "list"}])
def test_orders_that_spines_do_not_have_are_told(client: Client, study: Study, query: dict[str, str]) -> None:
    client.force_login(study.viewer)
    assert client.get(address(study, "spines"), query).status_code == 422


def test_an_unknown_chart_is_not_found(client: Client, study: Study) -> None:
    client.force_login(study.viewer)
    for name in ("figure", "figure_csv"):
        assert client.get(address(study, name, "pie")).status_code == 404


def test_before_the_first_result_the_pages_say_what_to_do(client: Client, empty: Study, tmp_path: Path) -> None:
    client.force_login(empty.viewer)
    assert "This experiment has no images yet" in text_of(client, empty)
    upload(empty, tmp_path)
    assert "This experiment has 1 image; none has a finished analysis" in text_of(client, empty)
    assert "No spines yet" in client.get(address(empty, "spines")).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_spines(
    client: Client, study: Study, django_assert_max_num_queries: object
) -> None:
    client.force_login(study.viewer)
    for name in ("experiment", "spines"):
        with django_assert_max_num_queries(30):  # type: ignore[operator]
            client.get(address(study, name))
