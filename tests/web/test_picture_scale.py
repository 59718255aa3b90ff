"""A pixel size that the picture disagrees with is asked about where it is seen, answered once, and not asked again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from spines.models import AnalysisImage, AuditEvent, Image, PixelSizeSource
from spines.selectors.images.listing import images_with_state, missing_in
from spines.vocabulary.picture_scale import ScaleDoubt, ScaleSource
from tests.factories import Study, add_spines, current_row, make_annotator, make_user, placed_image
from tests.web.api_client import Api

pytestmark = pytest.mark.django_db

SEEN_UM = 0.0284
QUESTION = "This looks like about 0.028 µm a pixel; the stated pixel size is 0.1 µm."


@pytest.fixture
def images(study: Study) -> list[Image]:
    """Two that look otherwise than their pixel size, one that agrees, one of 1 µm, one without a pixel size."""
    made = [placed_image(study, animal=f"A{n}", condition="wild type") for n in range(5)]
    told: list[tuple[float | None, ScaleSource, float, ScaleDoubt]] = [
        (0.1, ScaleSource.SEEN, SEEN_UM, ScaleDoubt.DISAGREES),
        (0.1, ScaleSource.SEEN, SEEN_UM, ScaleDoubt.DISAGREES),
        (0.1, ScaleSource.BOTH, 0.11, ScaleDoubt.NONE),
        (1.0, ScaleSource.SEEN, 0.09, ScaleDoubt.DEFAULT),
        (None, ScaleSource.SEEN, 0.05, ScaleDoubt.NONE),
    ]
    for image, (size, source, seen, doubt) in zip(made, told, strict=True):
        image.pixel_size_um, image.pixel_size_source = size, PixelSizeSource.METADATA if size else ""
        image.save()
        result = current_row(study, image)
        AnalysisImage.objects.filter(pk=result.pk).update(
            scale_pixel_um=0.1, scale_source=source, scale_sureness=0.9, seen_pixel_um=seen, scale_doubt=doubt
        )
        add_spines(result, ("thin",))
    return made


def text_of(client: Client, where: str, **query: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(where, query).content.decode()).split())


def doubts(study: Study) -> list[str]:
    rows: Any = images_with_state(study.experiment).order_by("pk")
    return [image.scale_doubt for image in rows]


def test_the_page_asks_and_shows_the_scale(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    asked = text_of(client, reverse("images:image", args=[images[0].pk]))
    assert QUESTION in asked
    assert "Take this size" not in asked
    assert "told by the size of what is found. It looks like about 0.028 µm (sureness 0.90 of 1)" in asked
    agreed = text_of(client, reverse("images:image", args=[images[2].pk]))
    assert "Is the pixel size right?" not in agreed
    assert "pixel size and picture agree" in agreed
    assert "what programs write that do not know it" in text_of(client, reverse("images:image", args=[images[3].pk]))
    assert "Is the pixel size right?" not in text_of(client, reverse("images:image", args=[images[4].pk]))


def test_the_size_of_the_picture_is_taken_in_one_click(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(make_annotator(study))
    page = reverse("images:image", args=[images[0].pk])
    assert 'value="0.028"' in client.get(page).content.decode()
    said = client.post(
        reverse("experiments:scale_of_image", args=[images[0].pk]),
        {"act": "take", "pixel_size_um": "0.028"},
        follow=True,
    )
    assert "The pixel size is 0.028 µm now" in said.content.decode()
    image = Image.objects.get(pk=images[0].pk)
    assert (image.pixel_size_um, image.pixel_size_source) == (0.028, PixelSizeSource.USER)
    assert image.is_pixel_size_confirmed
    assert "Is the pixel size right?" not in text_of(client, page)
    event = AuditEvent.objects.get(action="image.pixel_size_set", subject_id=image.pk)
    assert (event.details["before"], event.details["after"]["pixel_size_um"]) == ({"pixel_size_um": 0.1}, 0.028)


def test_many_are_answered_at_once_and_not_asked_again(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(make_annotator(study))
    grid = reverse("experiments:images", args=[study.experiment.pk])
    assert f"2 images with a doubtful pixel size. {QUESTION}" in text_of(client, grid)
    assert missing_in(study.experiment).doubtful_pixel_size == 3
    shown = client.get(grid, {"show": "doubtful_pixel_size"}).context["page"]
    assert {image.pk for image in shown.object_list} == {images[n].pk for n in (0, 1, 3)}
    one = {"which": "doubtful_pixel_size", "doubt": "disagrees", "stated_um": "0.1", "act": "keep"}
    client.post(reverse("experiments:scale", args=[study.experiment.pk]), one)
    assert doubts(study) == ["", "", "", "default", ""]
    kept = Image.objects.get(pk=images[1].pk)
    assert (kept.pixel_size_um, kept.is_pixel_size_confirmed) == (0.1, True)
    assert AuditEvent.objects.filter(action="image.pixel_size_confirmed").count() == 2
    assert not Image.objects.get(pk=images[2].pk).is_pixel_size_confirmed
    # Another size is another question: the answer was to this one.
    client.post(reverse("experiments:change", args=[study.experiment.pk]), {"image": [kept.pk], "pixel_size_um": "0.2"})
    assert not Image.objects.get(pk=kept.pk).is_pixel_size_confirmed


def test_what_cannot_be_answered_is_said(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(make_annotator(study))
    address = reverse("experiments:scale_of_image", args=[images[0].pk])
    for sent, sentence in (
        ({"act": "take"}, "No pixel size was given"),
        ({"act": "take", "pixel_size_um": "0.1 mm"}, "The pixel size is not a number"),
        ({"act": "take", "pixel_size_um": "50"}, "is outside"),
        ({}, "It was not said which pixel size is right"),
    ):
        answer = client.post(address, sent)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    nothing = client.post(reverse("experiments:scale_of_image", args=[images[4].pk]), {"act": "keep"})
    assert "has none to keep" in nothing.content.decode()
    client.force_login(study.viewer)
    assert client.post(address, {"act": "keep"}).status_code == 403
    client.force_login(make_user())
    assert client.post(address, {"act": "keep"}).status_code == 404
    assert doubts(study)[0] == "disagrees"


def test_the_api_tells_the_scale(study: Study, images: list[Image]) -> None:
    api = Api(study.viewer)
    told = api.get(f"/images/{images[0].pk}").json()
    assert told["scale_pixel_um"] == 0.1
    assert (told["scale_source"], told["scale_doubt"]) == ("seen", "disagrees")
    assert (told["seen_pixel_um"], told["scale_sureness"]) == (SEEN_UM, 0.9)
    assert api.get(f"/images/{images[2].pk}").json()["scale_doubt"] is None


def test_the_report_says_what_the_scale_followed(client: Client, study: Study, images: list[Image]) -> None:
    client.force_login(study.viewer)
    report = text_of(client, reverse("report:experiment", args=[study.experiment.pk]))
    assert "followed the size of what was found in them (4 images)" in report
    assert "The pixel size of 3 images is doubtful and was not confirmed." in report
