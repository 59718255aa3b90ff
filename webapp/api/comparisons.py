"""What was tested in an experiment: pairs and effects of the results page, unrounded, and what they say in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from ninja import Query, Router, Schema
from pydantic import Field

from spines.access import get_experiment
from spines.selectors.results.comparison import Comparison, comparison_of
from spines.selectors.results.effects import DesignEffects, effects_of_design
from spines.statistics.alike import Check
from spines.statistics.designed import DesignTest, EffectTest
from spines.statistics.types import Interval, MeasureTest, PairTest
from webapp.api.failures import answers
from webapp.api.fields import PathId
from webapp.api.narrowing import SpineQuery, filters_of
from webapp.requests import UserRequest
from webapp.results.comparison import checks_of
from webapp.results.shown_effects import effects_in_words

router = Router(tags=["Results"])

P = Annotated[float | None, Field(ge=0, le=1)]
Ends = Annotated[list[float] | None, Field(min_length=2, max_length=2, description="Both ends of the 95 % interval.")]


class ComparedGroup(Schema):
    """A condition: how much was measured, and its animals."""

    condition: str
    animals: int = Field(ge=0)
    cells: int = Field(ge=0, description="Neurons that have a name.")
    dendrites: int = Field(ge=0)
    spines: int | None = Field(description="Null where it is not told.")
    mean: float | None = Field(description="Of the animals' values, geometric for the maturity index.")
    sd: float | None = Field(description="Standard deviation of those; null below two animals.")
    animal_values: dict[str, float] = Field(description="By the animal's name the one number that is compared.")


class ComparedPair(Schema):
    """Two conditions; differences are the second less the first, ratios the second over the first."""

    first: str
    second: str
    is_paired: bool = Field(description="Animals are held against themselves.")
    animals: list[int] = Field(description="That the comparison rests on: those in both where it is paired.")
    model: str | None = Field(description="What was compared, and how; null without a model.")
    difference: float | None
    difference_interval: Ends
    ratio: float | None
    ratio_interval: Ends
    hedges_g: float | None
    hedges_g_interval: Ends
    t: float | None
    df: float | None
    p_value: P = Field(description="Of this comparison by itself.")
    p_holm: P = Field(description="Corrected within the measure's family.")
    hypotheses: int | None = Field(description="How many are corrected together.")
    permutation_p: P
    permutation_p_holm: P
    permutation_least_p: P = Field(description="The least that a permutation of so many animals can give.")
    composition_p: P = Field(description="Of all class shares together, which are tested first.")
    no_p_because: str = Field(description="A sentence; empty where there is a p-value.")


class ComparedMeasure(Schema):
    """A measure between all conditions that are compared."""

    measure: str
    family: str = Field(description="What it is corrected with; empty for a variant, which is no hypothesis.")
    is_primary: bool = Field(description="Named beforehand, and tested by itself at 5 %.")
    groups: list[ComparedGroup]
    pairs: list[ComparedPair]
    notes: list[str]


class TestedEffect(Schema):
    """An effect of the stated design on a measure."""

    measure: str
    effect: str
    kind: str
    is_within_animals: bool
    animals: int = Field(ge=0)
    value: float | None = Field(
        description="In the measure's unit, of densities and the maturity index a logarithm; a trend per unit of the "
        "factor's amounts."
    )
    interval: Ends
    ratio: float | None = Field(description="Of densities and the maturity index: the effect as a ratio.")
    ratio_interval: Ends
    error: float | None
    t: float | None
    df: float | None = Field(description="Degrees of freedom; null without a model, or where they have no limit.")
    p_value: P
    p_corrected: P = Field(description="Corrected over the effects of its kind.")
    permutation_p: P
    no_p_because: str


class CircumstanceCheck(Schema):
    """How conditions were taken, analysed or reviewed in one respect."""

    name: str
    by_condition: dict[str, str] = Field(description="In words, with units.")
    sentence: str = Field(description="How it differs between conditions that are compared; empty where it does not.")


class ExperimentComparison(Schema):
    """What the results page and the report say of the differences between conditions."""

    experiment_id: int
    conditions: list[str] = Field(description="That are compared, in the order of every table, the control first.")
    sentences: list[str] = Field(description="The result in words, effects of the design first.")
    caveats: list[str] = Field(description="What to bear in mind with them.")
    measures: list[ComparedMeasure]
    effects: list[TestedEffect] = Field(description="None where no design is stated or its pairs tell all.")
    checks: list[CircumstanceCheck] = Field(
        description="What else could make a difference between conditions; those in which they differ first."
    )
    effects_fault: str = Field(description="Why a stated design could not be tested; empty where it was.")


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _pair(pair: PairTest) -> ComparedPair:
    intervals = ("difference_interval", "ratio_interval", "hedges_g_interval")
    given = vars(pair) | {name: _ends(getattr(pair, name)) for name in intervals}
    chosen = {name: value for name, value in given.items() if name in ComparedPair.model_fields}
    return ComparedPair(**chosen | {"animals": list(pair.animals), "model": pair.model or None})


def _measure(test: MeasureTest) -> ComparedMeasure:
    return ComparedMeasure(
        measure=test.measure,
        family=test.family,
        is_primary=test.is_primary,
        groups=[
            ComparedGroup(
                condition=group.condition,
                animals=group.animals,
                cells=group.cells,
                dendrites=group.dendrites,
                spines=group.spines,
                mean=group.mean,
                sd=group.sd,
                animal_values=group.animal_means,
            )
            for group in test.groups
        ],
        pairs=[_pair(pair) for pair in test.pairs],
        notes=list(test.notes),
    )


def _effect(test: DesignTest, found: EffectTest) -> TestedEffect:
    given = vars(found) | {"interval": _ends(found.interval), "ratio_interval": _ends(found.ratio_interval)}
    chosen = {name: value for name, value in given.items() if name in TestedEffect.model_fields}
    of = found.effect
    named = {"measure": test.measure, "effect": of.label, "kind": of.kind.value}
    df = found.df if found.df is not None and math.isfinite(found.df) else None
    return TestedEffect(**chosen | named | {"is_within_animals": of.is_within_animals, "df": df})


def _shown(
    experiment_id: int, found: Comparison, effects: DesignEffects | None, checks: Sequence[Check]
) -> ExperimentComparison:
    reading = found.reading()
    return ExperimentComparison(
        experiment_id=experiment_id,
        conditions=list(found.conditions),
        sentences=[*effects_in_words(effects), *reading.sentences],
        caveats=reading.caveats,
        measures=[_measure(test) for test in found.tests.values()],
        effects=[_effect(test, effect) for test in (effects.tests if effects else ()) for effect in test.effects],
        checks=[
            CircumstanceCheck(name=check.name, by_condition=dict(check.by_condition), sentence=check.sentence)
            for check in checks
        ],
        effects_fault=effects.fault if effects else "",
    )


@router.get(
    "/experiments/{int:experiment_id}/comparison",
    response=answers(404, 422, also={200: ExperimentComparison}),
    operation_id="get_comparison",
    summary="Get the tests between an experiment's conditions",
)
def show_comparison(request: UserRequest, experiment_id: PathId, narrowed: Query[SpineQuery]) -> ExperimentComparison:
    """The animal is the unit. Pairs of conditions by measure, then the effects that the stated design asks."""
    experiment = get_experiment(request.user, experiment_id)
    filters = filters_of(narrowed, experiment)
    found = comparison_of(experiment, filters)
    checks = checks_of(experiment, filters, found)
    return _shown(experiment.pk, found, effects_of_design(experiment, filters), checks)
