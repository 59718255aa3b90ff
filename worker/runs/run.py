"""The way of a training run: lay out the data, train, compare, enter the candidate."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError

from spines.errors import Conflict, DomainError
from spines.models import ModelKind, ModelState, ModelVersion, TrainingRun
from spines.services.models import versions as model_versions
from spines.services.training import jobs as training_jobs
from spines.services.training.jobs import TrainingJob, TrainingProgress
from spines.training.overrides import BUDGET, argument
from spines.training.packages import missing_packages
from spines.training.recipes import CLASSIFIER_RECIPES
from worker import model_files
from worker.beating import beating
from worker.inference.card import Card, check_model_file, load_classifier_card, load_detector_card
from worker.runs import sentences
from worker.runs.folder import RunFolder, only_training_here
from worker.runs.process import Process, end_leftovers
from worker.runs.progress import last_lines, note_event, read_progress
from worker.shutdown import shutting_down

log = structlog.get_logger(__name__)

POLL_S = 0.5
REPORT_EVERY_S = 2.0


class ProcessFailed(DomainError):
    """A process of the run ended too soon, for good."""


class ClaimLost(Exception):
    """The run was cancelled, or given to another worker."""


class WorkerStops(Exception):
    """The worker is asked to stop."""


def train_here(run_id: int) -> None:
    """Carry out a waiting run, unless it cannot be carried out on this machine now: then it stays in line."""
    if missing := missing_packages():
        log.warning("training_packages_missing", packages=missing, run=run_id)
        return
    with only_training_here() as free:
        if free and (job := training_jobs.claim(run_id, node=socket.gethostname())):
            with beating(lambda: training_jobs.beat(job), name=f"beat-training-{run_id}"):
                _train(job)


def _train(job: TrainingJob) -> None:
    """Train and enter the candidate, or record why there is none. A known failure keeps its sentence."""
    folder = RunFolder(job.row.pk)
    try:
        end_leftovers(folder.run)
        _carry_out(job, folder)
    except WorkerStops:
        training_jobs.hand_back(job)
    except (OperationalError, InterfaceError):
        raise  # the database is away: beat puts the silent run back in line, which resumes it
    except ClaimLost:
        log.info("training_given_up", run=job.row.pk)
        folder.drop_data()
    except Exception as error:  # noqa: BLE001 - every failure becomes a sentence; unknown ones are logged
        training_jobs.record_failure(job, sentence=_sentence(job, error))
        folder.drop_data()


def _sentence(job: TrainingJob, error: Exception) -> str:
    if isinstance(error, DomainError):
        return error.sentence
    if isinstance(error, SoftTimeLimitExceeded):
        return sentences.TOO_LONG
    if isinstance(error, OSError) and sentences.is_full_disk(error):
        return sentences.DISK
    if isinstance(error, MemoryError):
        return sentences.MEMORY
    reference = uuid.uuid4().hex[:8]
    log.exception("training_failed", reference=reference, run=job.row.pk)
    return sentences.UNEXPECTED.format(reference=reference)


def _carry_out(job: TrainingJob, folder: RunFolder) -> None:
    _say(job, "Laying out the images")
    folder.materialise(job.row.dataset)
    reporter = _Reporter(job, folder)
    _run_process(job, folder, _training_arguments(job, folder), reporter.report)
    active = _active(ModelKind(job.row.kind))
    _say(job, "Comparing it with the network in use")
    evaluation = _compare(job, folder, active)
    _say(job, "Storing the network")
    card = _checked_card(job, folder)
    model_versions.refuse_known(kind=ModelKind(job.row.kind), sha256=card.sha256)
    network = model_versions.Network(
        name=card.name,
        version=f"{card.version}-{job.row.pk}",
        sha256=card.sha256,
        path=model_files.store(job.row.kind, card.sha256, folder.model),
        files=model_files.hashes(folder.model),
        card=card.raw,
        evaluation=evaluation,
    )
    if not training_jobs.record_candidate(job, network):
        model_files.discard(network.path)
        raise ClaimLost
    folder.tidy()


def _say(job: TrainingJob, stage: str) -> None:
    if not training_jobs.record_stage(job, stage):
        raise ClaimLost


class _Reporter:
    """Writes the process's progress to the row when there is something new, else a sign of life."""

    def __init__(self, job: TrainingJob, folder: RunFolder) -> None:
        self._job, self._folder = job, folder
        self._last: TrainingProgress | None = None

    def report(self) -> bool:
        """False when the claim is lost."""
        progress = read_progress(self._folder.progress, self._folder.log)
        if progress == self._last:
            return training_jobs.beat(self._job)
        self._last = progress
        return training_jobs.record_progress(self._job, progress)


