"""What a stated design asks: main effects, simple effects, interactions and trends, as weights of its conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from spines.statistics.design import Design, Factor

MOST_LEVELS_ALL_PAIRS = 4


class EffectKind(StrEnum):
    """What kind of question."""

    MAIN = "effect"
    SIMPLE = "effect at one level of the others"
    INTERACTION = "interaction"
    TREND = "trend"
    TREND_INTERACTION = "difference of trends"


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One contrast: `weights` by condition, which add up to 0; a trend's are per unit of the factor's amounts.

    `between` are the weights of the groups of animals (by their levels of factors between animals) and `within` those
    of what each animal goes through (by its levels of factors within animals): a condition's weight is their product.
    """

    label: str
    kind: EffectKind
    factors: tuple[str, ...]
    between: Mapping[tuple[str, ...], float]
    within: Mapping[tuple[str, ...], float]
    weights: Mapping[str, float]

    @property
    def is_within_animals(self) -> bool:
        """Animals are held against themselves: what they have in common cancels."""
        return abs(sum(self.within.values())) < 1e-9 and bool(self.within)


def effects_of(design: Design) -> list[Effect]:
    """All contrasts of a design whose conditions are there, main effects first.

    One factor: each level against the control, and of at most four levels all pairs. Several: the same averaged over
    the others where these are crossed, then at each combination of the others' levels, then interactions of two
    factors. Of a factor with amounts: its straight trend, and where there is another factor, differences of trends.
    """
    return [effect for weights in _asked(design) if (effect := _made(design, *weights)) is not None]


Parts = dict[str, dict[str, float]]
"""Weights of a factor's levels, by factor."""


def _asked(design: Design) -> Iterator[tuple[str, EffectKind, tuple[str, ...], Parts]]:
    several = len(design.factors) > 1
    for factor in design.factors:
        others = [other for other in design.factors if other is not factor]
        for low, high in _pairs(factor, all_pairs=not several):
            step = {factor.name: {low: -1.0, high: 1.0}}
            yield f"{factor.name}: {high} − {low}", EffectKind.MAIN, (factor.name,), step | _averaged(others)
        if factor.amounts:
            yield (
                f"trend over {factor.name}",
                EffectKind.TREND,
                (factor.name,),
                {factor.name: _slope(factor)} | _averaged(others),
            )
    if not several:
        return
    for factor in design.factors:
        others = [other for other in design.factors if other is not factor]
        for low, high in _pairs(factor, all_pairs=False):
            for levels in _combinations(others):
                fixed = {name: {level: 1.0} for name, level in levels.items()}
                yield (
                    f"{factor.name}: {high} − {low}, {', '.join(levels.values())}",
                    EffectKind.SIMPLE,
                    (factor.name,),
                    {factor.name: {low: -1.0, high: 1.0}} | fixed,
                )
    for one, other in combinations(design.factors, 2):
        rest = _averaged([factor for factor in design.factors if factor is not one and factor is not other])
        for low, high in _pairs(one, all_pairs=False):
            steps = {low: -1.0, high: 1.0}
            for below, above in _pairs(other, all_pairs=False):
                label = f"{one.name} × {other.name}"
                if len(one.levels) > 2 or len(other.levels) > 2:
                    label += f": {high} − {low} at {above} − {below}"
                parts: Parts = {one.name: steps, other.name: {below: -1.0, above: 1.0}} | rest
                yield label, EffectKind.INTERACTION, (one.name, other.name), parts
        for of_trend, by in ((one, other), (other, one)):
            if of_trend.amounts:
                for low, high in _pairs(by, all_pairs=False):
                    contrasted: Parts = {of_trend.name: _slope(of_trend), by.name: {low: -1.0, high: 1.0}} | rest
                    label = f"trend over {of_trend.name}: {high} − {low}"
                    yield label, EffectKind.TREND_INTERACTION, (of_trend.name, by.name), contrasted


def _pairs(factor: Factor, *, all_pairs: bool) -> list[tuple[str, str]]:
    if all_pairs and len(factor.levels) <= MOST_LEVELS_ALL_PAIRS:
        return list(combinations((factor.reference, *factor.others), 2))
    return [(factor.reference, level) for level in factor.others]


def _averaged(factors: list[Factor]) -> Parts:
    return {factor.name: dict.fromkeys(factor.levels, 1 / len(factor.levels)) for factor in factors}


def _slope(factor: Factor) -> dict[str, float]:
    """Weights whose sum with the levels' means is the slope of the least-squares line over the amounts."""
    mean = sum(factor.amounts) / len(factor.amounts)
    squares = sum((amount - mean) ** 2 for amount in factor.amounts)
    return {level: (amount - mean) / squares for level, amount in zip(factor.levels, factor.amounts, strict=True)}


def _combinations(factors: list[Factor]) -> Iterator[dict[str, str]]:
    if not factors:
        yield {}
        return
    for level in factors[0].levels:
        for rest in _combinations(factors[1:]):
            yield {factors[0].name: level} | rest


def _made(design: Design, label: str, kind: EffectKind, factors: tuple[str, ...], parts: Parts) -> Effect | None:
    """None where a condition that the effect needs is not there."""
    of_groups = _products([parts[factor.name] for factor in design.between])
    of_animals = _products([parts[factor.name] for factor in design.within])
    conditions = {
        (design.group(condition), design.within_levels(condition)): condition for condition in design.conditions
    }
    weights: dict[str, float] = {}
    for group, of_group in of_groups.items():
        for levels, of_levels in of_animals.items():
            if (group, levels) not in conditions:
                return None
            weights[conditions[group, levels]] = of_group * of_levels
    return Effect(label=label, kind=kind, factors=factors, between=of_groups, within=of_animals, weights=weights)


def _products(parts: list[dict[str, float]]) -> dict[tuple[str, ...], float]:
    found: dict[tuple[str, ...], float] = {(): 1.0}
    for of_factor in parts:
        found = {
            (*levels, level): so_far * weight
            for levels, so_far in found.items()
            for level, weight in of_factor.items()
            if weight
        }
    return found
