"""What an experiment compares: reading and stating its design; its conditions ordered, renamed, merged."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from ninja import Router, Schema
from pydantic import Field

from spines import models
from spines.access import get_experiment
from spines.errors import InvalidInput
from spines.selectors.designs.facts import COVARIATES, animals_in_conditions, proposal_of
from spines.selectors.designs.primary_measures import primary_measures
from spines.selectors.designs.stated import current_design, design_of, telling_of
from spines.services.designs.conditions import merge_conditions, order_conditions, rename_condition
from spines.services.designs.stating import (
    MOST_FACTORS,
    MOST_LEVELS,
    DesignStatement,
    PrimaryStatement,
    state_design,
)
from spines.statistics.design import Design, DesignError, Direction, Factor
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
    covariates: Annotated[list[Given], Field(max_length=len(COVARIATES))] = Field(
        [], description=f"Of: {', '.join(COVARIATES)}."
    )
    primary: NewPrimary | None = None


class DesignFactor(Schema):
    """A factor, its control first."""

    name: str
    levels: list[str]
    control: str
    within_animals: bool
    amounts: list[float]
    unit: str


class Cell(Schema):
    """A condition and the levels that it stands for."""

    condition: str
    levels: list[str]


class PrimaryMeasure(Schema):
    """The measure that is tested by itself."""

    measure: str
    direction: Literal["differs", "is higher", "is lower"]
    stated_at: datetime
    stated_by: str | None = Field(description="User name; null where the account is gone.")
    after_results: bool = Field(description="Images of the experiment were analysed by then.")


class StatedDesign(Schema):
    """A design with who stated it and when."""

    id: int
    factors: list[DesignFactor]
    cells: list[Cell] = Field(description="In the order of every table and chart.")
    covariates: list[str]
    primary: PrimaryMeasure | None
    stated_at: datetime
    stated_by: str | None = Field(description="User name; null where the account is gone.")
    after_results: bool = Field(description="Images of the experiment were analysed by then.")


class ProposedDesign(Schema):
    """A design made from what is known of the animals, for a person to confirm or change."""

    factors: list[DesignFactor]
    cells: list[Cell]
    covariates: list[str]
    questions: list[str] = Field(description="To be answered by a person with yes or no.")


class ConditionRow(Schema):
    """A condition of the experiment."""

    id: int
    name: str
    former_names: list[str] = Field(description="Under which file names and sheets still mean it.")
    animals: int = Field(ge=0, description="With an image.")


class Pair(Schema):
    """Two conditions that the design compares, that nearer to the control first."""

    first: str
    second: str
    is_paired: bool = Field(description="Each animal is held against itself.")
    animals: list[int] = Field(description="Those in both where it is paired, else of each of the two.")
    can_be_tested: bool
    least_p: float | None = Field(description="That a permutation within the design can give, uncorrected.")


class ExperimentDesign(Schema):
    """What an experiment compares, and what can be told with the animals that it has."""

    experiment_id: int
    animals_recur: bool = Field(description="An animal may stand in several conditions.")
    conditions: list[ConditionRow] = Field(description="In the order of every table and chart, the control first.")
    stated: StatedDesign | None
    proposed: ProposedDesign | None = Field(description="Null where a design is stated or nothing can be compared.")
    pairs: list[Pair] = Field(description="Of the stated design, or else of the proposed one.")
    sentences: list[str] = Field(description="What can be tested with it and what cannot, for people.")
    primary_measures: dict[str, str] = Field(description="By key, what the pages call it.")


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


def _factors(design: Design) -> list[DesignFactor]:
    return [
        DesignFactor(
            name=factor.name,
            levels=list(factor.levels),
            control=factor.reference,
            within_animals=factor.within_animals,
            amounts=list(factor.amounts),
            unit=factor.unit,
        )
        for factor in design.factors
    ]


def _cells(design: Design) -> list[Cell]:
    return [Cell(condition=name, levels=list(design.conditions[name])) for name in design.ordered]


def _stated(row: models.StatedDesign, design: Design) -> StatedDesign:
    primary = None
    if row.primary_at:
        primary = PrimaryMeasure(
            measure=row.primary_measure,
            direction=row.primary_direction,  # type: ignore[arg-type]  # a choice of the row
            stated_at=row.primary_at,
            stated_by=row.primary_by.get_username() if row.primary_by else None,
            after_results=row.primary_after_results,
        )
    return StatedDesign(
        id=row.pk,
        factors=_factors(design),
        cells=_cells(design),
        covariates=list(row.covariates),
        primary=primary,
        stated_at=row.stated_at,
        stated_by=row.stated_by.get_username() if row.stated_by else None,
        after_results=row.after_results,
    )


def _said(experiment: models.Experiment) -> ExperimentDesign:
    row, rows = current_design(experiment), animals_in_conditions(experiment)
    design = design_of(row) if row else None
    proposal = None if row else proposal_of(experiment, rows)
    shown = design or (proposal.design if proposal else None)
    telling = telling_of(shown, rows) if shown else None
    layout = telling.layout if telling else None
    return ExperimentDesign(
        experiment_id=experiment.pk,
        animals_recur=experiment.animals_recur,
        conditions=[
            ConditionRow(
                id=condition.pk,
                name=condition.name,
                former_names=condition.former_names,
                animals=len({each.animal for each in rows if each.condition == condition.name}),
            )
            for condition in experiment.conditions.all()
        ],
        stated=_stated(row, design) if row and design else None,
        proposed=ProposedDesign(
            factors=_factors(proposal.design),
            cells=_cells(proposal.design),
            covariates=[covariate.name for covariate in proposal.design.covariates],
            questions=list(proposal.questions),
        )
        if proposal
        else None,
        pairs=[
            Pair(
                first=pair.first,
                second=pair.second,
                is_paired=pair.is_paired,
                animals=list(pair.animals),
                can_be_tested=pair.has_enough,
                least_p=pair.least_p,
            )
            for pair in (layout.pairs if layout else ())
        ],
        sentences=[*(telling.notes if telling else ()), *(layout.sentences if layout else ())]
        + ([telling.fault] if telling and telling.fault else []),
        primary_measures=primary_measures(experiment),
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
    return _said(get_experiment(request.user, experiment_id))


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
        factors=tuple(map(_factor, sent.factors)), cells=cells, covariates=tuple(sent.covariates), primary=primary
    )
    state_design(
        user=request.user, experiment_id=experiment_id, statement=statement, seen_design_id=sent.seen_design_id
    )
    return _said(get_experiment(request.user, experiment_id))


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
    return _said(experiment)


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
    return _said(experiment)


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
    return _said(get_experiment(request.user, experiment_id))
