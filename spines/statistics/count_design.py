"""Densities of a stated design from counts: one Poisson model of all rows with the logarithm of length as offset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spines.statistics.adjusted import columns_of
from spines.statistics.contrasts import Estimate
from spines.statistics.design import AnimalFacts, Design
from spines.statistics.glmm import CountFit, Counts, fit_counts
from spines.statistics.mixed import groupings_of, is_known
from spines.statistics.types import SpineCount


@dataclass(frozen=True, kw_only=True)
class CountModel:
    """The fitted model: `components` are standard deviations of log densities by what varies beyond counting."""

    formula: str
    conditions: tuple[str, ...]
    components: dict[str, float]
    notes: tuple[str, ...]
    _fit: CountFit
    _columns: int

    def estimate(self, weights: Mapping[str, float]) -> Estimate | None:
        """A contrast of conditions, of logarithms; None where a condition is not in the model."""
        if not set(weights) <= set(self.conditions):
            return None
        return self._fit.estimate([*(weights.get(name, 0.0) for name in self.conditions), *([0.0] * self._columns)])


def fit_count_design(
    counts: Sequence[SpineCount], design: Design, facts: Mapping[str, AnimalFacts]
) -> CountModel | None:
    """Fit it to counts of animals, conditions and cells; None where there is no count in a condition.

    Random are the litter, the animal, its conditions where these are within animals, and the cell, so far as each has
    several rows to be told from; by maximum likelihood (`glmm.fit_counts`).
    """
    chosen = [row for row in counts if row.condition in design.conditions and row.animal and row.length_um > 0]
    known = [row for row in chosen if is_known(row.animal, design, facts)]
    has_cells = all(row.cell for row in known)
    sums: dict[tuple[str, str, str], tuple[float, float]] = {}
    for row in known:
        key = row.animal, row.condition, row.cell if has_cells else ""
        spines, um = sums.get(key, (0.0, 0.0))
        sums[key] = spines + row.spines, um + row.length_um
    keys = list(sums)
    conditions = tuple(name for name in design.ordered if any(condition == name for _, condition, _ in keys))
    if not keys:
        return None
    # One row a group is told from counting itself, whose variance is known: so no grouping is too fine.
    groupings: dict[str, list[Hashable]] = groupings_of(keys, len(keys) + 1, design, facts, has_cells=has_cells)
    columns = columns_of(design.covariates, [facts[animal] for animal, _, _ in keys]) if design.covariates else []
    x = np.column_stack([np.array([[c == name for name in conditions] for _, c, _ in keys], float), *columns])
    made = np.array([sums[key] for key in keys])
    fit = fit_counts(Counts(counts=made[:, 0], length=made[:, 1]), x, list(groupings.values()))
    if fit is None:
        return None
    fixed = " * ".join(factor.name for factor in design.factors)
    parts = [fixed, *(each.name for each in design.covariates), *(f"(1 | {name})" for name in groupings)]
    left_out = len({row.animal for row in chosen}) - len({row.animal for row in known})
    return CountModel(
        formula=f"spines ~ {' + '.join(parts)} + offset(log(length)), family = poisson",
        conditions=conditions,
        components=dict(zip(groupings, fit.sds.tolist(), strict=True)),
        notes=(f"Animals left out, as covariates or litter are not known: {left_out}.",) if left_out else (),
        _fit=fit,
        _columns=len(columns),
    )
