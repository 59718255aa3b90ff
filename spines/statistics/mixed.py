"""One mixed model for a whole design, as lme4 fits it: conditions fixed, animals and what nests in them random."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spines.statistics.adjusted import columns_of
from spines.statistics.contrasts import Estimate
from spines.statistics.design import AnimalFacts, Design
from spines.statistics.reml import MixedFit, fit_reml, members
from spines.statistics.types import Observation
from spines.vocabulary.numbers import listed

RESIDUAL = "residual"


@dataclass(frozen=True, kw_only=True)
class MixedModel:
    """The fitted model.

    `means` are of the conditions, in the measure's unit (at the mean of covariates). `components` are standard
    deviations by what varies, the last that of a row of mean weight. `formula` is in R's notation.
    """

    formula: str
    conditions: tuple[str, ...]
    means: dict[str, Estimate]
    covariates: dict[str, Estimate]
    components: dict[str, float]
    rows: int
    notes: tuple[str, ...]
    _fit: MixedFit

    def estimate(self, weights: Mapping[str, float]) -> Estimate | None:
        """A contrast of conditions by Kenward and Roger; None where a condition is not in the model."""
        if not set(weights) <= set(self.conditions):
            return None
        return self._fit.estimate(
            [*(weights.get(name, 0.0) for name in self.conditions), *(0.0 for _ in self.covariates)]
        )


def fit_design(
    observations: Sequence[Observation], design: Design, facts: Mapping[str, AnimalFacts], *, by_logs: bool = False
) -> MixedModel | None:
    """Fit it to rows, weighted by what each is a mean over; None where nothing varies.

    What cannot be told from the next finer grouping has no component: an animal of one row, a cell of one row. A
    component whose variance is estimated at zero stays in the model, so that the degrees of freedom know of it.
    Animals whose covariates or litter are not known are left out, and named.
    """
    known = [row for row in observations if is_known(row.animal, design, facts)]
    notes = []
    if left_out := sorted({row.animal for row in observations} - {row.animal for row in known}):
        notes.append(
            f"Left out, as covariates or litter are not known: {listed(left_out[:5])}{', …' * (len(left_out) > 5)}."
        )
    conditions = tuple(name for name in design.ordered if any(row.condition == name for row in known))
    if not known:
        return None
    has_cells = all(row.cell for row in known)
    finest = [(row.animal, row.condition, row.cell if has_cells else "") for row in known]
    rows = _Collapsed(known, finest, by_logs=by_logs)
    groupings = groupings_of(rows.keys, rows.rows, design, facts, has_cells=has_cells)
    covariates = (
        columns_of(design.covariates, [facts[animal] for animal, _, _ in rows.keys]) if design.covariates else []
    )
    x = np.column_stack(
        [np.array([[condition == name for name in conditions] for _, condition, _ in rows.keys], float), *covariates]
    )
    components = [*(members(_codes(of_rows)) for of_rows in groupings.values()), np.diag(1 / rows.weights)]
    fit = fit_reml(rows.values, x, components, within_squares=rows.within_squares, within_df=rows.within_df)
    if fit is None:
        return None
    unit = np.eye(x.shape[1])
    return MixedModel(
        formula=_formula(design, groupings, is_weighted=float(np.ptp([row.weight for row in known])) > 0),
        conditions=conditions,
        means={name: fit.estimate(unit[place]) for place, name in enumerate(conditions)},
        covariates={
            name: fit.estimate(unit[len(conditions) + place])
            for place, name in enumerate(_names(design, len(covariates)))
        },
        components=dict(zip((*groupings, RESIDUAL), np.sqrt(fit.variances).tolist(), strict=True)),
        rows=len(known),
        notes=tuple(notes),
        _fit=fit,
    )


class _Collapsed:
    """Rows of one animal, condition and cell as one, and what they varied by."""

    def __init__(self, rows: Sequence[Observation], finest: Sequence[tuple[str, str, str]], *, by_logs: bool) -> None:
        values = np.array([math.log(row.value) if by_logs else row.value for row in rows])
        weights = np.array([row.weight for row in rows], float)
        weights /= weights.mean()
        self.keys = list(dict.fromkeys(finest))
        places = {key: place for place, key in enumerate(self.keys)}
        codes = np.array([places[key] for key in finest], np.intp)
        self.weights = np.asarray(np.bincount(codes, weights), float)
        self.values = np.asarray(np.bincount(codes, weights * values) / self.weights, float)
        self.within_squares = float((weights * (values - self.values[codes]) ** 2).sum())
        self.within_df = len(rows) - len(self.keys)
        self.rows = len(rows)


def groupings_of(
    keys: Sequence[tuple[str, str, str]],
    rows: int,
    design: Design,
    facts: Mapping[str, AnimalFacts],
    *,
    has_cells: bool,
) -> dict[str, list[Hashable]]:
    """What varies at random, by its name: of each row the group that it is of, coarsest first.

    Parameters
    ----------
    keys : of each row its animal, condition and cell.
    rows : how many rows these stand for: a grouping of as many is the residual.
    """
    asked: dict[str, list[Hashable]] = {}
    if design.has_litters:
        asked["litter"] = [facts[animal].litter for animal, _, _ in keys]
    asked["animal"] = [animal for animal, _, _ in keys]
    if design.within:
        asked["animal:condition"] = [(animal, condition) for animal, condition, _ in keys]
    if has_cells:
        asked["animal:cell"] = [(animal, cell) for animal, _, cell in keys]
    kept: dict[str, list[Hashable]] = {}
    for name, of_rows in asked.items():
        codes = _codes(of_rows)
        if len(set(codes)) < rows and not any(_codes(other) == codes for other in kept.values()):
            kept[name] = of_rows
    return kept


def _codes(groups: Sequence[Hashable]) -> list[int]:
    places: dict[Hashable, int] = {}
    return [places.setdefault(group, len(places)) for group in groups]


def is_known(animal: str, design: Design, facts: Mapping[str, AnimalFacts]) -> bool:
    """The animal's covariates and litter are known, as far as the design has such."""
    found = facts.get(animal)
    if found is None:
        return not design.covariates and not design.has_litters
    return all(each.name in found.covariates for each in design.covariates) and bool(
        found.litter or not design.has_litters
    )


def _names(design: Design, columns: int) -> list[str]:
    names = []
    for covariate in design.covariates:
        names += [f"{covariate.name} {level}" for level in covariate.levels[1:]] or [covariate.name]
    return names[:columns]


def _formula(design: Design, groupings: Mapping[str, object], *, is_weighted: bool) -> str:
    fixed = " * ".join(factor.name for factor in design.factors)
    parts = [fixed, *(covariate.name for covariate in design.covariates), *(f"(1 | {name})" for name in groupings)]
    return f"value ~ {' + '.join(parts)}" + (", weights = n" if is_weighted else "")
