"""What two do at the same time, in the order that breaks: nothing cancelled comes back, nothing is doubled or lost."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from spines.errors import Conflict, NotFound
from spines.models import AnalysisImage, AnalysisStatus, Image
from spines.services import claims
from spines.services.analyses import jobs
from spines.services.analyses.starting import cancel_analysis, retry_analysis, start_analysis
from spines.services.images.changes import delete_images
from spines.services.images.uploads import add_image
from tests.factories import TIMINGS, Study, found, make_tiff, make_versions, queue_analysis, upload
from tests.interleaving import Beside, once_before

pytestmark = pytest.mark.django_db(transaction=True)

STATUS_WRITTEN = r'^UPDATE "spines_analysisimage" SET "status"'


def fall_silent(row: AnalysisImage, status: AnalysisStatus) -> None:
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    if status == AnalysisStatus.RUNNING:
        assert jobs.claim(row.pk)
    AnalysisImage.objects.filter(pk=row.pk).update(heartbeat_at=long_ago)


@pytest.mark.parametrize("status", [AnalysisStatus.QUEUED, AnalysisStatus.RUNNING])
def test_an_image_cancelled_while_it_is_sent_again_stays_cancelled(
    study: Study, tmp_path: Path, broker: None, status: AnalysisStatus
) -> None:
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    row = analysis.images.get()
    fall_silent(row, status)
    cancelling: list[Beside] = []

    def cancel() -> None:
        cancelling.append(Beside(lambda: cancel_analysis(user=study.owner, analysis_id=analysis.pk)))
        cancelling[0].ended_or_waits()

    # The second statement that writes a status: the first fails what was tried too often.
    with once_before(r'SET "status" = \S+ "claim" = NULL, "heartbeat_at"', cancel) as came:
        jobs.requeue_stalled(queue_is_empty=True)
    assert came
    assert cancelling[0].result() == 1
    row.refresh_from_db()
    assert row.status == AnalysisStatus.CANCELLED
    assert jobs.claim(row.pk) is None


def test_an_image_that_is_being_cancelled_is_not_sent_again(study: Study, tmp_path: Path, broker: None) -> None:
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    row = analysis.images.get()
    fall_silent(row, AnalysisStatus.QUEUED)

    def send_again() -> None:
        assert Beside(lambda: jobs.requeue_stalled(queue_is_empty=True)).result() == 0

    with once_before(r'^INSERT INTO "spines_auditevent"', send_again) as came:
        cancel_analysis(user=study.owner, analysis_id=analysis.pk)
    assert came
    row.refresh_from_db()
    assert row.status == AnalysisStatus.CANCELLED


def test_two_that_retry_queue_an_image_once(study: Study, tmp_path: Path, broker: None) -> None:
    make_versions()
    upload(study, tmp_path)
    analysis = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    cancel_analysis(user=study.owner, analysis_id=analysis.pk)
    other: list[Beside] = []

    def retry() -> None:
        other.append(Beside(lambda: retry_analysis(user=study.owner, analysis_id=analysis.pk)))
        other[0].ended_or_waits()

    with once_before(STATUS_WRITTEN, retry) as came:
        assert retry_analysis(user=study.owner, analysis_id=analysis.pk) == 1
    assert came
    with pytest.raises(Conflict, match="nothing to retry"):
        other[0].result()


def test_images_deleted_while_their_analysis_starts_are_refused_in_words(
    study: Study, tmp_path: Path, broker: None
) -> None:
    make_versions()
    image = upload(study, tmp_path)
    deleting: list[Beside] = []

    def delete() -> None:
        work = partial(delete_images, user=study.owner, experiment_id=study.experiment.pk, image_ids=[image.pk])
        deleting.append(Beside(work))
        deleting[0].ended_or_waits()

    with once_before(r'^INSERT INTO "spines_analysis"', delete) as came:
        start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    assert came
    with pytest.raises(Conflict, match="is being analysed"):
        deleting[0].result()


@pytest.mark.parametrize("statement", ['^INSERT INTO "spines_spine"', 'FROM "spines_analysisimage".* FOR UPDATE'])
def test_a_result_is_not_written_over_a_cancellation_and_a_cancellation_does_not_wait_for_it(
    study: Study, tmp_path: Path, broker: None, statement: str
) -> None:
    analysis = queue_analysis(study, [upload(study, tmp_path)])
    job = jobs.claim(analysis.images.get().pk)
    assert job is not None

    def cancel() -> None:
        assert Beside(lambda: cancel_analysis(user=study.owner, analysis_id=analysis.pk)).result() == 1

    with once_before(statement, cancel) as came:
        assert not jobs.record_result(job, spines=[found()], timings=TIMINGS)
    assert came
    job.row.refresh_from_db()
    assert (job.row.status, job.row.spines.count()) == (AnalysisStatus.CANCELLED, 0)


def test_the_same_file_sent_twice_at_once_is_stored_once(study: Study, tmp_path: Path) -> None:
    path = make_tiff(tmp_path)

    def send() -> Image:
        return add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)

    def twin() -> None:
        Beside(send).result()

    with (
        once_before(r'FROM "spines_experiment" .*FOR', twin) as came,  # an upload holds the experiment from here on
        pytest.raises(Conflict, match=r"is in this experiment already\. It was skipped"),
    ):
        send()
    assert came
    kept = study.experiment.images.get()
    assert kept.file.open("rb").read() == path.read_bytes()


def test_a_file_for_an_experiment_that_is_deleted_meanwhile_gets_a_sentence(study: Study, tmp_path: Path) -> None:
    path = make_tiff(tmp_path)

    def forget_the_experiment() -> None:
        Beside(study.experiment.delete).result()

    with (
        once_before(r'FROM "spines_experiment" .*FOR', forget_the_experiment) as came,
        pytest.raises(NotFound, match="was deleted meanwhile"),
    ):
        add_image(user=study.owner, experiment_id=study.experiment.pk, path=path, name=path.name)
    assert came
