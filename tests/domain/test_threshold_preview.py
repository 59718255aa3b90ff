"""What the page of the threshold shows before it moves: counts, curve and pictures at each value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from spines.models import AnalysisImage, Image
from spines.selectors.analyses import thresholds as given
from spines.selectors.analyses.thresholds import EVERYWHERE, Mark, counts_of, marks_of, reviewed_images
from spines.services.review import answers, boxes
from tests.candidates import (
    analysed,
    counted,
    give,
    result_of,
    scores,
    spine,
)
from tests.factories import Study

pytestmark = pytest.mark.django_db


@pytest.fixture(name="image")
def analysed_image(study: Study, tmp_path: Path) -> Image:
    return analysed(study, tmp_path)


def shown(marks: Sequence[Mark], threshold: float) -> list[str]:
    return sorted(mark.kind for mark in marks if mark.is_shown(threshold))


def test_a_picture_shows_what_a_threshold_gives(study: Study, image: Image) -> None:
    answers.accept(user=study.owner, spine_id=spine(image, 0.4).pk)
    marks = marks_of(result_of(image))
    assert shown(marks, 0.25) == ["mushroom"] * 3 + ["unclassified"]
    assert shown(marks, 0.45) == ["mushroom"] * 3
    assert shown(marks, 0.95) == ["mushroom"]
    assert [mark.score for mark in marks if mark.score == EVERYWHERE] == [EVERYWHERE]


def test_a_picture_of_a_reviewed_image_shows_what_is_right_wrong_and_missed(study: Study, image: Image) -> None:
    """0.5 is no spine; the candidate 0.3 is one, which was added by hand; another was added that no box found."""
    answers.reject(user=study.owner, spine_id=spine(image, 0.5).pk)
    boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(31, 31, 8, 8), spine_class="thin")
    boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(15, 50, 8, 8), spine_class="thin")
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    marks = marks_of(result_of(image))
    assert shown(marks, 0.1) == ["missed", "right", "right", "right", "wrong", "wrong"]
    assert shown(marks, 0.35) == ["missed", "missed", "right", "right", "wrong"]
    assert shown(marks, 0.6) == ["missed", "missed", "missed", "right"]
    (reviewed,) = reviewed_images(study.experiment)
    assert sorted(reviewed.right) == [0.3, 0.4, 0.9]
    assert sorted(reviewed.wrong) == [0.2, 0.5]
    assert (reviewed.spines, reviewed.animal, reviewed.complete_from) == (4, None, 0.1)


def test_the_curve_stays_when_the_threshold_moves(study: Study, image: Image) -> None:
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    before = reviewed_images(study.experiment)
    give(study, 0.8)
    assert reviewed_images(study.experiment) == before


def test_counts_say_which_images_keep_nothing_so_low(study: Study, image: Image) -> None:
    AnalysisImage.objects.update(complete_from=0.35)
    assert counts_of(study.experiment).at(0.34) == (3, 1)
    assert counts_of(study.experiment).at(0.35) == (3, 0)


def test_every_threshold_counts_what_following_it_gives(study: Study, image: Image) -> None:
    for threshold in (0.9, 0.4, 0.3, 0.2, 0.1):
        expected = counted(study, threshold)
        give(study, threshold)
        assert len(scores(image)) == expected == counted(study, threshold)
    assert given.own_thresholds(study.experiment) == []
