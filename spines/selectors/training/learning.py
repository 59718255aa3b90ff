"""The learning curve of a training: its figure beside those of earlier trainings on the same labs and sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from spines.models import TrainingRun, TrainingStatus
from spines.statistics.learning_curve import LEAST_SIZES, Gain, LearningCurve, Point, fit_learning_curve

Z_95 = 1.96
MORE = 10
"""Independent groups, about which the curve is asked."""


@dataclass(frozen=True, kw_only=True)
class LearnedPoint:
    """A training that ended in a candidate, judged on a test part."""

    run: TrainingRun
    groups: int
    """Independent groups (animals, dendrites, acquisitions) in its training part."""
    figure: float
    interval: tuple[float, float] | None
    tested_groups: int

    @property
    def error(self) -> float:
        """Standard error of the figure, from its interval; 0 where none is stated."""
        return (self.interval[1] - self.interval[0]) / (2 * Z_95) if self.interval else 0.0


@dataclass(frozen=True, kw_only=True)
class Learned:
    """The trainings on the same labs and sets, up to and with one, by the groups that they learnt from."""

    key: str
    points: list[LearnedPoint]
    curve: LearningCurve | None
    gain: Gain | None

    @property
    def sizes(self) -> int:
        """Different numbers of groups."""
        return len({point.groups for point in self.points})

    @property
    def missing(self) -> int:
        """How many more sizes a curve needs."""
        return max(LEAST_SIZES - self.sizes, 0)

    @property
    def is_shown(self) -> bool:
        """Whether the interval of the gain lies above 0."""
        return self.gain is not None and self.gain.low > 0


def learned_by(run: TrainingRun) -> Learned | None:
    """The curve up to this training; None where it has no figure on a test part."""
    own = _point(run)
    if own is None:
        return None
    points = [own, *(point for other in _alike(run) if (point := _point(other)) and _key(other) == _key(run))]
    points.sort(key=lambda point: (point.groups, point.run.pk))
    curve = fit_learning_curve([Point(groups=point.groups, figure=point.figure, error=point.error) for point in points])
    return Learned(key=_key(run), points=points, curve=curve, gain=curve.gain(MORE) if curve else None)


def _alike(run: TrainingRun) -> QuerySet[TrainingRun]:
    """Earlier trainings of the kind on the same labs and sets: what they learnt from differs by review alone."""
    same = {f"dataset__selection__{name}": run.dataset.selection.get(name) for name in ("lab_ids", "imported_set_ids")}
    earlier = TrainingRun.objects.filter(kind=run.kind, status=TrainingStatus.DONE, pk__lt=run.pk, **same)
    return earlier.select_related("dataset", "candidate").order_by("pk")


def _key(run: TrainingRun) -> str:
    assert run.candidate is not None
    return str(run.candidate.evaluation.get("figure", ""))


def _point(run: TrainingRun) -> LearnedPoint | None:
    if run.candidate is None:
        return None
    evaluation: dict[str, Any] = run.candidate.evaluation
    figures, key = evaluation.get("candidate") or {}, evaluation.get("figure")
    groups = run.dataset.counts.get("train", {}).get("groups")
    if evaluation.get("part") != "test" or not groups or figures.get(key) is None:
        return None
    interval = figures.get(f"{key}_95")
    return LearnedPoint(
        run=run,
        groups=groups,
        figure=figures[key],
        interval=(interval[0], interval[1]) if interval else None,
        tested_groups=evaluation.get("groups", 0),
    )
