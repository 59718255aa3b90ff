"""Spines per µm from counts."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq
from statsmodels.genmod.families import NegativeBinomial, Poisson
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

from spines.statistics.types import FittedModel, ModelKind, Observation, SpineCount
from spines.vocabulary.densities import per_um

MOST_DISPERSION = 1e4


def rates(counts: Iterable[SpineCount]) -> Iterator[Observation]:
    """Spines per µm of each row, weighted by the length: an animal's mean is then its spines over its length."""
    for row in counts:
        density = per_um(row.spines, max(row.length_um, 0))
        yield Observation(
            condition=row.condition,
            animal=row.animal,
            cell=row.cell,
            value=math.nan if density is None else density,
            weight=row.length_um,
            spines=row.spines,
            dendrites=row.dendrites,
        )


def fit_counts(observations: Sequence[Observation], names: Sequence[str]) -> FittedModel | None:
    """Negative binomial regression of animals' counts on condition, with log(length) as offset.

    Totals of an animal, since its dendrites are no sample of their own. A count varies as a Poisson count does, and by
    τ² times its square as animals do: var(n) = μ + τ² μ². τ² is what makes Pearson's χ² its degrees of freedom, animals
    less conditions; 0 where counts vary no more than Poisson counts (Breslow 1984, doi:10.2307/2347661). So an animal
    of which much was traced does not outweigh the others, as it does where var(n) = φ μ: there, null experiments with
    unequal lengths gave p < 0.05 in 8 % of cases. None without degrees of freedom, or without a spine.
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
    counts = np.array([spines[key] for key in keys], float)
    design = np.array([[condition == name for name in counted] for condition, _ in keys], float)
    offset = np.log([length_um[key] for key in keys])

    def fit(dispersion: float) -> Any:
        family = NegativeBinomial(alpha=dispersion) if dispersion > 0 else Poisson()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PerfectSeparationWarning)  # animals alike: there is no τ² then
            return GLM(counts, design, family=family, offset=offset).fit()

    def excess(dispersion: float) -> float:
        return float(fit(dispersion).pearson_chi2) - df

    dispersion = 0.0
    if excess(0.0) > 0:
        most = 1.0
        while excess(most) > 0 and most < MOST_DISPERSION:
            most *= 4
        dispersion = float(brentq(excess, 0.0, most, xtol=1e-10)) if excess(most) <= 0 else most
    found = fit(dispersion)
    means = np.exp(found.params)
    errors = means * found.bse
    # A condition without a spine has no log: its density is zero and comes with no error.
    none = dict.fromkeys(set(names) - set(counted), 0.0)
    return FittedModel(
        kind=ModelKind.NEGATIVE_BINOMIAL,
        means=dict(zip(counted, means.tolist(), strict=True)) | none,
        standard_errors=dict(zip(counted, errors.tolist(), strict=True)) | none,
        df=df,
        dispersion=dispersion,
    )
