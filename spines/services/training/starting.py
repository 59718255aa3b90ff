"""Starting, cancelling and resuming training runs: what a site admin asks for. `training_jobs` is the worker's side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from spines.access import require_admin
from spines.background.progress import UNWATCHED, Progress
from spines.background.queue import TaskName, enqueue
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import DatasetVersion, ModelKind, ModelVersion, TrainingRun, TrainingStatus, User
from spines.models.training import UNFINISHED_RUN
from spines.selectors.training.runs import get_run, versions_to_start_from
from spines.services import audit
from spines.services.datasets.freezing import DatasetSelection, freeze
from spines.training.overrides import checked_overrides
from spines.training.recipes import CLASSIFIER_RECIPES, DETECTOR_RECIPES

LARGEST_SEED = 2**31 - 1


def freeze_and_start(
    *,
    user: User,
    kind: ModelKind | str,
    selection: DatasetSelection,
    progress: Progress = UNWATCHED,
    **training: Any,
) -> TrainingRun:
    """Freeze a selection and put a training on it in line: both, or neither. `training` is as `start_run` takes it."""
    runs: list[TrainingRun] = []

    def start(dataset: DatasetVersion) -> None:
        runs.append(start_run(user=user, dataset_id=dataset.pk, **training))
        progress.settle(run=runs[0].pk)

    freeze(user=user, kind=kind, selection=selection, progress=progress, and_then=start)
    return runs[0]


@transaction.atomic
def start_run(
    *,
    user: User,
    dataset_id: int,
    recipe: str,
    overrides: Mapping[str, Any],
    seed: int = 0,
    start_from_id: int | None = None,
) -> TrainingRun:
    """Put a training in line.

    Parameters
    ----------
    recipe : name of one of `spines.training.recipes` for the dataset's kind of network.
    overrides : fields of the recipe, and `minutes` or `steps` for the budget; texts are turned into values.
    start_from_id : the version whose weights it begins with; None begins as the recipe does.

    Raises
    ------
    NotAllowed, NotFound, InvalidInput
    """
    require_admin(user)
    dataset = DatasetVersion.objects.filter(pk=dataset_id).first()
    if dataset is None:
        raise NotFound(f"There is no dataset {dataset_id}. Choose images again to freeze one.")
    kind = ModelKind(dataset.kind)
    changes = checked_training(kind=kind, recipe=recipe, overrides=overrides, seed=seed, start_from_id=start_from_id)
    run = TrainingRun.objects.create(
        kind=dataset.kind,
        dataset=dataset,
        recipe=recipe,
        overrides=changes,
        seed=seed,
        started_from=_version_to_start_from(kind, start_from_id),
        stage="Waiting for a worker",
        heartbeat_at=timezone.now(),
        created_by=user,
    )
    audit.record(actor=user, lab=None, action="training.started", subject=run, dataset=dataset.pk, recipe=recipe)
    enqueue(TaskName.TRAIN, run.pk)
    return run


def checked_training(
    *, kind: ModelKind, recipe: str, overrides: Mapping[str, Any], seed: int = 0, start_from_id: int | None = None
) -> dict[str, Any]:
    """What differs from the recipe, as values. Raises InvalidInput where no training can be started so."""
    recipes: Mapping[str, Any] = DETECTOR_RECIPES if kind == ModelKind.DETECTOR else CLASSIFIER_RECIPES
    if recipe not in recipes:
        raise InvalidInput(f"There is no {kind} recipe “{recipe}”. Choose one of {', '.join(recipes)}.")
    if not 0 <= seed <= LARGEST_SEED:
        raise InvalidInput(f"The seed must be a whole number from 0 to {LARGEST_SEED}.")
    changes = checked_overrides(recipes[recipe], overrides)
    base = str(changes.get("base") or "")
    if sentence := beginning_missing(kind=kind, recipe=recipe, base=base, start_from_id=start_from_id):
        raise InvalidInput(sentence)
    _version_to_start_from(kind, start_from_id)
    return changes


@transaction.atomic
def cancel_run(*, user: User, run_id: int) -> None:
    """Stop a run that waits or runs. Its checkpoint stays, so that it can be resumed. Raises Conflict when it ended."""
    require_admin(user)
    run = get_run(user, run_id)
    stopped = TrainingRun.objects.filter(pk=run.pk, status__in=UNFINISHED_RUN).update(
        status=TrainingStatus.CANCELLED, claim=None, finished_at=timezone.now(), stage=""
    )
    if not stopped:
        raise Conflict("This training has ended already, so there is nothing to cancel.")
    audit.record(actor=user, lab=None, action="training.cancelled", subject=run)


@transaction.atomic
def retry_run(*, user: User, run_id: int) -> TrainingRun:
    """Put a failed or cancelled run in line again; it goes on from its last checkpoint. Raises Conflict."""
    require_admin(user)
    run = get_run(user, run_id)
    ended = (TrainingStatus.FAILED, TrainingStatus.CANCELLED)
    resumed = TrainingRun.objects.filter(pk=run.pk, status__in=ended).update(
        status=TrainingStatus.QUEUED,
        attempts=0,
        interruptions=0,
        claim=None,
        message="",
        stage="Waiting for a worker",
        heartbeat_at=timezone.now(),
        finished_at=None,
    )
    if not resumed:
        raise Conflict("Only a training that failed or was cancelled can be resumed.")
    audit.record(actor=user, lab=None, action="training.resumed", subject=run)
    enqueue(TaskName.TRAIN, run.pk)
    return get_run(user, run_id)


def beginning_missing(*, kind: ModelKind, recipe: str, base: str, start_from_id: int | None) -> str:
    """Why a training would have nothing to begin with, for the page's form; "" when it has.

    A classifier goes on from a version's weights, or is built on a base: the run's, the recipe's or the site's.
    """
    if kind != ModelKind.CLASSIFIER or start_from_id is not None:
        return ""
    if base or CLASSIFIER_RECIPES[recipe].base or settings.SPINULA_CLASSIFIER_BASE:
        return ""
    return (
        "There is nothing to begin with. Start from a version with native weights, or name a base (override base: "
        "a TensorFlow Hub handle or the folder of a SavedModel; SPINULA_CLASSIFIER_BASE names one for all)."
    )


def _version_to_start_from(kind: ModelKind, pk: int | None) -> ModelVersion | None:
    if pk is None:
        return None
    version = versions_to_start_from(kind).filter(pk=pk).first()
    if version is None:
        raise InvalidInput(f"No training can go on from that version: it is no {kind} or has no native weights.")
    return version
