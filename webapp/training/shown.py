"""A training run with what its pages say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from spines.models import ModelKind, TrainingRun, TrainingStatus
from spines.models.training import UNFINISHED_RUN
from spines.selectors.training.runs import TrainingWorkers, seconds_left, training_workers, waiting_before
from webapp.training.curves import quality_keys

TRAINING, LAST_STEPS = "training", "last steps"


@dataclass(frozen=True, kw_only=True)
class ShownRun:
    """One run, how far it is, and whether a worker is there that could take it."""

    run: TrainingRun
    seconds_left: float | None
    waiting_before: int
    workers: TrainingWorkers | None

    @property
    def is_unfinished(self) -> bool:
        """Whether something may still happen to it."""
        return self.run.status in UNFINISHED_RUN

    @property
    def may_be_resumed(self) -> bool:
        """Whether it ended without a network."""
        return self.run.status in (TrainingStatus.FAILED, TrainingStatus.CANCELLED)

    @property
    def percent(self) -> int:
        """Share of the training that is done, 0 to 100."""
        return 100 if self.run.status == TrainingStatus.DONE else int(100 * min(max(self.run.done, 0), 1))

    @property
    def epoch(self) -> int | None:
        """The last finished epoch."""
        return self.run.epochs[-1]["epoch"] if self.run.epochs else None

    @property
    def took_s(self) -> float | None:
        """From its start to its end, or until now; None before its start."""
        if self.run.started_at is None:
            return None
        return ((self.run.finished_at or timezone.now()) - self.run.started_at).total_seconds()

    @property
    def badge(self) -> str:
        """Name of the state's mark."""
        return str(self.run.status)

    @property
    def last_figures(self) -> list[tuple[str, float]]:
        """The figures of the last epoch, for a table."""
        if not self.run.epochs:
            return []
        last: dict[str, Any] = self.run.epochs[-1]
        return [(key, last[key]) for key in ("loss", "val_loss", *quality_keys([last])) if last.get(key) is not None]


def shown_run(run: TrainingRun) -> ShownRun:
    """Read how far the run is now."""
    is_queued = run.status == TrainingStatus.QUEUED
    return ShownRun(
        run=run,
        seconds_left=seconds_left(run),
        waiting_before=waiting_before(run) if is_queued else 0,
        workers=training_workers() if is_queued else None,
    )


def with_candidates_figures(runs: QuerySet[TrainingRun]) -> QuerySet[TrainingRun]:
    """Annotate what the index tells of each candidate, without reading its whole comparison."""
    evaluation = "candidate__evaluation"
    return runs.annotate(
        candidate_macro_f1=F(f"{evaluation}__candidate__macro_f1"),
        candidate_f1=F(f"{evaluation}__candidate__f1"),
        candidate_difference=F(f"{evaluation}__difference"),
        candidate_verdict=F(f"{evaluation}__verdict"),
    )


def data_in_words(run: TrainingRun) -> str:
    """Images and spines of the training part.

    >>> from spines.models import DatasetVersion
    >>> dataset = DatasetVersion(counts={"train": {"images": 12, "spines": 1340}})
    >>> data_in_words(TrainingRun(dataset=dataset))
    '1,340 spines in 12 images'
    """
    train = run.dataset.counts.get("train", {})
    return f"{train.get('spines', 0):,} spines in {train.get('images', 0):,} images"


def deciding_figure(run: TrainingRun) -> str:
    """Name of the figure that decides for the run's kind of network."""
    return "macro-F1" if run.kind == ModelKind.CLASSIFIER else "F1"
