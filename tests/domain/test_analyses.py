"""Starting, cancelling and retrying, with messages caught instead of sent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import Analysis, AnalysisStatus, ModelVersion
from spines.selectors.analyses.progress import progress_of, recent_pace
from spines.services.analyses import jobs
from spines.services.analyses.starting import cancel_analysis, retry_analysis, start_analysis
from tests.factories import finish, found, make_study, make_versions, queue_analysis, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids that were sent to workers."""
    ids: list[int] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, args, **_: ids.extend(args))
    return ids


def test_one_task_an_image_sent_after_the_commit(
    tmp_path: Path, sent: list[int], django_capture_on_commit_callbacks: object
) -> None:
    study = make_study()
    make_versions()
    images = [upload(study, tmp_path) for _ in range(3)]
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
        assert sent == []
    assert sorted(sent) == sorted(analysis.images.values_list("pk", flat=True))
    assert {r.image for r in analysis.images.all()} == set(images)
    assert progress_of(analysis).queued == 3


def test_what_runs_is_not_started_twice(tmp_path: Path) -> None:
    study = make_study()
    make_versions()
    first, second = upload(study, tmp_path), upload(study, tmp_path)
    start_analysis(user=study.owner, experiment_id=study.experiment.pk, image_ids=[first.pk])
    with pytest.raises(Conflict, match="being analysed already"):
        start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    start_analysis(user=study.owner, experiment_id=study.experiment.pk, image_ids=[second.pk])


def test_nothing_to_analyse_nobody_allowed_no_network(tmp_path: Path) -> None:
    study = make_study()
    with pytest.raises(InvalidInput, match="no image to analyse"):
        start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    upload(study, tmp_path)
    with pytest.raises(NotAllowed):
        start_analysis(user=study.viewer, experiment_id=study.experiment.pk)
    ModelVersion.objects.all().delete()
    with pytest.raises(Conflict, match="No detector is active"):
        start_analysis(user=study.owner, experiment_id=study.experiment.pk)


def test_cancel_keeps_what_is_done_and_retry_takes_up_the_rest(tmp_path: Path) -> None:
    study = make_study()
    make_versions()
    for _ in range(3):
        upload(study, tmp_path)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    done, failed, _waiting = analysis.images.order_by("pk")
    job = jobs.claim(done.pk)
    assert job is not None
    jobs.record_result(job, spines=[found()], timings=jobs.Timings(read_s=0, detect_s=0, classify_s=0))
    job = jobs.claim(failed.pk)
    assert job is not None
    jobs.record_failure(job, sentence="Broken. Export it again.")
    with pytest.raises(NotAllowed):
        cancel_analysis(user=study.viewer, analysis_id=analysis.pk)
    assert cancel_analysis(user=study.owner, analysis_id=analysis.pk) == 1
    with pytest.raises(Conflict, match="nothing to cancel"):
        cancel_analysis(user=study.owner, analysis_id=analysis.pk)
    analysis.refresh_from_db()
    assert analysis.finished_at is not None
    assert retry_analysis(user=study.owner, analysis_id=analysis.pk) == 2
    assert Analysis.objects.filter(pk=analysis.pk, finished_at=None).exists()
    progress = progress_of(analysis)
    assert (progress.done, progress.queued, progress.failed, progress.cancelled) == (1, 2, 0, 0)


def test_the_time_that_an_analysis_should_take_counts_the_workers(tmp_path: Path) -> None:
    assert recent_pace() is None
    study = make_study()
    analysis = queue_analysis(study, [upload(study, tmp_path) for _ in range(4)])
    finish(analysis, [[]] * 4)
    now = timezone.now()
    # Two workers, 10 s an image: the second pair is taken up the moment the first is done.
    for row, begins_s in zip(analysis.images.all(), (0, 0, 10, 10), strict=True):
        row.started_at = now + timedelta(seconds=begins_s)
        row.finished_at = row.started_at + timedelta(seconds=10)
        row.save()
    pace = recent_pace()
    assert pace is not None
    assert [pace.seconds_for(n) for n in (0, 1, 2, 60)] == [0, 10, 10, 300]


def test_nothing_to_retry(tmp_path: Path) -> None:
    study = make_study()
    make_versions()
    upload(study, tmp_path)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    finish(analysis, [[found()]])
    with pytest.raises(Conflict, match="nothing to retry"):
        retry_analysis(user=study.owner, analysis_id=analysis.pk)
    assert analysis.images.get().status == AnalysisStatus.DONE
