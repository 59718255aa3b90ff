"""A training that is killed, with its worker or without, goes on from its checkpoint; one that is cancelled ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta

import psutil
import pytest
from django.utils import timezone

from spines.background.queue import TaskName, enqueue
from spines.models import TrainingRun, TrainingStatus
from spines.selectors.training.runs import training_workers
from spines.services import claims
from spines.services.training import starting as training
from tests.factories import make_user
from tests.training_runs import folder_of_run, lay_out, start
from tests.workers import Worker

pytestmark = [pytest.mark.timeout(240), pytest.mark.long]

Wait = Callable[[str, Callable[[], bool]], None]


@pytest.fixture
def run(transactional_db: None, broker: None) -> TrainingRun:
    """A run in line whose data is laid out: twelve epochs, the first process staying at the fifth until it is ended."""
    made = start()
    lay_out(made, epochs=12, holds_at=4, network=made.pk)
    return made


@pytest.fixture
def training_worker(start_worker: Callable[..., Worker]) -> Callable[[], Worker]:
    return lambda: start_worker(queues="training,default", DJANGO_SETTINGS_MODULE="tests.training_settings")


@pytest.fixture
def wait() -> Wait:
    def until(what: str, true: Callable[[], bool]) -> None:
        end = time.monotonic() + 90
        while not true():
            if time.monotonic() > end:
                pytest.fail(f"{what} did not come")
            time.sleep(0.05)

    return until


def state(run: TrainingRun) -> str:
    run.refresh_from_db()
    return run.status


def trainer(run: TrainingRun) -> psutil.Process | None:
    """The process that trains it."""
    folder = str(folder_of_run(run) / "run")
    for process in psutil.process_iter(["cmdline"]):
        if folder in (process.info["cmdline"] or ()):
            return process
    return None


def in_the_middle(run: TrainingRun) -> bool:
    """Whether it runs and has shown a few epochs."""
    return state(run) == TrainingStatus.RUNNING and len(run.epochs) >= 3


def starts(run: TrainingRun) -> list[str]:
    """What each start of the process said of the epoch that it began with."""
    lines = (folder_of_run(run) / "run" / "progress.jsonl").read_text().splitlines()
    return [json.loads(line)["stage"] for line in lines if "going on from epoch" in line]


def test_a_killed_training_process_goes_on_from_its_checkpoint(
    run: TrainingRun, training_worker: Callable[[], Worker], wait: Wait
) -> None:
    training_worker()
    assert training_workers().can_train
    wait("The middle of the training", lambda: in_the_middle(run))
    process = trainer(run)
    assert process is not None
    process.kill()
    wait("The end of the training", lambda: state(run) == TrainingStatus.DONE)
    assert run.attempts == 2
    assert [epoch["epoch"] for epoch in run.epochs] == list(range(12))
    first, second = starts(run)
    assert first.endswith("epoch 0")
    assert int(second.rsplit(" ", 1)[1]) >= 2
    assert run.candidate is not None


def test_a_training_outlives_its_worker(run: TrainingRun, training_worker: Callable[[], Worker], wait: Wait) -> None:
    first = training_worker()
    wait("The middle of the training", lambda: in_the_middle(run))
    process = trainer(run)
    assert process is not None
    first.kill()
    wait("The death of the training process with its worker", lambda: not process.is_running())
    assert state(run) == TrainingStatus.RUNNING
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=long_ago)
    training_worker()
    enqueue(TaskName.REQUEUE_STALLED)
    wait("The end of the training", lambda: state(run) == TrainingStatus.DONE)
    assert run.attempts + run.interruptions == 2  # an interruption once the broker has forgotten the dead worker
    assert int(starts(run)[1].rsplit(" ", 1)[1]) >= 2


def test_a_worker_that_is_asked_to_stop_hands_the_run_back_at_once(
    run: TrainingRun, training_worker: Callable[[], Worker], wait: Wait
) -> None:
    first = training_worker()
    wait("The middle of the training", lambda: in_the_middle(run))
    process = trainer(run)
    assert process is not None
    first.stop()
    assert not process.is_running()
    assert (state(run), run.attempts) == (TrainingStatus.QUEUED, 0)
    training_worker()
    wait("The end of the training", lambda: state(run) == TrainingStatus.DONE)
    assert (run.attempts, len(starts(run))) == (1, 2)


def test_a_cancelled_training_ends_and_the_next_in_line_begins(
    run: TrainingRun, training_worker: Callable[[], Worker], wait: Wait
) -> None:
    following = start()
    lay_out(following, epochs=2, network=following.pk)
    training_worker()
    wait("The middle of the training", lambda: in_the_middle(run))
    assert state(following) == TrainingStatus.QUEUED
    process = trainer(run)
    assert process is not None
    training.cancel_run(user=make_user(staff=True), run_id=run.pk)
    wait("The end of the process", lambda: not process.is_running())
    wait("The next training", lambda: state(following) == TrainingStatus.DONE)
    assert state(run) == TrainingStatus.CANCELLED
    assert (folder_of_run(run) / "run" / "checkpoint.npz").is_file()
