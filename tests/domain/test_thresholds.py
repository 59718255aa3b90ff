"""An experiment's own threshold: results follow it without the detector, and what people said stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AnalysisImage, AnalysisStatus, AuditEvent, Image, Spine, ThresholdChange
from spines.selectors.analyses import thresholds as given
from spines.selectors.analyses.thresholds import EVERYWHERE, Mark, counts_of, marks_of, reviewed_images, to_follow
from spines.selectors.results.counts import current_result
from spines.services import claims
from spines.services.analyses import jobs, threshold_jobs
from spines.services.analyses.candidates import CandidateRow, Opinion, read_candidates
from spines.services.analyses.measuring import plane_as_analysed
from spines.services.analyses.starting import start_analysis
from spines.services.analyses.thresholds import set_threshold
from spines.services.review import answers, boxes
from tests.factories import TIMINGS, Study, found, make_study, make_user, queue_analysis, upload

pytestmark = pytest.mark.django_db

OPINION = Opinion(
    class_probabilities={"mushroom": 0.1, "thin": 0.7, "stubby": 0.1, "filopodia": 0.1},
    spine_class="thin",
    uncertain=False,
)
SPINES = {0.9: (4, 4, 8, 8), 0.5: (30, 4, 8, 8), 0.4: (4, 30, 8, 8)}
BELOW = {0.3: (30, 30, 8, 8), 0.2: (50, 50, 8, 8)}


@pytest.fixture
def study() -> Study:
    return make_study()


def analysed(study: Study, folder: Path) -> Image:
    """An image with a spine of each score of SPINES and a candidate of each of BELOW, found at 0.35."""
    image = upload(study, folder)
    (row,) = queue_analysis(study, [image]).images.all()
    job = jobs.claim(row.pk)
    assert job is not None
    below = jobs.FoundBelow(
        score_threshold=0.35,
        complete_from=0.1,
        candidates=[CandidateRow(box_px=box, score=score) for score, box in BELOW.items()],
    )
    spines = [found(box_px=box, score=score) for score, box in SPINES.items()]
    assert jobs.record_result(job, spines=spines, timings=TIMINGS, plane=plane_of(image), below=below)
    return image


def plane_of(image: Image):  # type: ignore[no-untyped-def]
    row = AnalysisImage(image=image, channel=0, projection="max", plane=0)
    return plane_as_analysed(row)


@pytest.fixture(name="image")
def analysed_image(study: Study, tmp_path: Path) -> Image:
    return analysed(study, tmp_path)


def result_of(image: Image) -> AnalysisImage:
    result = current_result(image)
    assert result is not None
    return result


def spine(image: Image, score: float) -> Spine:
    return result_of(image).spines.get(score=score)


def scores(image: Image) -> list[float]:
    """Of spines that count, by number."""
    standing = result_of(image).spines.filter(rejected=False, score__isnull=False).order_by("number")
    return [float(each.score or 0) for each in standing]


def candidate_scores(image: Image) -> list[float]:
    return sorted((each.score for each in read_candidates(result_of(image))), reverse=True)


def follow_all(change: ThresholdChange) -> int:
    """Let all results follow, as a worker does whose classifier calls everything thin. Returns how many."""
    job = threshold_jobs.claim(change.pk)
    assert job is not None
    done = 0
    while (result := threshold_jobs.next_result(job)) is not None:
        planned = threshold_jobs.plan(job, result)
        plane = plane_as_analysed(result) if planned.changes_spines else None
        opinions = [OPINION] * len(planned.to_classify)
        assert threshold_jobs.follow(job, planned, plane=plane, opinions=opinions)
        done += 1
    assert threshold_jobs.finish(job)
    return done


def give(study: Study, threshold: float | None) -> ThresholdChange:
    change = set_threshold(user=study.owner, experiment_id=study.experiment.pk, threshold=threshold)
    if change.status == AnalysisStatus.QUEUED:
        follow_all(change)
    change.refresh_from_db()
    return change


def counted(study: Study, threshold: float) -> int:
    return counts_of(study.experiment).at(threshold)[0]


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
