"""What a stated design asks beyond its pairs of conditions: main effects, interactions, trends, covariates taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.core.cache import cache

from spines.models import Experiment
from spines.selectors.designs.facts import animal_facts
from spines.selectors.results.comparison import ComparedRows, compared_rows, design_to_test
from spines.selectors.results.filters import ResultFilters
from spines.statistics.count_design import CountModel
from spines.statistics.design import AnimalFacts, Design, DesignError, Spread
from spines.statistics.designed import DesignTest, analyse, analyse_counts
from spines.statistics.mixed import MixedModel
from spines.vocabulary.compared import DENSITY_WITHOUT, UNCERTAIN

_A_DAY_S = 24 * 3600
_COMPUTED = 5
"""Counts up with a change of how effects are computed."""


@dataclass(frozen=True, kw_only=True)
class DesignEffects:
    """Effects by measure, the primary measure's first. `fault` says why there are none though a design asks them."""

    primary: str
    tests: tuple[DesignTest, ...]
    fault: str = ""

    @property
    def how(self) -> str:
        """How effects were told, in words, with the model's formula in R's notation where there is one model."""
        if not self.tests:
            return ""
        first = self.tests[0]
        parts = ["covariates"] * bool(first.design.covariates) + ["litters"] * first.design.has_litters
        taken = f", {' and '.join(parts)} taken in" if parts else ""
        if first.design.spread is not Spread.COMMON:
            return (
                "An effect is one number an animal where the animal goes through several conditions, compared with a "
                f"variance for each group of animals{taken}; of densities, as in their pairs, by the logarithm of the "
                "ratio of means."
            )
        of_counts = next((test.formula for test in self.tests if isinstance(test.model, CountModel)), "")
        # What varies at random differs by measure: a maturity index is one number a cell, a size one a dendrite.
        means = [test for test in self.tests if isinstance(test.model, MixedModel)]
        of_means = max(
            (f"of {test.measure}: {test.formula}" for test in means), key=lambda said: said.count("|"), default=""
        )
        told = (
            f"Effects are told by one mixed model of all rows with one variance for the whole design{taken}"
            f"{f' ({of_means})' if of_means else ''}, with Kenward and Roger's standard errors and degrees of freedom "
            "(1997)"
        )
        if of_counts:
            told += (
                f"; of densities by one Poisson model of counts with the logarithm of length as offset ({of_counts}), "
                "by Laplace's approximation with Satterthwaite's degrees of freedom"
            )
        return f"{told}."


def asks_effects(design: Design) -> bool:
    """Whether a design asks more than its pairs of conditions tell.

    Several factors, amounts, covariates, litters, or one variance for the whole design.
    """
    return (
        len(design.factors) > 1
        or any(factor.amounts for factor in design.factors)
        or bool(design.covariates or design.has_litters)
        or design.spread is Spread.COMMON
    )


def effects_of_design(experiment: Experiment, filters: ResultFilters) -> DesignEffects | None:
    """Test the effects of the stated design, kept a day; None where none is stated or its pairs tell all."""
    design = design_to_test(experiment)
    if design is None or not asks_effects(design):
        return None
    primary = design.primary.measure if design.primary else ""
    rows, facts = compared_rows(experiment, filters), animal_facts(experiment)
    computed_from = repr((_COMPUTED, design, sorted(facts.items()), rows))
    key = "effects-" + hashlib.sha256(computed_from.encode()).hexdigest()
    tests: tuple[DesignTest, ...] | None = cache.get(key)
    if tests is None:
        try:
            tests = tuple(_analysed(rows, design, facts))
        except DesignError as error:
            return DesignEffects(primary=primary, tests=(), fault=error.sentence)
        cache.set(key, tests, _A_DAY_S)
    return DesignEffects(primary=primary, tests=tuple(sorted(tests, key=lambda test: test.measure != primary)))


def _analysed(rows: ComparedRows, design: Design, facts: Mapping[str, AnimalFacts]) -> Iterator[DesignTest]:
    """Each hypothesis once. Densities are compared as in their pairs: by ratios, from counts and lengths."""
    for name, counts in rows.counts.items():
        if name != DENSITY_WITHOUT:
            yield analyse_counts(name, counts, design, facts=facts)
    for name, observations in rows.ratios.items():
        yield analyse(name, observations, design, facts=facts, by_logs=True)
    for name, observations in (rows.shares | rows.sizes).items():
        if name != UNCERTAIN:
            yield analyse(name, observations, design, facts=facts)
