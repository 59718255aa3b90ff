"""The life of a training run's row: asked for by admins, claimed once, one at a time, never lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import AuditEvent, ModelKind, ModelVersion, TrainingRun, TrainingStatus
from spines.selectors.training.runs import get_run, runs_for, seconds_left, training_workers, waiting_before
from spines.services import claims
from spines.services.models.versions import Network, register_version
from spines.services.training import jobs as training_jobs
from spines.services.training import starting as training
from spines.services.training.jobs import TrainingJob, TrainingProgress
from tests.factories import make_user
from tests.training_runs import BASE, make_dataset, start

pytestmark = pytest.mark.django_db


def claimed(run: TrainingRun, node: str = "here") -> TrainingJob:
    job = training_jobs.claim(run.pk, node=node)
    assert job is not None
    return job


def silence(run: TrainingRun, **fields: Any) -> None:
    long_ago = timezone.now() - timedelta(seconds=claims.SILENT_AFTER_S + 1)
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=long_ago, **fields)


def state(run: TrainingRun) -> str:
    run.refresh_from_db()
    return run.status


def network(sha256: str = "a" * 64) -> Network:
    return Network(name="tiny", version="1", sha256=sha256, path="models/x", files={"model.onnx": sha256}, card={})


def progress(**fields: Any) -> TrainingProgress:
    return TrainingProgress(**{"epochs": [], "done": 0.0, "stage": "Training", "log_tail": "", **fields})


def test_only_site_admins_start_cancel_and_resume() -> None:
    member, run = make_user(), start()
    for act in (
        lambda: start(member),
        lambda: training.cancel_run(user=member, run_id=run.pk),
        lambda: training.retry_run(user=member, run_id=run.pk),
    ):
        with pytest.raises(NotAllowed, match="Only administrators"):
            act()
    assert not runs_for(member).exists()
    with pytest.raises(NotFound):
        get_run(member, run.pk)
    assert get_run(make_user(staff=True), run.pk) == run


def test_what_was_asked_for_is_kept_and_audited() -> None:
    admin = make_user(staff=True)
    asked = {"batch": "16", "scales": "0.9, 1.1", "minutes": "2.5", "learning_rate": 1e-4, "base": BASE}
    run = start(admin, overrides=asked, seed=7)
    assert run.kind == ModelKind.CLASSIFIER
    assert run.overrides == {"batch": 16, "scales": [0.9, 1.1], "minutes": 2.5, "learning_rate": 1e-4, "base": BASE}
    assert (run.seed, run.created_by, run.status) == (7, admin, TrainingStatus.QUEUED)
    assert AuditEvent.objects.filter(action="training.started", subject_id=run.pk, actor=admin).exists()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"recipe": "magic"}, "no classifier recipe “magic”"),
        ({"overrides": {"colour": 1}}, "no field “colour”"),
        ({"overrides": {"batch": "many"}}, "batch cannot be “many”"),
        ({"overrides": {"batch": 2.5}}, "batch cannot be"),
        ({"overrides": {"scales": "0.9"}}, "scales cannot be"),
        ({"overrides": {"learning_rate": "nan"}}, "learning_rate cannot be"),
        ({"overrides": {"minutes": 0}}, "minutes must be above 0"),
        ({"overrides": {"minutes": 1, "steps": 5}}, "either minutes or steps"),
        ({"overrides": {}}, "nothing to begin with"),
        ({"seed": -1}, "seed must be"),
        ({"dataset_id": 987654}, "no dataset 987654"),
        ({"start_from_id": 987654}, "No training can go on from that version"),
    ],
)
def test_what_cannot_be_trained_is_told_at_once(asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises((InvalidInput, NotFound), match=sentence):
        start(**asked)
    assert not TrainingRun.objects.exists()


def test_it_starts_from_a_version_of_its_kind_with_native_weights() -> None:
    rows: list[ModelVersion] = [
        register_version(
            kind=kind, name="n", version="1", sha256=letter * 64, path=letter, card={}, files={file: "0" * 64}
        )
        for kind, letter, file in (
            (ModelKind.CLASSIFIER, "a", "weights.npz"),
            (ModelKind.CLASSIFIER, "b", "model.onnx"),
            (ModelKind.DETECTOR, "c", "weights.npz"),
        )
    ]
    assert start(start_from_id=rows[0].pk, overrides={}).started_from == rows[0]
    for row in rows[1:]:
        with pytest.raises(InvalidInput):
            start(start_from_id=row.pk)


def test_a_detector_needs_nothing_to_begin_with_and_a_site_may_have_a_base_for_all_classifiers(settings: Any) -> None:
    assert start(dataset_id=make_dataset(ModelKind.DETECTOR).pk, overrides={}).kind == ModelKind.DETECTOR
    settings.SPINULA_CLASSIFIER_BASE = "https://tfhub.dev/google/imagenet/inception_v3/feature_vector/5"
    assert start(overrides={}).overrides == {}


def test_a_run_is_claimed_by_one_worker_only() -> None:
    run = start()
    claimed(run)
    assert training_jobs.claim(run.pk, node="elsewhere") is None


def test_one_training_at_a_time_on_a_machine() -> None:
    first, second, third = start(), start(), start()
    job = claimed(first, "here")
    assert training_jobs.claim(second.pk, node="here") is None
    assert state(second) == TrainingStatus.QUEUED
    assert [waiting_before(run) for run in (first, second, third)] == [0, 1, 2]
    claimed(second, "elsewhere")
    assert training_jobs.record_candidate(job, network())
    claimed(third, "here")


def test_progress_is_written_by_the_holder_of_the_claim_alone() -> None:
    run = start()
    job = claimed(run)
    told = progress(epochs=[{"epoch": 0, "minutes": 3.0, "done": 0.25, "loss": 1.0}], done=0.25, stage="s" * 500)
    assert training_jobs.record_progress(job, told)
    run.refresh_from_db()
    assert (run.done, run.epochs[0]["loss"], len(run.stage)) == (0.25, 1.0, 120)
    assert seconds_left(run) == pytest.approx(9 * 60)
    training.cancel_run(user=make_user(staff=True), run_id=run.pk)
    assert not training_jobs.record_progress(job, progress(done=0.9))
    assert not training_jobs.record_failure(job, sentence="Too late.")
    assert not training_jobs.record_candidate(job, network())
    run.refresh_from_db()
    assert (run.status, run.done, run.candidate) == (TrainingStatus.CANCELLED, 0.25, None)
    assert not ModelVersion.objects.exists()


def test_a_candidate_ends_the_run() -> None:
    run = start()
    assert training_jobs.record_candidate(claimed(run), network())
    run.refresh_from_db()
    assert (run.status, run.done, run.claim) == (TrainingStatus.DONE, 1.0, None)
    assert run.candidate is not None
    assert (run.candidate.state, run.candidate.is_shipped) == ("candidate", False)
    with pytest.raises(Conflict, match="ended already"):
        training.cancel_run(user=make_user(staff=True), run_id=run.pk)
    with pytest.raises(Conflict, match="very same network"):
        training_jobs.record_candidate(claimed(start()), network())


def test_a_failed_run_is_resumed_with_its_figures_and_its_first_start() -> None:
    run, admin = start(), make_user(staff=True)
    job = claimed(run)
    training_jobs.record_progress(job, progress(epochs=[{"epoch": 0}], done=0.5))
    run.refresh_from_db()
    began = run.started_at
    assert training_jobs.record_failure(job, sentence="The disk is full.")
    run.refresh_from_db()
    assert (run.status, run.message) == (TrainingStatus.FAILED, "The disk is full.")
    training.retry_run(user=admin, run_id=run.pk)
    with pytest.raises(Conflict, match="failed or was cancelled"):
        training.retry_run(user=admin, run_id=run.pk)
    claimed(run)
    run.refresh_from_db()
    assert (run.started_at, run.attempts, run.message, run.done) == (began, 1, "", 0.5)


def test_attempts_after_crashes_are_bounded() -> None:
    job = claimed(start())
    assert [training_jobs.try_again(job) for _ in range(3)] == [True, True, False]


def test_a_silent_worker_loses_the_run_and_it_is_sent_again_up_to_three_times() -> None:
    run = start()
    job = claimed(run)
    assert training_jobs.requeue_stalled(queue_is_empty=False) == 0
    silence(run)
    assert training_jobs.requeue_stalled(queue_is_empty=False) == 1
    assert not training_jobs.beat(job)
    claimed(run)
    silence(run, attempts=claims.MOST_ATTEMPTS)
    assert training_jobs.requeue_stalled(queue_is_empty=True) == 0
    assert state(run) == TrainingStatus.FAILED
    assert "worker stopped 3 times" in run.message


def test_a_lost_message_is_sent_again_only_when_the_broker_is_empty() -> None:
    run = start()
    silence(run)
    assert training_jobs.requeue_stalled(queue_is_empty=False) == 0
    assert training_jobs.requeue_stalled(queue_is_empty=True) == 1


def test_a_worker_that_is_asked_to_stop_costs_no_attempt() -> None:
    run = start()
    assert training_jobs.hand_back(claimed(run))
    run.refresh_from_db()
    assert (run.status, run.attempts, run.claim) == (TrainingStatus.QUEUED, 0, None)


@pytest.fixture
def marks(broker: None) -> Iterator[Redis]:
    """The broker, without marks of training workers before and after."""
    key = settings.SPINULA_WORKER_KEY.format(queue="training")
    with Redis.from_url(settings.REDIS_URL) as server:
        server.delete(key, f"{key}:able")
        yield server
        server.delete(key, f"{key}:able")


def test_a_missing_worker_and_missing_packages_are_told_apart(marks: Redis) -> None:
    key = settings.SPINULA_WORKER_KEY.format(queue="training")
    none = training_workers()
    assert (none.connected, none.can_train) == (False, False)
    assert "No training worker is connected" in none.sentence
    marks.set(key, "alive")
    bare = training_workers()
    assert (bare.connected, bare.can_train) == (True, False)
    assert "lacks the training packages" in bare.sentence
    marks.set(f"{key}:able", "alive")
    able = training_workers()
    assert (able.connected, able.can_train, able.sentence) == (True, True, "")


def test_without_a_broker_the_page_says_so(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "broker does not answer" in training_workers().sentence
