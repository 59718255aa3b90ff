"""What was tested, as rows of `comparison_dictionary`: for the files of the results page and of the package."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from spines.export.comparison_dictionary import EFFECTS, TESTS
from spines.selectors.results.comparison import Comparison
from spines.selectors.results.effects import DesignEffects
from spines.statistics.designed import DesignTest, EffectTest
from spines.statistics.types import Group, Interval, MeasureTest, PairTest


def test_rows(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    """A row a measure and pair, numbers unrounded and in the measure's unit (shares 0 to 1)."""
    for test in comparison.tests.values():
        for pair in test.pairs:
            yield tuple(_of_pair(test, pair)[column] for column in TESTS.header)


def effect_rows(effects: DesignEffects | None) -> Iterator[tuple[Any, ...]]:
    """A row a measure and effect; none without a design that asks any."""
    for test in effects.tests if effects else ():
        for effect in test.effects:
            yield tuple(_of_effect(test, effect)[column] for column in EFFECTS.header)


def contrast_rows(effects: DesignEffects | None) -> Iterator[tuple[Any, ...]]:
    """A row an effect and condition that it weighs."""
    for test in effects.tests[:1] if effects else ():
        for found in test.effects:
            for condition, weight in found.effect.weights.items():
                yield found.effect.label, condition, ", ".join(test.design.group(condition)), weight


def value_rows(comparison: Comparison) -> Iterator[tuple[Any, ...]]:
    """A row a measure, condition and animal: what goes into the tests."""
    for name, test in comparison.tests.items():
        for group in test.groups:
            for animal, value in group.animal_means.items():
                yield name, group.condition, animal, value


def _of_pair(test: MeasureTest, pair: PairTest) -> dict[str, Any]:
    return (
        vars(pair)
        | {"measure": test.measure, "family": test.family, "model": pair.model}
        | _of_group("first", test.group(pair.first))
        | _of_group("second", test.group(pair.second))
        | _ends("difference", pair.difference_interval)
        | _ends("ratio", pair.ratio_interval)
        | _ends("hedges_g", pair.hedges_g_interval)
        | {"notes": " ".join(test.notes)}
    )


def _of_group(side: str, group: Group) -> dict[str, Any]:
    return {f"{side}_{name}": getattr(group, name) for name in _GROUP}


_GROUP: Iterable[str] = ("animals", "cells", "dendrites", "spines", "mean", "sd")


def _of_effect(test: DesignTest, found: EffectTest) -> dict[str, Any]:
    return (
        vars(found)
        | {
            "measure": test.measure,
            "effect": found.effect.label,
            "kind": found.effect.kind.value,
            "model": test.formula or _how(test, found),
            "is_within_animals": found.effect.is_within_animals,
            "df": found.df if found.df is not None and math.isfinite(found.df) else None,
        }
        | _ends("value", found.interval)
        | _ends("ratio", found.ratio_interval)
    )


def _how(test: DesignTest, found: EffectTest) -> str:
    if found.p_value is None:
        return ""
    scale = ", logarithms" if test.by_logs else ", densities as ratios" if found.ratio is not None else ""
    adjusts = test.design.has_litters or (test.design.covariates and not found.effect.is_within_animals)
    return f"a variance for each group of animals{scale}{', covariates or litters taken in' * bool(adjusts)}"


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{name}_low_95": low, f"{name}_high_95": high}
