"""Spines per µm from counts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from spines.statistics.types import FittedModel, ModelKind, Observation, SpineCount


def rates(counts: Iterable[SpineCount]) -> Iterator[Observation]:
    """Spines per µm of each row, weighted by the length: an animal's mean is then its spines over its length."""
    for row in counts:
        yield Observation(
            condition=row.condition,
            animal=row.animal,
            cell=row.cell,
            value=row.spines / row.length_um if row.length_um > 0 else math.nan,
            weight=row.length_um,
            spines=row.spines,
            dendrites=row.dendrites,
        )


def fit_counts(observations: Sequence[Observation], names: Sequence[str]) -> FittedModel | None:
    """Poisson regression of animals' counts on condition with log(length) as offset and a free dispersion.

    Totals of an animal, since its dendrites are no sample of their own. The dispersion is Pearson's χ² over animals
    less conditions, which carries how much animals differ (McCullagh & Nelder 1989, §6.2.3); below 1 it counts as 1,
    for counts are taken to vary by no less than a Poisson count does. None without degrees of freedom, or without a
    spine.
    """
    spines: dict[tuple[str, str], float] = {}
    length_um: dict[tuple[str, str], float] = {}
    for row in observations:
        if row.condition in names:
            key = row.condition, row.animal
            spines[key] = spines.get(key, 0) + (row.spines or 0)
            length_um[key] = length_um.get(key, 0) + row.weight
    counted = [name for name in names if any(n for (condition, _), n in spines.items() if condition == name)]
    keys = [key for key in spines if key[0] in counted]
    df = len(keys) - len(counted)
    if not counted or df < 1:
        return None
    design = np.array([[condition == name for name in counted] for condition, _ in keys], float)
    model = GLM(
        np.array([spines[key] for key in keys], float),
        design,
        family=Poisson(),
        offset=np.log([length_um[key] for key in keys]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # animals alike: the dispersion below sees to it
        fit = model.fit()
    dispersion = float(fit.pearson_chi2) / df
    means = np.exp(fit.params)
    errors = means * fit.bse * math.sqrt(max(dispersion, 1.0))
    # A condition without a spine has no log: its density is zero and comes with no error.
    none = dict.fromkeys(set(names) - set(counted), 0.0)
    return FittedModel(
        kind=ModelKind.QUASI_POISSON,
        means=dict(zip(counted, means.tolist(), strict=True)) | none,
        standard_errors=dict(zip(counted, errors.tolist(), strict=True)) | none,
        df=df,
        dispersion=dispersion,
    )
