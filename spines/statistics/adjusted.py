"""Effects between groups of animals, adjusted for covariates and litters, each group with a variance of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spines.statistics.contrasts import Estimate
from spines.statistics.design import AnimalFacts, Covariate, Design
from spines.statistics.effects import Effect
from spines.statistics.litters import are_shared, fit_groups, too_few

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Adjusted:
    """An effect's estimate; without one why, where litters are the reason.

    `left_out` are animals of whom a covariate or the litter is not known.
    """

    estimate: Estimate | None = None
    left_out: list[str]
    because: str = ""


def adjusted(
    effect: Effect,
    numbers: Mapping[tuple[str, ...], Mapping[str, float]],
    design: Design,
    facts: Mapping[str, AnimalFacts],
) -> Adjusted:
    """One effect from one number an animal, by group of animals.

    Restricted maximum likelihood, a variance for each group and one of litters, Kenward and Roger's inference. What is
    constant within animals cancels in effects within them, so these have no covariates. There is no estimate where
    nothing is left to vary.
    """
    covariates = () if effect.is_within_animals else design.covariates
    names = [(group, name) for group, of_group in numbers.items() for name in of_group]
    unknown = [name for _, name in names if not _is_known(facts.get(name), covariates, has_litters=design.has_litters)]
    chosen = [(group, name) for group, name in names if name not in unknown]
    groups = list(numbers)
    if len({group for group, _ in chosen}) < len(groups):
        return Adjusted(left_out=unknown)
    columns = columns_of(covariates, [facts[name] for _, name in chosen] if covariates else [])
    of_group = [[name for at, name in chosen if at == group] for group in groups]
    litters = [[facts[name].litter for name in names] for names in of_group] if design.has_litters else []
    if are_shared(litters) and (few := too_few(litters)):
        return Adjusted(left_out=unknown, because=few)
    values = [[numbers[group][name] for name in names] for group, names in zip(groups, of_group, strict=True)]
    fit = fit_groups(values, litters, columns=columns)
    weights = [effect.between[group] for group in groups] + [0.0] * len(columns)
    return Adjusted(estimate=fit.estimate(weights) if fit else None, left_out=unknown)


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
