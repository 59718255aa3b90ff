"""Stating what an experiment compares. The conditions take the design's order, the control first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, require_role
from spines.errors import InvalidInput, Stale
from spines.models import DesignReason, Experiment, Role, StatedDesign, User
from spines.samples.fields import LONGEST_NAME, as_name
from spines.selectors.designs.facts import COVARIATES, LITTER, TAKEN_IN, animals_in_conditions
from spines.selectors.designs.primary_measures import primary_measures
from spines.selectors.designs.stated import current_design, design_of, has_results
from spines.services import audit
from spines.services.samples.facts import lock_samples
from spines.statistics.design import Design, DesignError, Direction, Factor, Spread
from spines.statistics.layout import layout_of
from spines.vocabulary.numbers import listed

MOST_FACTORS = 4
MOST_LEVELS = 24


@dataclass(frozen=True, kw_only=True)
class PrimaryStatement:
    """The measure that is to be tested by itself (a key of `primary_measures`), and what is expected of it."""

    measure: str
    direction: Direction


@dataclass(frozen=True, kw_only=True)
class DesignStatement:
    """What somebody states: factors, by a condition's id its levels (one a factor), covariates, a primary measure."""

    factors: tuple[Factor, ...]
    cells: Mapping[int, Sequence[str]]
    covariates: tuple[str, ...] = ()
    primary: PrimaryStatement | None = None
    has_common_spread: bool = False


