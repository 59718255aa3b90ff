"""What the surroundings do is never the image's fault: it goes back in line, uncharged, and says why it waits."""

from __future__ import annotations

import errno
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from spines.background.workers import IDENTITY
from spines.errors import Busy, UnreadableImage
from spines.imaging import Polarity, Projection
from spines.imaging.refusals import reading
from spines.models import AnalysisImage, AnalysisStatus
from spines.services import claims
from spines.services.analyses import jobs
from spines.storage.files import discard
from spines.storage.pixels import stored_plane
from spines.surroundings import Surrounding, surrounding_of
from tests.factories import TIMINGS, found, make_study, queue_analysis, upload
from worker import analysis, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(tmp_path: Path) -> AnalysisImage:
    """A queued image."""
    study = make_study()
    return queue_analysis(study, [upload(study, tmp_path)]).images.get()


def claimed(row: AnalysisImage) -> jobs.Job:
    job = jobs.claim(row.pk)
    assert job is not None
    return job


def read(job: jobs.Job) -> None:
    """As the analysis begins."""
    stored_plane(job.image, channel=0, projection=Projection.MAX, plane=0, polarity=Polarity.LIGHT_ON_DARK)


def silence(row: AnalysisImage) -> None:
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    AnalysisImage.objects.filter(pk=row.pk).update(heartbeat_at=long_ago)


def raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def dead(_: uuid.UUID) -> bool:
    """That the worker is gone."""
    return False


