"""The life of an image's row: claimed once, written once, never lost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from spines.models import AnalysisImage, AnalysisStatus
from spines.services import claims
from spines.services.analyses import jobs
from spines.services.analyses.candidates import CandidateRow, read_candidates
from tests.factories import TIMINGS, finish, found, make_study, queue_analysis, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(tmp_path: Path) -> AnalysisImage:
    study = make_study()
    return queue_analysis(study, [upload(study, tmp_path)]).images.get()


def silence(row: AnalysisImage, *, attempts: int) -> None:
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    AnalysisImage.objects.filter(pk=row.pk).update(heartbeat_at=long_ago, attempts=attempts)


def claimed(row: AnalysisImage) -> jobs.Job:
    job = jobs.claim(row.pk)
    assert job is not None
    return job


def test_a_row_is_claimed_by_one_worker_only(row: AnalysisImage) -> None:
    claimed(row)
    assert jobs.claim(row.pk) is None


@pytest.mark.parametrize("minutes", [-10, 10])
def test_machines_whose_clocks_differ_take_nothing_from_each_other(
    row: AnalysisImage, minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    with monkeypatch.context() as other_machine:
        other_machine.setattr(timezone, "now", lambda: now + timedelta(minutes=minutes))
        job = claimed(row)
        assert jobs.beat(job)
    assert jobs.requeue_stalled(queue_is_empty=True) == 0
    with monkeypatch.context() as other_machine:
        other_machine.setattr(timezone, "now", lambda: now - timedelta(minutes=minutes))
        assert jobs.requeue_stalled(queue_is_empty=True) == 0
    assert jobs.beat(job)


def test_a_result_is_written_once(row: AnalysisImage) -> None:
    job = claimed(row)
    assert jobs.record_result(job, spines=[found(), found("thin")], timings=TIMINGS)
    assert not jobs.record_result(job, spines=[found()], timings=TIMINGS)
    row.refresh_from_db()
    assert (row.status, row.is_current, row.spines.count()) == (AnalysisStatus.DONE, True, 2)
    assert row.analysis.finished_at is not None


def test_what_scores_below_the_threshold_is_kept_apart(row: AnalysisImage) -> None:
    candidates = [CandidateRow(box_px=(1, 2, 3.5, 4), score=0.2), CandidateRow(box_px=(9, 2, 3, 4), score=0.15)]
    below = jobs.FoundBelow(score_threshold=0.4, complete_from=0.1, candidates=candidates)
    assert jobs.record_result(claimed(row), spines=[found()], timings=TIMINGS, below=below)
    row.refresh_from_db()
    assert (row.score_threshold, row.complete_from) == (0.4, 0.1)
    assert row.spines.count() == 1
    assert read_candidates(row) == candidates
    assert row.candidates.scores == [0.2, 0.15]


def test_a_cancelled_row_takes_no_result(row: AnalysisImage) -> None:
    job = claimed(row)
    AnalysisImage.objects.filter(pk=row.pk).update(status=AnalysisStatus.CANCELLED, claim=None)
    assert not jobs.beat(job)
    assert not jobs.record_result(job, spines=[found()], timings=TIMINGS)
    assert row.spines.count() == 0


def test_a_silent_worker_loses_its_claim_and_the_image_is_sent_again(row: AnalysisImage) -> None:
    job = claimed(row)
    silence(row, attempts=1)
    assert jobs.requeue_stalled(queue_is_empty=False) == 1
    second = claimed(row)
    assert not jobs.record_result(job, spines=[found()] * 5, timings=TIMINGS)
    assert jobs.record_result(second, spines=[found()], timings=TIMINGS)
    assert row.spines.count() == 1


def test_attempts_are_bounded(row: AnalysisImage) -> None:
    claimed(row)
    silence(row, attempts=claims.MOST_ATTEMPTS)
    assert jobs.requeue_stalled(queue_is_empty=True) == 0
    row.refresh_from_db()
    assert row.status == AnalysisStatus.FAILED
    assert "worker stopped 3 times" in row.message


@pytest.mark.parametrize(("queue_is_empty", "sent"), [(True, 1), (False, 0)])
def test_a_lost_message_is_sent_again_only_when_the_broker_is_empty(
    row: AnalysisImage, queue_is_empty: bool, sent: int
) -> None:
    silence(row, attempts=0)
    assert jobs.requeue_stalled(queue_is_empty=queue_is_empty) == sent


def test_a_live_worker_is_left_alone(row: AnalysisImage) -> None:
    claimed(row)
    assert jobs.requeue_stalled(queue_is_empty=True) == 0
    row.refresh_from_db()
    assert row.status == AnalysisStatus.RUNNING


def test_a_failure_keeps_its_sentence_and_the_rest_goes_on(tmp_path: Path) -> None:
    study = make_study()
    analysis = queue_analysis(study, [upload(study, tmp_path), upload(study, tmp_path)])
    bad, good = analysis.images.order_by("pk")
    jobs.record_failure(claimed(bad), sentence="This file is broken. Export it again.")
    analysis.refresh_from_db()
    assert analysis.finished_at is None
    jobs.record_result(claimed(good), spines=[found()], timings=TIMINGS)
    bad.refresh_from_db()
    analysis.refresh_from_db()
    assert bad.message == "This file is broken. Export it again."
    assert analysis.finished_at is not None


def test_the_newest_analysis_is_current_whichever_ends_first(tmp_path: Path) -> None:
    study = make_study()
    image = upload(study, tmp_path)
    older, newer = queue_analysis(study, [image]), queue_analysis(study, [image])
    finish(newer, [[found("thin")]])
    finish(older, [[found("stubby")]])
    assert image.results.get(is_current=True).analysis == newer
    finish(newest := queue_analysis(study, [image]), [[]])
    assert image.results.get(is_current=True).analysis == newest
