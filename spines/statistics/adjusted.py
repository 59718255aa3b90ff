"""Effects between groups of animals, adjusted for covariates and litters, each group with a variance of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from spines.statistics.contrasts import Estimate
from spines.statistics.design import AnimalFacts, Covariate, Design
from spines.statistics.effects import Effect
from spines.statistics.reml import fit_reml, members

Floats = npt.NDArray[np.float64]


def adjusted(
    effect: Effect,
    numbers: Mapping[tuple[str, ...], Mapping[str, float]],
    design: Design,
    facts: Mapping[str, AnimalFacts],
) -> tuple[Estimate | None, list[str]]:
    """One effect from one number an animal, by group of animals.

    Restricted maximum likelihood, a variance for each group and one of litters, Kenward and Roger's inference. What is
    constant within animals cancels in effects within them, so these have no covariates.

    Returns
    -------
    The estimate, or None where nothing is left to vary; and the animals that were left out because a covariate or their
    litter is not known.
    """
    covariates = () if effect.is_within_animals else design.covariates
    names = [(group, name) for group, of_group in numbers.items() for name in of_group]
    unknown = [name for _, name in names if not _is_known(facts.get(name), covariates, has_litters=design.has_litters)]
    chosen = [(group, name) for group, name in names if name not in unknown]
    groups = list(numbers)
    codes = np.array([groups.index(group) for group, _ in chosen], np.intp)
    if len(set(codes.tolist())) < len(groups):
        return None, unknown
    y = np.array([numbers[group][name] for group, name in chosen])
    columns = columns_of(covariates, [facts[name] for _, name in chosen] if covariates else [])
    x = np.column_stack([codes[:, None] == np.arange(len(groups)), *columns]).astype(float)
    spreads = [np.diag((codes == code).astype(float)) for code in range(len(groups))]
    litters = [members([facts[name].litter for _, name in chosen])] if design.has_litters else []
    if litters and _is_each_its_own(litters[0]):
        litters = []
    weights = [effect.between[group] for group in groups] + [0.0] * len(columns)
    fit = fit_reml(y, x, [*litters, *spreads], positive=len(spreads))
    return (fit.estimate(weights) if fit else None), unknown


def columns_of(covariates: tuple[Covariate, ...], facts: list[AnimalFacts]) -> list[Floats]:
    """Columns of the fixed effects, centred: numbers as they are, levels as indicators of all but the first."""
    found = []
    for covariate in covariates:
        values = [each.covariates[covariate.name] for each in facts]
        if covariate.levels:
            found += [np.array([value == level for value in values], float) for level in covariate.levels[1:]]
        else:
            found.append(np.array(values, float))
    return [column - column.mean() for column in found if np.ptp(column) > 0]


def _is_known(facts: AnimalFacts | None, covariates: tuple[Covariate, ...], *, has_litters: bool) -> bool:
    if facts is None:
        return not covariates and not has_litters
    return all(each.name in facts.covariates for each in covariates) and bool(facts.litter or not has_litters)


def _is_each_its_own(litter: Floats) -> bool:
    return bool((litter.sum(axis=1) == 1).all())
