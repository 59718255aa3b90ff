"""The threshold of an experiment: which holds, what each would cost, and setting it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Router, Schema, Status
from pydantic import Field

from spines.access import get_experiment
from spines.accuracy.operating_curve import LEAST_GROUPS, LEAST_SPINES, CurvePoint, OperatingCurve, is_enough
from spines.accuracy.operating_curve import operating_curve as curve_of
from spines.models import Experiment, ThresholdChange
from spines.selectors.analyses.thresholds import latest_change, own_thresholds, reviewed_images, to_follow
from spines.services.analyses.thresholds import set_threshold
from spines.vocabulary.operating_points import HIGHEST_THRESHOLD, LOWEST_THRESHOLD
from webapp.api.failures import answers
from webapp.api.fields import PathId, Sent
from webapp.requests import UserRequest

router = Router(tags=["Thresholds"])


class NewThreshold(Sent):
    """From which detection score on a box is to be a spine."""

    score_threshold: float | None = Field(
        ge=LOWEST_THRESHOLD,
        le=HIGHEST_THRESHOLD,
        description="Rounded to a hundredth; null for each network's own operating point.",
    )


class Point(Schema):
    """What a threshold gives in the reviewed images."""

    threshold: float
    boxes: int = Field(ge=0, description="With this score or more.")
    boxes_on_spines: int = Field(ge=0, description="Of them, those that people call spines.")
    precision: float | None = Field(description="Share of boxes on spines; null where there is no box.")
    precision_low_95: float | None
    precision_high_95: float | None
    recall: float = Field(description="Share of the spines that people see that have a box.")
    recall_low_95: float
    recall_high_95: float
    f1: float
    boxes_per_spine: float = Field(description="1 where as many are counted as people see.")


class Curve(Schema):
    """Precision and recall against the threshold, with 95 % intervals."""

    images: int = Field(description="Reviewed ones, which it rests on.")
    animals: int
    spines: int = Field(description="That people see in them.")
    drawn: Literal["animals", "images"] = Field(description="What was drawn with replacement for the intervals.")
    points: list[Point]


class Change(Schema):
    """The change of the threshold that holds."""

    before: float | None
    score_threshold: float | None
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    images: int = Field(ge=0, description="That had to follow.")
    message: str = Field(description="Why images keep their former spines, for people; empty otherwise.")
    set_by: str | None = Field(description="User name; null where the account is gone.")
    set_at: datetime


class Threshold(Schema):
    """The threshold that holds in an experiment, and how far its results follow."""

    experiment_id: int
    score_threshold: float | None = Field(description="Null: each network's own operating point.")
    own_thresholds: list[float] = Field(description="Operating points of the networks behind the present results.")
    images_left: int = Field(ge=0, description="Images whose spines are still those of another threshold.")
    change: Change | None = Field(description="The last; null where it was never set.")
    curve: Curve | None = Field(
        description=f"Null below {LEAST_GROUPS} reviewed images with {LEAST_SPINES} spines in all."
    )


def _said(experiment: Experiment) -> Threshold:
    images = reviewed_images(experiment)
    change = latest_change(experiment)
    return Threshold(
        experiment_id=experiment.pk,
        score_threshold=experiment.score_threshold,
        own_thresholds=own_thresholds(experiment),
        images_left=to_follow(experiment).count(),
        change=_change(change) if change else None,
        curve=_curve(curve_of(images)) if is_enough(images) else None,
    )


def _change(change: ThresholdChange) -> Change:
    return Change(
        before=change.before,
        score_threshold=change.threshold,
        state=change.status,  # type: ignore[arg-type]  # a choice of the row
        images=change.images,
        message=change.message,
        set_by=change.created_by.get_username() if change.created_by else None,
        set_at=change.created_at,
    )


def _curve(curve: OperatingCurve) -> Curve:
    return Curve(
        images=curve.images,
        animals=curve.animals,
        spines=curve.spines,
        drawn=curve.drawn,  # type: ignore[arg-type]
        points=[_point(point) for point in curve.points],
    )


def _point(point: CurvePoint) -> Point:
    low, high = point.precision_95 or (None, None)
    return Point(
        threshold=point.threshold,
        boxes=point.boxes,
        boxes_on_spines=point.right,
        precision=point.precision,
        precision_low_95=low,
        precision_high_95=high,
        recall=point.recall,
        recall_low_95=point.recall_95[0],
        recall_high_95=point.recall_95[1],
        f1=point.f1,
        boxes_per_spine=point.count_ratio,
    )


@router.get(
    "/experiments/{int:experiment_id}/threshold",
    response=answers(404, 422, also={200: Threshold}),
    operation_id="get_threshold",
    summary="Get an experiment's threshold",
)
def show(request: UserRequest, experiment_id: PathId) -> Threshold:
    """With what each threshold would give in the reviewed images. After setting it, ask until no image is left."""
    return _said(get_experiment(request.user, experiment_id))


@router.post(
    "/experiments/{int:experiment_id}/threshold",
    response=answers(400, 403, 404, 409, 422, also={202: Threshold}),
    operation_id="set_threshold",
    summary="Set an experiment's threshold",
)
def give(request: UserRequest, experiment_id: PathId, sent: NewThreshold) -> Status[Threshold]:
    """In a lab where you are at least an annotator. Present results follow without a new analysis, later ones use it.

    409 while images of the experiment are analysed, and where it is the threshold already.
    """
    set_threshold(user=request.user, experiment_id=experiment_id, threshold=sent.score_threshold)
    return Status(202, _said(get_experiment(request.user, experiment_id)))