def _run_process(job: TrainingJob, folder: RunFolder, arguments: Sequence[str], report: Callable[[], bool]) -> None:
    """Run a module to its end; after a crash again, from its last checkpoint, as often as attempts are left."""
    while True:
        with Process(arguments, log=folder.log) as process:
            exit_code = _watch(process, report)
        report()
        if exit_code == 0:
            return
        job.row.refresh_from_db(fields=["attempts"])
        lines = last_lines(folder.log, start=process.log_start)
        failure = sentences.failure_of(exit_code, lines, attempts=job.row.attempts)
        log.warning("training_process_ended", run=job.row.pk, exit_code=exit_code, attempt=job.row.attempts)
        note_event(folder.progress, failure.sentence.removesuffix("."))
        if not failure.may_pass or not training_jobs.try_again(job):
            report()
            raise ProcessFailed(failure.sentence)
        note_event(folder.progress, f"going on from the last checkpoint, attempt {job.row.attempts + 1}")


def _watch(process: Process, report: Callable[[], bool]) -> int:
    """Wait for the end and return the exit code; meanwhile say how far it is."""
    reported = 0.0
    while (exit_code := process.exit_code) is None:
        if shutting_down():
            raise WorkerStops
        if time.monotonic() - reported >= REPORT_EVERY_S:
            reported = time.monotonic()
            if not report():
                raise ClaimLost
        time.sleep(POLL_S)
    return exit_code


def _training_arguments(job: TrainingJob, folder: RunFolder) -> list[str]:
    row = job.row
    arguments = [settings.SPINULA_TRAINING_MODULES[row.kind], "--data", str(folder.data), "--run", str(folder.run)]
    arguments += ["--recipe", row.recipe, "--seed", str(row.seed), "--resume"]
    for name, value in {**_default_base(row), **row.overrides}.items():
        arguments += [f"--{name}", argument(value)] if name in BUDGET else ["--set", f"{name}={argument(value)}"]
    if row.kind == ModelKind.CLASSIFIER and (serving := _files_of(_active(ModelKind.DETECTOR))):
        arguments += ["--detector", serving]
    if row.started_from is not None:
        arguments += ["--start-from", str(model_files.folder_of(row.started_from))]
    return arguments


def _default_base(row: TrainingRun) -> dict[str, str]:
    """The base that a classifier begins with which neither recipe nor overrides nor an earlier version give."""
    needed = row.kind == ModelKind.CLASSIFIER and row.started_from is None and not row.overrides.get("base")
    if not needed or CLASSIFIER_RECIPES[row.recipe].base:
        return {}
    return {"base": settings.SPINULA_CLASSIFIER_BASE}


def _compare(job: TrainingJob, folder: RunFolder, active: ModelVersion | None) -> dict[str, Any]:
    """The comparison's figures, and with which version they were made."""
    arguments = ["worker.training.judging.compare", "--kind", job.row.kind, "--data", str(folder.data)]
    arguments += ["--candidate", str(folder.model), "--output", str(folder.evaluation)]
    arguments += ["--backend", settings.SPINULA_INFERENCE_BACKEND, "--threads", str(settings.SPINULA_INFERENCE_THREADS)]
    panels = folder.panels(job.row.dataset)
    arguments += [word for panel in panels for word in ("--panel", str(panel))] or ["--no-panel"]
    if job.row.kind == ModelKind.CLASSIFIER and (serving := _files_of(_active(ModelKind.DETECTOR))):
        arguments += ["--detector", serving]
    compared_with = None
    if active is not None and (files := _files_of(active)):
        arguments += ["--active", files]
        compared_with = {"id": active.pk, "name": str(active)}
    _run_process(job, folder, arguments, lambda: training_jobs.beat(job))
    evaluation: dict[str, Any] = json.loads(folder.evaluation.read_text())
    return evaluation | {"compared_with": compared_with}


def _active(kind: ModelKind) -> ModelVersion | None:
    return ModelVersion.objects.filter(kind=kind, state=ModelState.ACTIVE).first()


def _files_of(version: ModelVersion | None) -> str:
    """The folder of a version, "" where there is none or its files are gone."""
    try:
        return str(model_files.folder_of(version)) if version else ""
    except Conflict:
        log.exception("network_files_gone", version=str(version))
        return ""


def _checked_card(job: TrainingJob, folder: RunFolder) -> Card:
    load = load_detector_card if job.row.kind == ModelKind.DETECTOR else load_classifier_card
    card: Card = load(folder.model)
    check_model_file(card)
    return card
