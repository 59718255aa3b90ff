"""What the API says of an experiment's design."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ninja import Schema
from pydantic import Field

from spines import models
from spines.selectors.designs.facts import animals_in_conditions, proposal_of
from spines.selectors.designs.primary_measures import primary_measures
from spines.selectors.designs.stated import current_design, design_of, telling_of
from spines.statistics.design import Design


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
    has_common_spread: bool = Field(description="One variance serves the whole design.")
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
        has_common_spread=row.has_common_spread,
        primary=primary,
        stated_at=row.stated_at,
        stated_by=row.stated_by.get_username() if row.stated_by else None,
        after_results=row.after_results,
    )


def experiment_design(experiment: models.Experiment) -> ExperimentDesign:
    """The design of an experiment as it is now."""
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
