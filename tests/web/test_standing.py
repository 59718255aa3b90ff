"""Images that stand aside say so on every page that counts; they are admitted, set aside and taken back there."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, AuditEvent, Image
from spines.vocabulary.picture_grades import Grade
from tests.factories import Study, add_dendrite, add_spines, current_row, make_annotator, placed_image
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db

ASIDE = "1 analysed image stands aside and is in no count, density or test until a person admits it"


@pytest.fixture
def images(study: Study) -> list[Image]:
    """Two spines each; the second image is of another kind, the third of another lab, the fourth has no grade."""
    made = [placed_image(study, animal=f"A{n}", condition="wild type") for n in range(4)]
    for image, grade in zip(made, (Grade.AS_TRAINED, Grade.OTHER_KIND, Grade.OTHER_LAB, ""), strict=True):
        result = current_row(study, image)
        AnalysisImage.objects.filter(pk=result.pk).update(grade=grade, unlikeness=0.7)
        add_spines(result, ("thin", "mushroom"), dendrite=add_dendrite(result))
    return made


def text_of(client: Client, where: str, **query: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(where, query).content.decode()).split())


def standing_address(image: Image) -> str:
    return reverse("experiments:standing_of_image", args=[image.pk])


def test_pages_count_without_it_and_say_so(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    results = text_of(client, reverse("results:experiment", args=[study.experiment.pk]))
    assert ASIDE in results
    assert "another kind of picture than the networks were trained on" in results
    assert "found 6 spines in 3 images of 3 animals" in results
    assert "1 of 3 images looks like those of another lab" in results
    grid = text_of(client, reverse("experiments:images", args=[study.experiment.pk]))
    assert ASIDE in grid
    shown = client.get(reverse("experiments:images", args=[study.experiment.pk]), {"show": "aside"}).context["page"]
    assert [image.pk for image in shown.object_list] == [images[1].pk]
    assert "1 aside" in text_of(client, reverse("home:home"))
    assert "1 aside" in text_of(client, reverse("projects:project", args=[study.experiment.project_id]))
    report = text_of(client, reverse("report:experiment", args=[study.experiment.pk]))
    assert "1 analysed image stands aside and count" in report.replace("counts", "count")
    assert "1 image stood aside and enter no figure (another kind of picture than" in report


def test_it_is_admitted_from_its_page_and_taken_back(client: Client, study: Study, images: list[Image]) -> None:
    person = make_annotator(study)
    client.force_login(person)
    page = reverse("images:image", args=[images[1].pk])
    assert "This image stands aside: another kind of picture" in text_of(client, page)
    admitted = client.post(standing_address(images[1]), {"standing": "admit"}, follow=True)
    assert "1 image counts now." in admitted.content.decode()
    assert f"{person.username} admitted this image" in text_of(client, page)
    results = reverse("results:experiment", args=[study.experiment.pk])
    assert "found 8 spines in 4 images" in text_of(client, results)
    assert ASIDE not in text_of(client, results)
    client.post(standing_address(images[1]), {"standing": "take_back"})
    assert ASIDE in text_of(client, results)
    said = [event.details for event in AuditEvent.objects.filter(action="image.standing_set").order_by("pk")]
    assert [(d["before"]["standing"], d["after"]["standing"]) for d in said] == [("", "admitted"), ("admitted", "")]


def test_a_good_one_is_set_aside_with_a_reason(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.owner)
    refused = client.post(standing_address(images[0]), {"standing": "set_aside", "reason": "  "}, follow=True)
    assert "Say why these images are set aside" in refused.content.decode()
    client.post(standing_address(images[0]), {"standing": "set_aside", "reason": "out of focus"})
    assert "set aside by a person. “out of focus”" in text_of(client, reverse("images:image", args=[images[0].pk]))
    client.post(standing_address(images[0]), {"standing": "admit"})
    images[0].refresh_from_db()
    assert images[0].standing == ""


def test_ticked_images_are_admitted_together(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.owner)
    ticked = {"image": [image.pk for image in images], "standing": "admit", "which": ""}
    address = reverse("experiments:standing", args=[study.experiment.pk])
    assert "1 image counts now." in client.post(address, ticked, follow=True).content.decode()
    assert Image.objects.filter(standing="admitted").count() == 1  # those that count need no admission
    assert "they count already" in client.post(address, ticked, follow=True).content.decode()


def test_only_who_may_change_images_says_so(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    assert client.post(standing_address(images[1]), {"standing": "admit"}).status_code == 403
    assert "Admit it" not in text_of(client, reverse("images:image", args=[images[1].pk]))


def test_nothing_to_count_where_all_stand_aside(client: Client, study: Study, images: list[Image]) -> None:
    AnalysisImage.objects.update(grade=Grade.NO_NEURON)
    client.force_login(study.viewer)
    results = text_of(client, reverse("results:experiment", args=[study.experiment.pk]))
    assert "Every analysed image stands aside" in results
    assert "Look and admit them" in results


def test_a_program_sees_and_says_it(study: Study, images: list[Image]) -> None:
    api, where = Api(study.owner), f"/experiments/{study.experiment.pk}"
    row = api.get(f"/images/{images[1].pk}").json()
    assert (row["counted"], row["stands_aside"], row["grade"]) == (False, "other_kind", "other_kind")
    total = api.get(f"{where}/results").json()["total"]
    assert (total["spines"], total["images_aside"], total["images_aside_by_reason"]) == (6, 1, {"other_kind": 1})
    said = api.post(f"{where}/images/standing", {"image_ids": [images[1].pk], "standing": "admit"})
    assert (said.status_code, said.json()) == (200, {"images": 1})
    assert api.get(f"{where}/results").json()["total"]["spines"] == 8
    api.post(f"{where}/images/standing", {"image_ids": [images[0].pk], "standing": "set_aside", "reason": "drift"})
    row = api.get(f"/images/{images[0].pk}").json()
    assert (row["counted"], row["stands_aside"], row["standing_reason"]) == (False, "set_aside", "drift")
    assert api.get(where).json()["images_aside"] == 1