FAILURES: dict[str, tuple[BaseException, str]] = {
    "disk full": (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
    "read-only": (OSError(errno.EROFS, "Read-only file system"), "storage cannot be written"),
    "input error": (OSError(errno.EIO, "Input/output error"), "storage does not answer"),
    "S3 down": (EndpointConnectionError(endpoint_url="http://s3"), "storage does not answer"),
    "connection ended": (OperationalError("server closed the connection unexpectedly"), "database does not answer"),
    "connection closed": (InterfaceError("connection already closed"), "database does not answer"),
    "busy": (Busy("Other images are being read."), "busy with other images"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_the_image_waits_uncharged_and_is_taken_again(
    row: AnalysisImage, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    error, said = FAILURES[kind]
    monkeypatch.setattr(waiting, "PAUSE_S", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)  # it is the test's own
    for _ in range(claims.MOST_ATTEMPTS + 2):
        monkeypatch.setattr(analysis, "_run", raising(error))
        analysis.analyse(claimed(row))
        row.refresh_from_db()
        assert (row.status, row.attempts, row.claim) == (AnalysisStatus.QUEUED, 0, None)
        assert said in row.message
        assert "goes on by itself" in row.message
        assert jobs.requeue_stalled(queue_is_empty=True) == 0  # not at once
    silence(row)
    assert jobs.requeue_stalled(queue_is_empty=True) == 1
    assert jobs.record_result(claimed(row), spines=[found()], timings=TIMINGS)
    row.refresh_from_db()
    assert (row.status, row.attempts, row.message) == (AnalysisStatus.DONE, 1, "")


def test_what_fails_while_the_surroundings_work_ends_at_last(
    row: AnalysisImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PAUSE_S", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(analysis, "_run", raising(OperationalError("out of shared memory")))
    for _ in range(claims.MOST_INTERRUPTIONS):
        assert row.status == AnalysisStatus.QUEUED
        analysis.analyse(claimed(row))
        row.refresh_from_db()
    assert row.status == AnalysisStatus.FAILED
    assert row.message.startswith("The database does not answer at the moment. That was so 20 times")
    monkeypatch.setattr(analysis, "_run", raising(Busy("Other images are being read.")))
    AnalysisImage.objects.filter(pk=row.pk).update(status=AnalysisStatus.QUEUED)
    analysis.analyse(claimed(row))
    row.refresh_from_db()
    assert row.status == AnalysisStatus.QUEUED


def test_a_worker_takes_nothing_until_its_surroundings_work_and_pauses_longer_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    answers = iter([Surrounding.DISK_FULL, Surrounding.DISK_FULL, None, None, None])
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(waiting, "not_working", lambda: next(answers))
    waiting.all_went_well()
    for _ in range(2):
        waiting.wait_in_line(lambda **_: None, Surrounding.DISK_FULL)
    assert slept == [waiting.PAUSE_S, waiting.TRY_EVERY_S, waiting.TRY_EVERY_S, 2 * waiting.PAUSE_S]
    waiting.all_went_well()
    waiting.wait_in_line(lambda **_: None, Surrounding.DISK_FULL)
    assert slept[-1] == waiting.PAUSE_S


def test_the_probe_tells_what_does_not_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    place = {"BACKEND": "spines.storage.whole.WholeFileStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"default": place}
    monkeypatch.setattr(connection, "close", lambda: None)
    assert waiting.not_working() is Surrounding.STORAGE_AWAY
    (tmp_path / "labs").mkdir()
    assert waiting.not_working() is None
    assert waiting.not_working() is None
    monkeypatch.setattr(waiting, "temporary_file", raising(OSError(errno.ENOSPC, "full")))
    assert waiting.not_working() is Surrounding.DISK_FULL


def test_putting_back_waits_for_the_database(row: AnalysisImage, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def put_back(*, why: str, counted: bool) -> None:
        tries.append(why)
        if len(tries) < 3:
            raise OperationalError("the database system is starting up")

    monkeypatch.setattr(waiting, "PAUSE_S", 0.0)
    monkeypatch.setattr(waiting, "TRY_EVERY_S", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    waiting.wait_in_line(put_back, Surrounding.DATABASE_AWAY)
    assert len(tries) == 3


@pytest.mark.parametrize(
    "error",
    [RuntimeError("x"), ValueError("x"), OSError("image file is truncated"), OSError(errno.EINVAL, "x"), MemoryError()],
)
def test_what_is_no_surrounding_fails_the_image_with_a_sentence(
    row: AnalysisImage, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr(analysis, "_run", raising(error))
    analysis.analyse(claimed(row))
    row.refresh_from_db()
    assert row.status == AnalysisStatus.FAILED


def test_one_lost_file_fails_and_a_lost_storage_waits(
    row: AnalysisImage, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(waiting, "PAUSE_S", 0.0)
    monkeypatch.setattr(waiting, "TRY_FOR_S", 0.0)
    monkeypatch.setattr(connection, "close", lambda: None)
    discard(row.image.file)
    monkeypatch.setattr(analysis, "_run", read)
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "empty")}}
    (tmp_path / "empty").mkdir()
    kept = settings.STORAGES
    settings.STORAGES = kept | {"default": place}
    analysis.analyse(claimed(row))
    row.refresh_from_db()
    assert (row.status, row.attempts) == (AnalysisStatus.QUEUED, 0)
    settings.STORAGES = kept
    analysis.analyse(claimed(row))
    row.refresh_from_db()
    assert row.status == AnalysisStatus.FAILED
    assert row.message.startswith(f"The stored file of {row.image.original_name} is gone. Upload the same file again")


def test_the_death_of_a_whole_worker_is_not_charged_but_that_of_its_child_is(row: AnalysisImage) -> None:
    for number in range(1, claims.MOST_ATTEMPTS + 2):
        assert claimed(row).claim.bytes[:8] == IDENTITY
        silence(row)
        assert jobs.requeue_stalled(queue_is_empty=False, lives=dead) == 1
        row.refresh_from_db()
        assert (row.status, row.attempts, row.interruptions) == (AnalysisStatus.QUEUED, 0, number)
    for number in range(1, claims.MOST_ATTEMPTS + 1):
        claimed(row)
        silence(row)
        jobs.requeue_stalled(queue_is_empty=False, lives=claims.assumed_living)
        row.refresh_from_db()
        assert row.attempts == number
    assert row.status == AnalysisStatus.FAILED


def test_what_takes_a_machine_down_each_time_ends_at_last(row: AnalysisImage) -> None:
    AnalysisImage.objects.filter(pk=row.pk).update(interruptions=claims.MOST_INTERRUPTIONS - 1)
    claimed(row)
    silence(row)
    assert jobs.requeue_stalled(queue_is_empty=False, lives=dead) == 0
    row.refresh_from_db()
    assert row.status == AnalysisStatus.FAILED


def test_a_disk_that_fails_under_a_reader_is_not_called_damage() -> None:
    with pytest.raises(OSError, match="Input/output"), reading("a.tif", "TIFF"):
        raise OSError(errno.EIO, "Input/output error")
    with pytest.raises(UnreadableImage), reading("a.tif", "TIFF"):
        raise OSError("image file is truncated")


def test_what_an_error_was_raised_from_tells() -> None:
    inner = OSError(errno.ENOSPC, "full")
    outer = RuntimeError("could not save")
    outer.__cause__ = inner
    assert surrounding_of(outer) is Surrounding.DISK_FULL
    assert surrounding_of(RuntimeError("no")) is None
    assert uuid.UUID(bytes=IDENTITY + bytes(8)).bytes[:8] == IDENTITY
