"""Classes from examples: learn, read the figures, apply, undo."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Router, Schema, Status
from ninja.params import models as params
from pydantic import Field

from spines import models
from spines.access import get_experiment
from spines.errors import Conflict
from spines.models import ExampleClassifier
from spines.selectors.review.from_examples import versions_of
from spines.selectors.review.orders import open_studies_of
from spines.services.review import applying, from_examples
from webapp.api.failures import answers
from webapp.api.fields import GREATEST_ID, PathId
from webapp.api.work import Work, shown
from webapp.requests import UserRequest

router = Router(tags=["Review"])

VersionNumber = Annotated[
    int, params.Path(..., ge=1, le=GREATEST_ID, description="Its number within the experiment, from the list.")
]


class ExampleFigures(Schema):
    """How good a version was on examples of animals (or images) that it had not learnt from."""

    groups: int = Field(ge=0)
    accuracy: float
    accuracy_95: tuple[float, float]
    macro_f1: float
    macro_f1_95: tuple[float, float]
    order: list[str] = Field(description="Classes in the order of the confusion.")
    confusion: list[list[int]] = Field(description="A row for each class as named, a column as proposed.")
    called: float = Field(description="Share that was sure enough to be proposed.")
    called_right: float | None = Field(description="Of those, the share that was right.")


class ExampleVersion(Schema):
    """A version of classes that were learnt from examples."""

    number: int
    classes: dict[str, int] = Field(description="Examples of each class.")
    examples: int = Field(ge=0)
    left_out: int = Field(ge=0, description="Named, but of a class of too few, or not comparable.")
    grouped_by: Literal["animal", "image"]
    features: str
    figures: ExampleFigures
    seed: int
    made_by: str | None = Field(description="User name; null where the account is gone.")
    made_at: datetime
    applied: bool
    applied_by: str | None
    applied_at: datetime | None


class Applied(Schema):
    """What an act on a version changed."""

    spines: int = Field(ge=0, description="Whose class that counts may be another now.")


def _said(version: ExampleClassifier) -> ExampleVersion:
    return ExampleVersion(
        number=version.number,
        classes=version.classes,
        examples=version.examples,
        left_out=version.left_out,
        grouped_by=version.grouped_by,  # type: ignore[arg-type]  # what the service writes
        features=version.features,
        figures=ExampleFigures(**version.figures),
        seed=version.seed,
        made_by=version.made_by.get_username() if version.made_by else None,
        made_at=version.made_at,
        applied=version.applied_at is not None,
        applied_by=version.applied_by.get_username() if version.applied_by else None,
        applied_at=version.applied_at,
    )


@router.get(
    "/experiments/{int:experiment_id}/examples",
    response=answers(404, 409, 422, also={200: list[ExampleVersion]}),
    operation_id="list_example_versions",
    summary="List the versions of classes from examples",
)
def list_versions(request: UserRequest, experiment_id: PathId) -> list[ExampleVersion]:
    """The latest first, with their figures. 409 for who rates in an open study of the experiment."""
    experiment = get_experiment(request.user, experiment_id)
    if open_studies_of(request.user, experiment).exists():
        raise Conflict("You rate in an open study of this experiment: proposed classes are hidden until it closes.")
    return [_said(version) for version in versions_of(experiment)[:100]]


@router.post(
    "/experiments/{int:experiment_id}/examples",
    response=answers(404, 409, 422, also={202: Work}),
    operation_id="learn_from_examples",
    summary="Learn classes from the spines that people named",
)
def learn(request: UserRequest, experiment_id: PathId) -> Status[Work]:
    """It is work; its `result` names the experiment, whose list has the version then. 409 below 20 examples."""
    return Status(202, shown(request, from_examples.ask_to_learn(user=request.user, experiment_id=experiment_id)))


@router.post(
    "/experiments/{int:experiment_id}/examples/{int:number}/apply",
    response=answers(404, 409, 422, also={200: Applied, 202: Work}),
    operation_id="apply_example_version",
    summary="Let a version count",
)
def apply(request: UserRequest, experiment_id: PathId, number: VersionNumber) -> Status[Any]:
    """Where no person named a class; another version that counted does no more. 409 where it counts already.

    202 and work where it names many spines: its `result` has `spines` then.
    """
    pk = _pk(request, experiment_id, number)
    return _after(request, applying.apply_or_ask(user=request.user, version_id=pk))


@router.post(
    "/experiments/{int:experiment_id}/examples/{int:number}/undo",
    response=answers(404, 409, 422, also={200: Applied, 202: Work}),
    operation_id="undo_example_version",
    summary="Let the network's classes count again",
)
def undo(request: UserRequest, experiment_id: PathId, number: VersionNumber) -> Status[Any]:
    """409 where the version does not count; 202 and work where it is of many spines."""
    pk = _pk(request, experiment_id, number)
    return _after(request, applying.undo_or_ask(user=request.user, version_id=pk))


def _after(request: UserRequest, done: int | models.Work) -> Status[Any]:
    return Status(202, shown(request, done)) if isinstance(done, models.Work) else Status(200, Applied(spines=done))


def _pk(request: UserRequest, experiment_id: int, number: int) -> int:
    experiment = get_experiment(request.user, experiment_id)
    return versions_of(experiment).filter(number=number).values_list("pk", flat=True).first() or 0
