"""An experiment's own threshold: results follow it without the detector, and what people said stands."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AnalysisStatus, AuditEvent, Image, ThresholdChange
from spines.selectors.analyses.thresholds import to_follow
from spines.services import claims
from spines.services.analyses import threshold_jobs
from spines.services.analyses.starting import start_analysis
from spines.services.analyses.thresholds import set_threshold
from spines.services.review import answers, boxes
from tests.candidates import (
    OPINION,
    analysed,
    candidate_scores,
    counted,
    follow_all,
    give,
    plane_of,
    result_of,
    scores,
    spine,
)
from tests.factories import Study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(name="image")
def analysed_image(study: Study, tmp_path: Path) -> Image:
    return analysed(study, tmp_path)


def test_a_lower_threshold_makes_candidates_spines(study: Study, image: Image) -> None:
    assert counted(study, 0.25) == 4
    change = give(study, 0.25)
    assert (change.status, change.images) == (AnalysisStatus.DONE, 1)
    assert scores(image) == [0.9, 0.5, 0.4, 0.3]
    come = spine(image, 0.3)
    assert (come.final_class, come.class_probabilities) == ("thin", OPINION.class_probabilities)
    assert come.quality
    assert candidate_scores(image) == [0.2]
    assert result_of(image).score_threshold == 0.25


def test_a_higher_threshold_makes_spines_candidates_that_keep_their_class(study: Study, image: Image) -> None:
    before = list(result_of(image).spines.order_by("number").values("score", "number", "probabilities", "spine_class"))
    assert counted(study, 0.45) == 2
    give(study, 0.45)
    assert scores(image) == [0.9, 0.5]
    assert candidate_scores(image) == [0.4, 0.3, 0.2]
    give(study, 0.35)
    after = list(result_of(image).spines.order_by("number").values("score", "number", "probabilities", "spine_class"))
    assert after == before


def test_the_score_of_the_threshold_itself_is_a_spine(study: Study, image: Image) -> None:
    give(study, 0.5)
    assert scores(image) == [0.9, 0.5]


def test_what_people_said_of_a_spine_stands(study: Study, image: Image) -> None:
    answers.relabel(user=study.owner, spine_id=spine(image, 0.4).pk, spine_class="stubby")
    answers.reject(user=study.owner, spine_id=spine(image, 0.5).pk)
    boxes.add_spine(user=study.owner, image_id=image.pk, box_px=(31, 31, 8, 8), spine_class="filopodia")
    numbers = dict(result_of(image).spines.values_list("pk", "number"))
    assert counted(study, 0.95) == 2
    give(study, 0.95)
    standing = result_of(image).spines.filter(rejected=False).order_by("number")
    assert [each.final_class for each in standing] == ["stubby", "filopodia"]
    assert result_of(image).spines.filter(rejected=True).get().score == 0.5
    assert all(numbers[each.pk] == each.number for each in standing)
    # The candidate in the place of the added spine stays out: the spine is there.
    assert counted(study, 0.25) == 3
    give(study, 0.25)
    assert sorted(scores(image)) == [0.4, 0.9]
    assert candidate_scores(image) == [0.3, 0.2]


def test_an_image_whose_boxes_were_called_right_stays_as_it_is(study: Study, image: Image) -> None:
    answers.mark_image_reviewed(user=study.owner, image_id=image.pk, reviewed=True)
    for threshold in (0.15, 0.8):
        assert counted(study, threshold) == 3
        give(study, threshold)
        assert scores(image) == [0.9, 0.5, 0.4]
        assert result_of(image).score_threshold == threshold


def test_numbers_run_in_reading_order_where_nobody_spoke(study: Study, image: Image) -> None:
    give(study, 0.15)
    assert scores(image) == [0.9, 0.5, 0.4, 0.3, 0.2]
    give(study, 0.45)
    give(study, 0.15)
    assert scores(image) == [0.9, 0.5, 0.4, 0.3, 0.2]
    assert list(result_of(image).spines.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_it_is_told_who_set_it_when_and_what_it_was(study: Study, image: Image) -> None:
    give(study, 0.45)
    give(study, 0.2)
    event = AuditEvent.objects.filter(action="experiment.threshold_set").latest("pk")
    assert (event.actor, event.details) == (study.owner, {"before": 0.45, "after": 0.2, "images": 1})
    applied = AuditEvent.objects.filter(action=threshold_jobs.APPLIED, subject_id=result_of(image).pk).latest("pk")
    assert applied.details == {"before": 0.45, "after": 0.2, "spines_added": 3, "spines_taken_away": 0}
    changes = [(change.before, change.threshold) for change in study.experiment.threshold_changes.all()]
    assert changes == [(0.45, 0.2), (None, 0.45)]


def test_none_is_the_networks_own(study: Study, image: Image) -> None:
    detector = result_of(image).analysis.detector
    detector.card = {"score_threshold": 0.35}
    detector.save()
    give(study, 0.45)
    give(study, None)
    assert scores(image) == [0.9, 0.5, 0.4]


def test_later_analyses_use_it_and_state_it(study: Study, image: Image) -> None:
    give(study, 0.45)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    assert analysis.parameters["score_threshold"] == 0.45


def test_it_waits_for_a_running_analysis(study: Study, image: Image) -> None:
    start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    with pytest.raises(Conflict, match="being analysed"):
        give(study, 0.45)


def test_setting_it_twice_is_told(study: Study, image: Image) -> None:
    give(study, 0.451)
    assert ThresholdChange.objects.get().threshold == 0.45
    with pytest.raises(Conflict, match=r"0\.45 already"):
        give(study, 0.45)


@pytest.mark.parametrize("threshold", [0.09, 0.96, float("nan"), -1, float("inf")])
def test_a_threshold_that_cannot_be_is_refused(study: Study, threshold: float) -> None:
    with pytest.raises(InvalidInput, match=r"0\.10 to 0\.95"):
        give(study, threshold)


def test_who_may_set_it(study: Study) -> None:
    with pytest.raises(NotAllowed):
        set_threshold(user=study.viewer, experiment_id=study.experiment.pk, threshold=0.4)
    with pytest.raises(NotFound):
        set_threshold(user=make_user(), experiment_id=study.experiment.pk, threshold=0.4)


def test_a_later_change_takes_the_place_of_an_unfinished_one(study: Study, image: Image) -> None:
    first = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.45)
    job = threshold_jobs.claim(first.pk)
    assert job is not None
    result = threshold_jobs.next_result(job)
    assert result is not None
    planned = threshold_jobs.plan(job, result)
    second = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.25)
    assert not threshold_jobs.follow(job, planned, plane=plane_of(image))
    assert threshold_jobs.next_result(job) is None
    assert not threshold_jobs.finish(job)
    follow_all(second)
    assert scores(image) == [0.9, 0.5, 0.4, 0.3]
    first.refresh_from_db()
    assert first.status == AnalysisStatus.CANCELLED


def test_a_word_that_falls_between_plan_and_writing_stands(study: Study, image: Image) -> None:
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.95)
    job = threshold_jobs.claim(change.pk)
    assert job is not None
    result = threshold_jobs.next_result(job)
    assert result is not None
    planned = threshold_jobs.plan(job, result)
    answers.accept(user=study.owner, spine_id=spine(image, 0.9).pk)
    assert not threshold_jobs.follow(job, planned, plane=plane_of(image))
    assert scores(image) == [0.9, 0.5, 0.4]
    again = threshold_jobs.plan(job, result)
    assert threshold_jobs.follow(job, again, plane=plane_of(image))
    assert scores(image) == [0.9]


def test_a_result_that_cannot_follow_is_told_and_the_others_go_on(study: Study, image: Image, tmp_path: Path) -> None:
    other = analysed(study, tmp_path)
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.45)
    job = threshold_jobs.claim(change.pk)
    assert job is not None
    result = threshold_jobs.next_result(job)
    assert result is not None
    threshold_jobs.leave_out(job, result, "Its file is gone. Upload it again.")
    assert threshold_jobs.hand_on(job)
    assert follow_all(change) == 1
    change.refresh_from_db()
    assert change.status == AnalysisStatus.FAILED
    assert change.message == "One image keeps the spines of the former threshold. Its file is gone. Upload it again."
    assert (scores(image), scores(other)) == ([0.9, 0.5, 0.4], [0.9, 0.5])
    assert to_follow(ThresholdChange.objects.get().experiment).count() == 1
    assert give(study, 0.45).status == AnalysisStatus.DONE


def test_a_silent_worker_is_followed_by_another(study: Study, image: Image) -> None:
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=0.45)
    for attempt in range(1, claims.MOST_ATTEMPTS + 1):
        assert threshold_jobs.claim(change.pk) is not None
        ThresholdChange.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        if attempt < claims.MOST_ATTEMPTS:
            assert threshold_jobs.requeue_stalled(queue_is_empty=False) == 1
    threshold_jobs.requeue_stalled(queue_is_empty=False)
    change.refresh_from_db()
    assert "Set the threshold again" in change.message
