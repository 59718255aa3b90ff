"""A mixed model of aggregated rows: fixed conditions, random animals, random cells within animals.

    value of an observation = mean of its condition + animal + cell + residual,   residual variance σ² / weight

by restricted maximum likelihood, with statsmodels' MixedLM. Rows times √weight make its plain residuals weighted ones,
as `weights` do in lme4 (Bates et al. 2015, doi:10.18637/jss.v067.i01): for means over spines that is the model of the
spines themselves.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from statsmodels.regression.mixed_linear_model import MixedLM, VCSpec

from spines.statistics.nested import MOST_VARIANCE_RATIO, Codes, Floats, Nested, Nesting
from spines.statistics.types import FittedModel, ModelKind

LEAST_VARIANCE_RATIO = 1e-6
"""Of a component to the residual: below it, it counts as zero."""
MOST_DISAGREEMENT = 1e-3
"""Of the variance ratios by two searches, relative: more, and the fit has not converged."""

NO_REPEATS = "no animal has more than one observation"
UNNAMED_CELLS = "some observations name no cell"
CELLS_LIKE_ANIMALS = "no animal has more than one cell"
CELLS_LIKE_ROWS = "no cell has more than one observation"
NO_CELL_VARIANCE = "cells of an animal were estimated to vary no more than their dendrites do"
NO_ANIMAL_VARIANCE = "animals were estimated to vary no more than what is within them does"
NO_RESIDUAL = "what lies within an animal or cell hardly varies"
NOT_CONVERGED = "the fuller model did not converge"


def fit_model(rows: Nesting, names: Sequence[str]) -> FittedModel | None:
    """Fit the fullest model that the rows allow; `names` are those of the condition codes.

    Cells are left out where they cannot be told from animals or observations, or do not vary. Where animals do not
    vary beyond what is within them, or have one observation each, their means are compared by a linear model: in a
    balanced design the mixed model does the same, and never does it take observations for animals. Degrees of freedom
    are animals less conditions (Schluchter & Elashoff 1990, doi:10.1080/00949659008811295; the rule of nlme for what
    varies between groups, Pinheiro & Bates 2000 §2.4.2). None where nothing varies between the animals of a condition,
    or there are no degrees of freedom.
    """
    df = int(rows.animals.max()) + 1 - len(names)
    means = rows.animal_means()
    if df < 1 or not _vary(means, rows.animal_conditions):
        return None
    if len(rows.values) == len(means):
        return _animal_means(rows, names, df, NO_REPEATS)
    why = _without_cells(rows)
    if not why:
        fuller = _mixed(rows, rows.cells, names, df, "")
        if isinstance(fuller, FittedModel):
            return fuller
        if fuller is NO_ANIMAL_VARIANCE:
            return _animal_means(rows, names, df, fuller)
        why = fuller
    lesser = _mixed(rows, None, names, df, why)
    return lesser if isinstance(lesser, FittedModel) else _animal_means(rows, names, df, lesser)


def _vary(means: Floats, conditions: Codes) -> bool:
    centres = np.bincount(conditions, means) / np.bincount(conditions)
    return bool(np.abs(means - centres[conditions]).max() > 1e-10 * np.abs(means).max())


def _without_cells(rows: Nesting) -> str:
    """Why cells can have no variance of their own; empty where they can."""
    if rows.cells is None:
        return UNNAMED_CELLS
    cells = int(rows.cells.max()) + 1
    if cells == int(rows.animals.max()) + 1:
        return CELLS_LIKE_ANIMALS
    return CELLS_LIKE_ROWS if cells == len(rows.values) else ""


def _mixed(rows: Nesting, cells: Codes | None, names: Sequence[str], df: int, why: str) -> FittedModel | str:
    """The mixed model, or why there is none: a variance of zero, or no convergence."""
    nested = Nested(rows, cells)
    start = nested.likeliest()
    if cells is not None and start[1] < LEAST_VARIANCE_RATIO:
        return NO_CELL_VARIANCE
    if start[0] < LEAST_VARIANCE_RATIO:
        return NO_ANIMAL_VARIANCE
    if max(start) > 0.9 * MOST_VARIANCE_RATIO:
        return NO_RESIDUAL
    found = _variance_ratios(rows, cells, start)
    if found is None or not np.allclose(found, start, rtol=MOST_DISAGREEMENT):
        return NOT_CONVERGED
    # statsmodels' own standard errors carry the covariance of means and variances as well, which is zero in
    # expectation; lme4 and nlme leave it out, and so do these.
    estimates = nested.at(*found)
    variance = estimates.residual_variance
    return FittedModel(
        kind=ModelKind.ANIMAL if cells is None else ModelKind.ANIMAL_AND_CELL,
        means=dict(zip(names, estimates.means.tolist(), strict=True)),
        standard_errors=dict(zip(names, np.sqrt(variance * estimates.variance_ratios).tolist(), strict=True)),
        df=df,
        animal_sd=math.sqrt(found[0] * variance),
        cell_sd=None if cells is None else math.sqrt(found[1] * variance),
        residual_sd=math.sqrt(variance),
        why=why,
    )


def _variance_ratios(rows: Nesting, cells: Codes | None, start: tuple[float, float]) -> tuple[float, float] | None:
    """Variances of animals and cells over the residual one, by MixedLM from `start`; None where it ends nowhere.

    Its likelihood loops over animals in Python: from a start that is the maximum, it takes one step, not a hundred.
    """
    order = np.argsort(rows.animals, kind="stable")
    animals = rows.animals[order]
    values = (rows.values[order] - rows.values.mean()) / rows.values.std()  # tolerances are absolute, units are not
    roots = np.sqrt(rows.weights[order] / rows.weights.mean())
    conditions = rows.conditions[order][:, None] == np.arange(int(rows.conditions.max()) + 1)
    components = None
    if cells is not None:
        parts = np.split(np.arange(len(animals)), np.flatnonzero(np.diff(animals)) + 1)
        designs = [(cells[order[part], None] == np.unique(cells[order[part]])) * roots[part, None] for part in parts]
        components = VCSpec(["cell"], [[[str(n) for n in range(part.shape[1])] for part in designs]], [designs])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of variances near zero, which were looked at before
        model = MixedLM(values * roots, conditions * roots[:, None], animals, roots[:, None], exog_vc=components)
        try:
            fit = model.fit(reml=True, method=["lbfgs", "powell"], start_params=np.sqrt(start[: 1 + bool(components)]))
        except np.linalg.LinAlgError:
            return None
    found = float(fit.cov_re[0, 0] / fit.scale), float(fit.vcomp[0] / fit.scale) if components else 0.0
    return found if fit.converged and all(map(math.isfinite, found)) else None


def _animal_means(rows: Nesting, names: Sequence[str], df: int, why: str) -> FittedModel:
    """Student's comparison of animals, each of which counts once."""
    values, conditions = rows.animal_means(), rows.animal_conditions
    animals = np.bincount(conditions)
    means = np.bincount(conditions, values) / animals
    residual_sd = math.sqrt(float(((values - means[conditions]) ** 2).sum()) / df)
    return FittedModel(
        kind=ModelKind.ANIMAL_MEANS,
        means=dict(zip(names, means.tolist(), strict=True)),
        standard_errors=dict(zip(names, (residual_sd / np.sqrt(animals)).tolist(), strict=True)),
        df=df,
        residual_sd=residual_sd,
        why=why,
    )
