"""What an experiment compares: reading and stating its design; its conditions ordered, renamed, merged."""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Router
from pydantic import Field

from spines import models
from spines.access import get_experiment
from spines.errors import InvalidInput
from spines.selectors.designs.facts import TAKEN_IN
from spines.services.designs.conditions import merge_conditions, order_conditions, rename_condition
from spines.services.designs.stating import (
    MOST_FACTORS,
    MOST_LEVELS,
    DesignStatement,
    PrimaryStatement,
    state_design,
)
from spines.statistics.design import DesignError, Direction, Factor
from webapp.api.design_answers import ExperimentDesign, experiment_design
from webapp.api.failures import answers
from webapp.api.fields import PathId, RowId, Sent, ShortName
from webapp.requests import UserRequest

router = Router(tags=["Designs"])

MOST_CONDITIONS = 500
Given = Annotated[ShortName, Field(min_length=1)]


class NewFactor(Sent):
    """Something that differs between conditions on purpose."""

    name: Given
    levels: Annotated[list[Given], Field(min_length=2, max_length=MOST_LEVELS)] = Field(
        description="In their order; the control comes first in every table, wherever it stands here."
    )
    control: ShortName = Field("", description="One of the levels; empty for the first.")
    within_animals: bool = Field(False, description="An animal stands in several levels and is held against itself.")
    amounts: Annotated[list[float], Field(max_length=MOST_LEVELS)] = Field(
        [], description="The levels as numbers, one each, for a trend; none where they are no amounts."
    )
    unit: ShortName = Field("", description="Of the amounts.")


class NewCell(Sent):
    """Which levels a condition stands for."""

    condition: Given
    levels: Annotated[list[Given], Field(min_length=1, max_length=MOST_FACTORS)] = Field(
        description="One of each factor, in the order of the factors."
    )


class NewPrimary(Sent):
    """The one measure that is tested by itself at 5 %."""

    measure: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        description="A key of `primary_measures` of the answer."
    )
    direction: Literal["differs", "is higher", "is lower"] = "differs"


class NewDesign(Sent):
    """What an experiment compares."""

    seen_design_id: RowId | None = Field(description="`id` of the stated design as you saw it; null where none was.")
    factors: Annotated[list[NewFactor], Field(min_length=1, max_length=MOST_FACTORS)]
    cells: Annotated[list[NewCell], Field(min_length=2, max_length=MOST_CONDITIONS)]
    covariates: Annotated[list[Given], Field(max_length=len(TAKEN_IN))] = Field(
        [], description=f"Of: {', '.join(TAKEN_IN)}."
    )
    primary: NewPrimary | None = None
    has_common_spread: bool = Field(
        False, description="One variance serves the whole design: effects are told by one mixed model of all rows."
    )


class Renaming(Sent):
    """Another name for a condition."""

    condition: Given
    name: Given


class Merging(Sent):
    """Two conditions that become one."""

    merged: Given = Field(description="Its animals move, and it is gone then.")
    into: Given


class Ordering(Sent):
    """All conditions of an experiment."""

    conditions: Annotated[list[Given], Field(min_length=1, max_length=MOST_CONDITIONS)] = Field(
        description="Each once, the control first."
    )


def _id_of(experiment: models.Experiment, name: str) -> int:
    pk = experiment.conditions.filter(name=name).values_list("pk", flat=True).first()
    if pk is None:
        raise InvalidInput(f"This experiment has no condition {name}. `conditions` of its design names them.")
    return pk


@router.get(
    "/experiments/{int:experiment_id}/design",
    response=answers(404, 422, also={200: ExperimentDesign}),
    operation_id="get_design",
    summary="Get what an experiment compares",
)
def show(request: UserRequest, experiment_id: PathId) -> ExperimentDesign:
    """The stated design, or one proposed from the facts; what can be tested with it."""
    return experiment_design(get_experiment(request.user, experiment_id))


@router.post(
    "/experiments/{int:experiment_id}/design",
    response=answers(400, 403, 404, 409, 422, also={200: ExperimentDesign}),
    operation_id="state_design",
    summary="State what an experiment compares",
)
def state(request: UserRequest, experiment_id: PathId, sent: NewDesign) -> ExperimentDesign:
    """For at least an annotator of the lab. What was stated before is kept. Conditions take the design's order.

    409 where somebody stated another since `seen_design_id`, 422 where the design contradicts itself or its animals.
    """
    experiment = get_experiment(request.user, experiment_id)
    cells = {_id_of(experiment, cell.condition): tuple(cell.levels) for cell in sent.cells}
    if len(cells) < len(sent.cells):
        raise InvalidInput("A condition stands in two cells of this design. Name each condition once.")
    primary = None
    if sent.primary:
        primary = PrimaryStatement(measure=sent.primary.measure, direction=Direction(sent.primary.direction))
    statement = DesignStatement(
        factors=tuple(map(_factor, sent.factors)),
        cells=cells,
        covariates=tuple(sent.covariates),
        primary=primary,
        has_common_spread=sent.has_common_spread,
    )
    state_design(
        user=request.user, experiment_id=experiment_id, statement=statement, seen_design_id=sent.seen_design_id
    )
    return experiment_design(get_experiment(request.user, experiment_id))


def _factor(sent: NewFactor) -> Factor:
    try:
        return Factor(
            name=sent.name,
            levels=tuple(sent.levels),
            control=sent.control,
            within_animals=sent.within_animals,
            amounts=tuple(sent.amounts),
            unit=sent.unit,
        )
    except DesignError as error:
        raise InvalidInput(error.sentence) from error


@router.post(
    "/experiments/{int:experiment_id}/conditions/order",
    response=answers(400, 403, 404, 409, 422, also={200: ExperimentDesign}),
    operation_id="order_conditions",
    summary="Put an experiment's conditions in order",
)
def order(request: UserRequest, experiment_id: PathId, sent: Ordering) -> ExperimentDesign:
    """For at least an annotator of the lab. 409 where a design is stated: the order of its levels holds."""
    experiment = get_experiment(request.user, experiment_id)
    ids = [_id_of(experiment, name) for name in sent.conditions]
    order_conditions(user=request.user, experiment_id=experiment_id, condition_ids=ids)
    return experiment_design(experiment)


@router.post(
    "/experiments/{int:experiment_id}/conditions/rename",
    response=answers(400, 403, 404, 409, 422, also={200: ExperimentDesign}),
    operation_id="rename_condition",
    summary="Rename a condition",
)
def rename(request: UserRequest, experiment_id: PathId, sent: Renaming) -> ExperimentDesign:
    """For at least an annotator of the lab. 409 where another condition has the name, or had it before."""
    experiment = get_experiment(request.user, experiment_id)
    condition_id = _id_of(experiment, sent.condition)
    rename_condition(user=request.user, experiment_id=experiment_id, condition_id=condition_id, name=sent.name)
    return experiment_design(experiment)


@router.post(
    "/experiments/{int:experiment_id}/conditions/merge",
    response=answers(400, 403, 404, 409, 422, also={200: ExperimentDesign}),
    operation_id="merge_conditions",
    summary="Merge two conditions",
)
def merge(request: UserRequest, experiment_id: PathId, sent: Merging) -> ExperimentDesign:
    """For at least an annotator of the lab. 409 where an animal stands in both."""
    experiment = get_experiment(request.user, experiment_id)
    into, merged = _id_of(experiment, sent.into), _id_of(experiment, sent.merged)
    merge_conditions(user=request.user, experiment_id=experiment_id, into_id=into, merged_id=merged)
    return experiment_design(get_experiment(request.user, experiment_id))
