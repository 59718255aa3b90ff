"""One number an animal for an effect: its contrast of what it goes through, and what can be exchanged among animals."""

from __future__ import annotations

import math
from collections.abc import Mapping

from spines.statistics.design import Design
from spines.statistics.effects import Effect, EffectKind
from spines.statistics.small_samples import Permutation, permute_animals, permute_differences, permute_strata

Numbers = Mapping[tuple[str, ...], Mapping[str, float]]
"""By group of animals, one number an animal."""


def are_finite(numbers: Numbers) -> bool:
    """No logarithm of 0 among them."""
    return all(math.isfinite(number) for of_group in numbers.values() for number in of_group.values())


def vary(numbers: Numbers, size: float) -> bool:
    """Whether animals of a group differ by more than what rounding leaves of values of this size."""
    return any(max(of.values()) - min(of.values()) > 1e-10 * size for of in numbers.values())


def animal_contrasts(
    effect: Effect, values: Mapping[str, Mapping[str, float]], design: Design
) -> dict[tuple[str, ...], dict[str, float]]:
    """By group of animals, each animal's sum over what it goes through, weighted; animals without one are left out."""
    conditions = {(design.group(name), design.within_levels(name)): name for name in design.conditions}
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for group in effect.between:
        parts = [(weight, values[conditions[group, levels]]) for levels, weight in effect.within.items()]
        names = [name for name in parts[0][1] if all(name in of_condition for _, of_condition in parts)]
        found[group] = {name: sum(weight * of[name] for weight, of in parts) for name in names}
    return found


def permuted_effect(effect: Effect, numbers: Numbers) -> Permutation | None:
    """The permutation test that the design admits; None where nothing can be exchanged under the null hypothesis.

    Within animals, on the average of their groups: an animal's contrast and its opposite are equally likely. Two groups
    held against each other: animals are dealt out to them. A main effect between animals over levels of others: animals
    are dealt out within each level of these. An interaction of factors between animals leaves nothing to exchange.
    """
    samples = {group: list(of_group.values()) for group, of_group in numbers.items()}
    if min(effect.between.values()) > 0:
        return _flipped(effect, samples) if effect.is_within_animals else None
    if len(samples) == 2:
        (first, second) = sorted(samples, key=lambda group: effect.between[group])
        return permute_animals(samples[first], samples[second])
    if effect.kind is not EffectKind.MAIN or effect.is_within_animals:
        return None
    low = [group for group in samples if effect.between[group] < 0]
    high = [group for group in samples if effect.between[group] > 0]
    strata = []
    for group in low:
        partner = [other for other in high if sum(a != b for a, b in zip(group, other, strict=True)) == 1]
        if len(partner) != 1:
            return None
        strata.append((samples[group], samples[partner[0]]))
    return permute_strata(strata)


def _flipped(effect: Effect, samples: Mapping[tuple[str, ...], list[float]]) -> Permutation:
    """Signs of animals' contrasts, each weighted so that their mean is the effect, however many its group has."""
    animals = sum(map(len, samples.values()))
    return permute_differences(
        [
            value * effect.between[group] * animals / len(of_group)
            for group, of_group in samples.items()
            for value in of_group
        ]
    )