@transaction.atomic
def state_design(
    *, user: User, experiment_id: int, statement: DesignStatement, seen_design_id: int | None = None
) -> StatedDesign:
    """Say what an experiment compares. What was stated before is kept; said again as it is, nothing happens.

    Parameters
    ----------
    seen_design_id
        The current design as the user saw it, None where there was none.

    Raises
    ------
    Stale
        When somebody has stated another since.
    InvalidInput
        When the design contradicts itself or its animals, with the sentence.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    lock_samples(experiment)
    before = current_design(experiment)
    if (before.pk if before else None) != seen_design_id:
        raise Stale("Somebody else has stated this design meanwhile. Reload the page, and state yours again.")
    statement = tidied(statement)
    _check(experiment, statement)
    return _keep(user, experiment, statement, before, DesignReason.STATED)


def checked_design(experiment: Experiment, statement: DesignStatement) -> Design:
    """The design that a statement would make; InvalidInput with a sentence where it contradicts itself."""
    names = dict(experiment.conditions.values_list("pk", "name"))
    if unknown := [pk for pk in statement.cells if pk not in names]:
        raise InvalidInput(
            f"This experiment has no condition {unknown[0]}. Reload the page, and state the design again."
        )
    if len(statement.factors) > MOST_FACTORS:
        raise InvalidInput(f"A design has at most {MOST_FACTORS} factors: leave out what is not compared.")
    for factor in statement.factors:
        for text in (factor.name, factor.unit, *factor.levels):
            if len(text) > LONGEST_NAME:
                raise InvalidInput(f"{text[:30]}… is longer than {LONGEST_NAME} characters. Shorten it.")
        if not factor.name or not all(factor.levels):
            raise InvalidInput("A factor or one of its levels has no name. Give it one.")
        if len(factor.levels) > MOST_LEVELS:
            raise InvalidInput(f"{factor.name} has more than {MOST_LEVELS} levels: put several into one.")
    if unknown_names := [name for name in statement.covariates if name not in TAKEN_IN]:
        raise InvalidInput(f"{unknown_names[0]} cannot be a covariate: choose among {listed(TAKEN_IN)}.")
    if statement.primary and statement.primary.measure not in primary_measures(experiment):
        raise InvalidInput(
            f"There is no measure {statement.primary.measure}: choose the primary measure from the list."
        )
    if len(statement.cells) < 2:
        raise InvalidInput("A design needs two conditions at least: name those of the animals on the Images page.")
    try:
        return Design(
            factors=statement.factors,
            conditions={names[pk]: tuple(levels) for pk, levels in statement.cells.items()},
            covariates=tuple(COVARIATES[name] for name in statement.covariates if name in COVARIATES),
            has_litters=LITTER in statement.covariates,
            spread=Spread.COMMON if statement.has_common_spread else Spread.EACH,
        )
    except DesignError as error:
        raise InvalidInput(error.sentence) from error


def follow(
    *, user: User, experiment: Experiment, statement: DesignStatement, before: StatedDesign, reason: DesignReason
) -> StatedDesign:
    """Keep a design that follows from a change of conditions, in the transaction that changes them."""
    _check(experiment, statement)
    return _keep(user, experiment, statement, before, reason)


def statement_of(stated: StatedDesign) -> DesignStatement:
    """What somebody would have to state for this design."""
    design = design_of(stated)
    there = set(stated.experiment.conditions.values_list("pk", flat=True))
    primary = None
    if design.primary:
        primary = PrimaryStatement(measure=design.primary.measure, direction=design.primary.direction)
    return DesignStatement(
        factors=design.factors,
        cells={int(pk): tuple(levels) for pk, levels in stated.cells.items() if int(pk) in there},
        covariates=tuple(stated.covariates),
        primary=primary,
        has_common_spread=stated.has_common_spread,
    )


def put_in_order(experiment: Experiment, first: Iterable[str]) -> tuple[str, ...]:
    """Give conditions their places: those named first in this order, the others after them as they stood.

    In a transaction. Returns the names in their new order.
    """
    rows = {condition.name: condition for condition in experiment.conditions.all()}
    ordered = list(dict.fromkeys([*(name for name in first if name in rows), *rows]))
    for position, name in enumerate(ordered):
        if rows[name].position != position:
            rows[name].position = position
            rows[name].save(update_fields=["position"])
    return tuple(ordered)


def tidied(statement: DesignStatement) -> DesignStatement:
    """Names as they are stored, the control of each factor in front."""
    try:
        factors = tuple(_control_first(_named(factor)) for factor in statement.factors)
    except DesignError as error:
        raise InvalidInput(error.sentence) from error
    return replace(
        statement,
        factors=factors,
        cells={pk: tuple(map(as_name, levels)) for pk, levels in statement.cells.items()},
    )


def _named(factor: Factor) -> Factor:
    return replace(
        factor,
        name=as_name(factor.name),
        levels=tuple(as_name(level) for level in factor.levels),
        control=as_name(factor.control),
        unit=as_name(factor.unit),
    )


def _control_first(factor: Factor) -> Factor:
    """The factor with its control in front, its amounts along with its levels."""
    levels = (factor.reference, *factor.others)
    amounts = tuple(factor.amounts[factor.levels.index(level)] for level in levels) if factor.amounts else ()
    return replace(factor, levels=levels, control=factor.reference, amounts=amounts)


def _check(experiment: Experiment, statement: DesignStatement) -> None:
    design = checked_design(experiment, statement)
    stands = [(row.animal, row.condition) for row in animals_in_conditions(experiment)]
    try:
        layout_of(design, stands)
    except DesignError as error:
        raise InvalidInput(error.sentence) from error


def _keep(
    user: User, experiment: Experiment, statement: DesignStatement, before: StatedDesign | None, reason: DesignReason
) -> StatedDesign:
    is_late, now = has_results(experiment), timezone.now()
    made = StatedDesign(
        experiment=experiment,
        reason=reason,
        factors=[
            asdict(factor) | {"levels": [*factor.levels], "amounts": [*factor.amounts]} for factor in statement.factors
        ],
        cells={str(pk): list(levels) for pk, levels in sorted(statement.cells.items())},
        covariates=[name for name in TAKEN_IN if name in statement.covariates],
        has_common_spread=statement.has_common_spread,
        stated_by=user,
        after_results=is_late,
        **_primary(user, statement.primary, before, is_late=is_late, now=now),
    )
    if before and _said(before) == _said(made):
        return before
    experiment.designs.filter(is_current=True).update(is_current=False)
    made.save()
    order = put_in_order(experiment, design_of(made).ordered)
    recurs = any(factor.within_animals for factor in statement.factors) or _recur(experiment)
    Experiment.objects.filter(pk=experiment.pk).update(animals_recur=recurs, touched_at=now)
    audit.record(
        actor=user,
        lab=experiment.lab,
        action="design.stated",
        subject=experiment,
        reason=made.reason,
        before=_said(before) if before else None,
        after=_said(made),
        conditions=list(order),
    )
    return made


def _recur(experiment: Experiment) -> bool:
    """Whether an animal stands in several conditions: what the design says between animals holds of the next ones."""
    stands = {(row.animal, row.condition) for row in animals_in_conditions(experiment)}
    return max(Counter(animal for animal, _ in stands).values(), default=0) > 1


def _primary(
    user: User, primary: PrimaryStatement | None, before: StatedDesign | None, *, is_late: bool, now: datetime
) -> dict[str, Any]:
    """The columns of the primary measure; its day stays where measure and direction do."""
    if primary is None:
        return {}
    said = {"primary_measure": primary.measure, "primary_direction": primary.direction.value}
    if before and (before.primary_measure, before.primary_direction) == tuple(said.values()):
        return said | {
            "primary_at": before.primary_at,
            "primary_by": before.primary_by,
            "primary_after_results": before.primary_after_results,
        }
    return said | {"primary_at": now, "primary_by": user, "primary_after_results": is_late}


def _said(stated: StatedDesign) -> dict[str, Any]:
    """What a design says, for the audit trail and to tell whether another says the same."""
    return {
        "factors": stated.factors,
        "cells": stated.cells,
        "covariates": stated.covariates,
        **({"has_common_spread": True} if stated.has_common_spread else {}),
        "primary": [stated.primary_measure, stated.primary_direction],
    }
