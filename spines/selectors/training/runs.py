"""Training runs, how far they are, and whether a worker is there that can carry them out."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from redis import RedisError

from spines.access import Visitor
from spines.background.queue import QueueName
from spines.background.workers import listens
from spines.errors import NotFound
from spines.models import ModelKind, ModelState, ModelVersion, TrainingRun, TrainingStatus
from spines.models.training import UNFINISHED_RUN
from spines.training.packages import HOW_TO_INSTALL

WEIGHTS_FILE = "weights.npz"

NO_BROKER = (
    "The broker does not answer, so it is not known whether a training worker is there. Runs wait until it does."
)
NO_WORKER = (
    "No training worker is connected: runs wait in line until one is. `make run` starts one where the training "
    f"packages are installed (`{HOW_TO_INSTALL}`); or run: celery -A worker worker -Q training -c 1."
)
NO_PACKAGES = (
    "A training worker is connected, but its machine lacks the training packages, so runs wait in line. Install "
    f"requirements/train.txt there (`{HOW_TO_INSTALL}`) and start the worker again."
)


@dataclass(frozen=True, kw_only=True)
class TrainingWorkers:
    """Whether one listens, whether one of them has the training packages, and what to do if not."""

    connected: bool
    can_train: bool
    sentence: str


def runs_for(user: Visitor) -> QuerySet[TrainingRun]:
    """Every run for a site admin, newest first; none for anybody else."""
    runs = TrainingRun.objects.select_related("dataset", "candidate", "started_from", "created_by")
    return runs.defer("candidate__evaluation", "started_from__evaluation") if user.is_staff else runs.none()


def get_run(user: Visitor, pk: int) -> TrainingRun:
    """The run, or `NotFound`."""
    run = runs_for(user).filter(pk=pk).first()
    if run is None:
        raise NotFound(f"There is no training run {pk}. The Training page lists those there are.")
    return run


def seconds_left(run: TrainingRun) -> float | None:
    """How long the rest of the training takes at its pace so far; None while that is not known."""
    if run.status != TrainingStatus.RUNNING or not run.epochs:
        return None
    minutes, done = run.epochs[-1].get("minutes"), run.epochs[-1].get("done")
    return 60 * minutes * (1 - done) / done if minutes and done else None


def waiting_before(run: TrainingRun) -> int:
    """How many unfinished runs were asked for before this one."""
    return TrainingRun.objects.filter(status__in=UNFINISHED_RUN, pk__lt=run.pk).count()


def versions_to_start_from(kind: ModelKind) -> QuerySet[ModelVersion]:
    """The versions whose native weights a training can go on from, newest first."""
    versions = ModelVersion.objects.filter(kind=kind, files__has_key=WEIGHTS_FILE).exclude(path="")
    return versions.defer("evaluation").order_by("-created_at", "-pk")


def active_to_start_from(kind: ModelKind) -> ModelVersion | None:
    """The version in use, where a training can go on from it."""
    return versions_to_start_from(kind).filter(state=ModelState.ACTIVE).first()


def training_workers() -> TrainingWorkers:
    """What the training workers' marks in the broker say."""
    try:
        connected, can_train = listens(QueueName.TRAINING), listens(QueueName.TRAINING, able=True)
    except RedisError:
        return TrainingWorkers(connected=False, can_train=False, sentence=NO_BROKER)
    sentence = "" if can_train else NO_PACKAGES if connected else NO_WORKER
    return TrainingWorkers(connected=connected, can_train=can_train, sentence=sentence)
