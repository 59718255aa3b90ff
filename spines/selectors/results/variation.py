"""How much animals, cells and dendrites of an experiment vary: what the next one is planned from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spines.models import Experiment
from spines.selectors.results.comparison import ComparedRows, compared_conditions, compared_rows, design_to_test
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.design import Design, Spread, plain_design
from spines.statistics.mixed import RESIDUAL, fit_design
from spines.statistics.planning import Variation
from spines.statistics.rows import groups_of, rates, usable
from spines.statistics.types import Observation
from spines.vocabulary.compared import DENSITY_WITHOUT, MATURITY, UNCERTAIN


@dataclass(frozen=True, kw_only=True)
class MeasuredVariation:
    """Of one measure. `mean` is of the first condition with animals, in the measure's unit."""

    variation: Variation
    mean: float
    condition: str
    animals: int
    cells: int
    rows: int
    knows_cells: bool
    """Cells are named and some animal has several; else what cells vary by is in the other two."""
    knows_dendrites: bool
    """Some animal has several rows, so what they vary by is apart from animals."""
    knows_responses: bool
    """The same animals stand in several conditions."""


def measured_variation(experiment: Experiment, measure: str) -> MeasuredVariation | None:
    """From all results that count: restricted maximum likelihood of values over their condition's mean.

    Parameters
    ----------
    measure : by the name of its test.

    Returns
    -------
    None where no condition has two animals, or nothing varies.
    """
    return _measured(experiment, ResultFilters(), measure, design_to_test(experiment))


@while_unchanged
def _measured(
    experiment: Experiment, filters: ResultFilters, measure: str, design: Design | None
) -> MeasuredVariation | None:
    conditions = compared_conditions(experiment, filters, design)
    rows = usable(_observations(compared_rows(experiment, filters), measure), conditions).observations
    means = {group.condition: group.mean for group in groups_of(rows, conditions) if group.mean}
    relative = [replace(row, value=row.value / mean) for row in rows if (mean := means.get(row.condition)) is not None]
    there = [name for name in conditions if name in means]
    animals = {name: {row.animal for row in relative if row.condition == name} for name in there}
    if not there or max(map(len, animals.values())) < 2:
        return None
    fitted = _fitted(design, there)
    model = fit_design(relative, fitted, {})
    if model is None or not any(model.components.values()):
        return None
    sds = dict(model.components)
    knows_cells = "animal:cell" in sds
    finest = sds.pop(RESIDUAL)
    several = len({(row.animal, row.condition) for row in relative}) < len(relative)
    every = {name for of_condition in animals.values() for name in of_condition}
    # Of one row an animal and condition what is left is how much changes differ; of one an animal, animals.
    of_animals, of_changes = (0.0, finest) if fitted.within else (finest, 0.0)
    variation = Variation(
        animals=sds.get("animal", 0.0 if several else of_animals),
        cells=sds.get("animal:cell", 0.0),
        dendrites=finest if several else 0.0,
        responses=sds.get("animal:condition", 0.0 if several else of_changes),
        rests_on=max(sum(map(len, animals.values())) - len(there), 1),
    )
    return MeasuredVariation(
        variation=variation,
        mean=means[there[0]] or 0.0,
        condition=there[0],
        animals=len(every),
        cells=len({(row.animal, row.cell) for row in relative if row.cell}),
        rows=len(relative),
        knows_cells=knows_cells,
        knows_dendrites=several,
        knows_responses="animal:condition" in sds or (bool(fitted.within) and not several),
    )


def _fitted(design: Design | None, conditions: list[str]) -> Design:
    """The design without what is not of interest here; of one condition one that has a second without animals."""
    if design is None or len(conditions) < len(design.conditions):
        named = conditions if len(conditions) > 1 else [*conditions, ""]
        return plain_design(named, within_animals=bool(design and design.within))
    return replace(design, covariates=(), has_litters=False, spread=Spread.COMMON, primary=None)


def planned_measures(experiment: Experiment) -> dict[str, bool]:
    """The measures that the experiment has values of, and whether each is compared by ratios."""
    return _with_values(experiment, ResultFilters())


@while_unchanged
def _with_values(experiment: Experiment, filters: ResultFilters) -> dict[str, bool]:
    rows = compared_rows(experiment, filters)
    names = dict.fromkeys([name for name in rows.counts if name != DENSITY_WITHOUT], True)
    return names | dict.fromkeys([name for name in rows.shares | rows.sizes if name != UNCERTAIN], False)


def _observations(rows: ComparedRows, measure: str) -> list[Observation]:
    if measure == MATURITY:
        return []
    if measure in rows.counts:
        return list(rates(rows.counts[measure]))
    return list((rows.shares | rows.sizes).get(measure, []))
