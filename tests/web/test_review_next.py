"""The images whose review would teach most: uncertain, unlike, of animals that nobody reviewed; on page and in API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from spines.models import AnalysisImage, Candidates, Experiment, Image
from spines.selectors.review.proposals import proposals_of
from tests.factories import Study, add_spines, current_row, make_study, placed_image
from tests.web.api_client import Api
from tests.web.results_pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return make_study()


def analysed(
    study: Study,
    animal: str,
    *,
    score: float = 0.9,
    sure: float = 1.0,
    unlikeness: float = 0.0,
    below: tuple[float, ...] = (),
    reviewed: bool = False,
) -> Image:
    """An image with four spines of this score and this probability of their class, at a threshold of 0.5."""
    image = placed_image(study, animal=animal, condition="control")
    row = current_row(study, image)
    rest = (1 - sure) / 3
    add_spines(row, ["mushroom"] * 4, score=score, probabilities=[sure, rest, rest, rest])
    Candidates.objects.create(analysis_image=row, scores=list(below))
    AnalysisImage.objects.filter(pk=row.pk).update(
        score_threshold=0.5, unlikeness=unlikeness, reviewed_at=timezone.now() if reviewed else None
    )
    return image


def order(study: Study) -> list[Image]:
    return [each.image for each in proposals_of(study.experiment).images]


def test_the_uncertain_come_before_the_certain_by_boxes_and_by_classes(study: Study) -> None:
    certain = analysed(study, "a")
    doubtful_classes = analysed(study, "b", sure=0.25)
    doubtful_both = analysed(study, "c", sure=0.25, score=0.55)
    missed = analysed(study, "d", below=(0.45, 0.42, 0.41, 0.1))
    assert order(study) == [doubtful_both, doubtful_classes, missed, certain]
    first, second, third, last = proposals_of(study.experiment).images
    assert [each.near for each in (first, second, third, last)] == pytest.approx([1, 0, 3 / 7, 0])
    assert [each.unsure for each in (first, second, third, last)] == pytest.approx([1, 1, 0, 0])
    assert last.help == pytest.approx(0)


def test_an_unlike_picture_comes_before_a_like_one(study: Study) -> None:
    like, unlike, farther = (analysed(study, name, unlikeness=by) for name, by in (("a", 0.3), ("b", 1.5), ("c", 90)))
    assert order(study) == [farther, unlike, like]


def test_animals_nobody_reviewed_come_first_and_then_one_of_each(study: Study) -> None:
    analysed(study, "known", reviewed=True)
    of_known = analysed(study, "known", sure=0.4)
    first = [analysed(study, "x", sure=0.45), analysed(study, "x", sure=0.46)]
    other = analysed(study, "y", sure=0.6)
    assert order(study) == [first[0], other, of_known, first[1]]
    found = proposals_of(study.experiment)
    assert [each.of_its_animal for each in found.images] == [0, 0, 1, 1]
    assert (found.reviewed, found.animals_reviewed, found.waiting) == (1, 1, 4)


def test_what_stands_aside_or_was_never_analysed_is_not_proposed(study: Study) -> None:
    Image.objects.filter(pk=analysed(study, "a").pk).update(
        standing="set_aside", standing_reason="blurred", standing_at=timezone.now()
    )
    placed_image(study, animal="b")
    assert order(study) == []


def test_an_image_without_spines_or_figures_breaks_nothing(study: Study) -> None:
    image = placed_image(study)
    current_row(study, image)
    (only,) = proposals_of(study.experiment).images
    assert (only.spines, only.near, only.unsure, only.unlike, only.help) == (0, None, None, None, 0.0)


def test_the_page_and_the_api_say_it_to_members_and_nobody_else(client: Client, study: Study) -> None:
    image = analysed(study, "a", sure=0.4, score=0.55, unlikeness=1.5)
    page = reverse("experiments:review_next", args=[study.experiment.pk])
    client.force_login(study.viewer)
    text = words(client, page)
    assert f"{image.original_name} a 4 100 % 80 % 1.5 the first" in text
    assert "0 images of 0 animals are reviewed (all boxes called right), 1 is not" in text
    told = Api(study.viewer).get(f"/experiments/{study.experiment.pk}/review-next").json()
    assert told["images"][0]["image_id"] == image.pk
    assert told["images"][0]["unsure_of_classes"] == pytest.approx(0.8)
    stranger = make_study().owner
    client.force_login(stranger)
    assert client.get(page).status_code == 404
    assert Api(stranger).get(f"/experiments/{study.experiment.pk}/review-next").status_code == 404
    Experiment.objects.filter(pk=study.experiment.pk).update(blinded=True)
    client.force_login(study.viewer)
    assert client.get(page).status_code == 403
