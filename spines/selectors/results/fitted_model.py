"""One mixed model of the measure that an experiment asks of: estimates of conditions, and what varies by how much."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.cache import cache

from spines.models import Experiment
from spines.selectors.designs.facts import animal_facts
from spines.selectors.results.comparison import compared_conditions, compared_rows, design_to_test
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.unchanged import while_unchanged
from spines.statistics.contrasts import Estimate
from spines.statistics.count_design import fit_count_design
from spines.statistics.design import AnimalFacts, Design, Spread, plain_design
from spines.statistics.mixed import fit_design
from spines.statistics.types import Observation, SpineCount
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import count

_A_DAY_S = 24 * 3600
MOST_CELLS = 400
"""Of all animals together: the model's matrices have so many rows."""


@dataclass(frozen=True, kw_only=True)
class FittedModel:
    """With one variance for the whole design, by (restricted) maximum likelihood.

    Attributes
    ----------
    is_of_logarithms : means and standard deviations are of logarithms: of densities (spines per µm), of the maturity
        index.
    means : by condition, at the mean of covariates.
    covariates : their slopes, or what a level differs from the first.
    components : standard deviations by what varies; of a density beyond what counting itself varies by.
    is_tested : the design's effects are told by this model.
    """

    measure: str
    formula: str
    is_of_logarithms: bool
    means: dict[str, Estimate]
    covariates: dict[str, Estimate]
    components: dict[str, float]
    is_tested: bool


@dataclass(frozen=True)
class TooLarge:
    """There are more cells than `MOST_CELLS`."""

    cells: int

    def __str__(self) -> str:
        return (
            "One mixed model of the whole design, with its variance components, is not given: it would have a row a "
            f"cell, {count(self.cells)} in all, and is fitted to at most {count(MOST_CELLS)}. Tests do not rest on it. "
            "spines.csv of the package has what lme4 needs for it."
        )


def fitted_model(experiment: Experiment, filters: ResultFilters) -> FittedModel | TooLarge | None:
    """Of the primary measure, of density where none is named, kept a day, and while nothing changes.

    None where two conditions have no values, or nothing varies.
    """
    facts = animal_facts(experiment)
    return _model(experiment, filters, design_to_test(experiment), sorted(facts.items()))


@while_unchanged
def _model(
    experiment: Experiment, filters: ResultFilters, stated: Design | None, of_animals: Sequence[tuple[str, AnimalFacts]]
) -> FittedModel | TooLarge | None:
    conditions = compared_conditions(experiment, filters, stated)
    if len(conditions) < 2:
        return None
    measure = stated.primary.measure if stated and stated.primary else DENSITY
    rows = compared_rows(experiment, filters)
    counts = rows.counts.get(measure, [])
    observations = (rows.ratios | rows.shares | rows.sizes).get(measure, [])
    cells = len({(row.animal, row.condition, row.cell) for row in counts or observations})
    if cells > MOST_CELLS:
        return TooLarge(cells)
    design = stated if stated and set(stated.conditions) == set(conditions) else plain_design(conditions)
    facts = dict(of_animals)
    computed_from = repr((design, of_animals, measure, counts, observations))
    key = "model-" + hashlib.sha256(computed_from.encode()).hexdigest()
    known: tuple[FittedModel | None] | None = cache.get(key)
    if known is None:
        known = (_fitted(measure, design, facts, counts, observations, by_logs=measure in rows.ratios),)
        cache.set(key, known, _A_DAY_S)
    return known[0]


def _fitted(
    measure: str,
    design: Design,
    facts: Mapping[str, AnimalFacts],
    counts: Sequence[SpineCount],
    observations: Sequence[Observation],
    *,
    by_logs: bool,
) -> FittedModel | None:
    is_tested, common = design.spread is Spread.COMMON, replace(design, spread=Spread.COMMON)
    if counts:
        of_counts = fit_count_design(counts, common, facts)
        if of_counts is None:
            return None
        means = {name: found for name in of_counts.conditions if (found := of_counts.estimate({name: 1.0}))}
        formula, covariates, components = of_counts.formula, {}, of_counts.components
    else:
        model = fit_design(
            [row for row in observations if row.condition in common.conditions], common, facts, by_logs=by_logs
        )
        if model is None:
            return None
        means, formula, covariates, components = model.means, model.formula, model.covariates, model.components
    return FittedModel(
        measure=measure,
        formula=formula,
        is_of_logarithms=bool(counts) or by_logs,
        means=means,
        covariates=covariates,
        components=components,
        is_tested=is_tested,
    )
