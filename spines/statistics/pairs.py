"""Two conditions compared, from one number an animal and from nothing else."""

from __future__ import annotations

import math
from dataclasses import replace

from spines.statistics.contrasts import Estimate, covariance_of_means, fieller, welch
from spines.statistics.rows import linearised
from spines.statistics.small_samples import (
    Permutation,
    hedges_g,
    hedges_g_of_differences,
    permute_animals,
    permute_differences,
)
from spines.statistics.types import LEAST_ANIMALS, Group, Interval, ModelKind, PairTest, Scale
from spines.vocabulary.numbers import in_words, listed

Values = list[float]

TOO_FEW = (
    f"With fewer than {LEAST_ANIMALS} animals in a group, differences between animals cannot be told from differences "
    "between conditions, however many spines there are."
)


def compare_pair(first: Group, second: Group, *, is_paired: bool = False, scale: Scale = Scale.PLAIN) -> PairTest:
    """The second condition against the first.

    Parameters
    ----------
    first, second : conditions with their animals' values.
    is_paired : the same name is the same animal; those in both are held against themselves, the others are left out.
    scale : see `types.Scale`.

    Notes
    -----
    Between animals: Welch's t, a variance for each condition. Within animals: Student's t of the differences. On the
    plain scale the interval of the ratio is Fieller's with the same quantile; on the others that of the difference
    follows from the ratio's, at the geometric mean of the two. So difference, ratio and p-value never contradict.
    """
    shown = PairTest(first=first.condition, second=second.condition, is_paired=is_paired)
    if first.mean is None or second.mean is None:
        missing = listed(group.condition for group in (first, second) if group.mean is None)
        return replace(shown, no_p_because=f"No p-value: no animal of {missing} has this measure.")
    values = _values(first, second, is_paired=is_paired)
    animals = (len(values[0]),) if is_paired else (first.animals, second.animals)
    shown = replace(
        shown,
        animals=animals,
        difference=second.mean - first.mean,
        ratio=second.mean / first.mean if first.mean > 0 and second.mean >= 0 else None,
    )
    if few := _too_few(first, second, animals, is_paired=is_paired):
        return replace(shown, no_p_because=few)
    difference, ratio = _means(values, scale)
    shown = replace(shown, difference=difference, ratio=ratio)
    if _estimate(values, is_paired=is_paired) is None:
        return replace(shown, no_p_because=_nothing_varies(is_paired=is_paired))
    exchanged = _scaled(values, Scale.LOGS) if scale is Scale.LOGS else values
    permuted = _permuted(exchanged, is_paired=is_paired)
    shown = replace(
        shown,
        permutation_p=permuted.p_value,
        permutation_is_exact=permuted.is_exact,
        permutation_least_p=permuted.least_p,
    )
    if none := [group.condition for group, of in zip((first, second), values, strict=True) if not any(of)]:
        return replace(
            shown,
            no_p_because=f"No p-value of a model: not one was found in {listed(none)}, and what is always zero does "
            "not vary as animals do. The permutation test stands.",
        )
    found = _estimate(_scaled(values, scale), is_paired=is_paired, is_plain=scale is Scale.PLAIN)
    if found is None:
        return replace(shown, no_p_because=_nothing_varies(is_paired=is_paired))
    effect = hedges_g_of_differences(_differences(exchanged)) if is_paired else hedges_g(*exchanged)
    of_difference, of_ratio = _intervals(values, found, 0.95, is_paired=is_paired, scale=scale)
    return replace(
        shown,
        kind=_KINDS[scale][is_paired],
        t=found.t,
        df=found.df,
        p_value=found.p_value,
        difference_interval=of_difference,
        ratio_interval=of_ratio,
        hedges_g=effect[0] if effect else None,
        hedges_g_interval=effect[1] if effect else None,
    )


def corrected(pair: PairTest, first: Group, second: Group, level: float) -> PairTest:
    """The same with its intervals at this confidence, by the model that gave its p-value."""
    if pair.p_value is None or pair.kind is None:
        return pair
    scale = scale_of(pair.kind)
    values = _values(first, second, is_paired=pair.is_paired)
    found = _estimate(_scaled(values, scale), is_paired=pair.is_paired, is_plain=scale is Scale.PLAIN)
    assert found is not None, "there is a p-value"
    of_difference, of_ratio = _intervals(values, found, level, is_paired=pair.is_paired, scale=scale)
    return replace(
        pair,
        corrected_level=level,
        difference_interval_corrected=of_difference,
        ratio_interval_corrected=of_ratio,
    )


_KINDS = {
    Scale.PLAIN: (ModelKind.ANIMALS, ModelKind.DIFFERENCES),
    Scale.RATES: (ModelKind.RATES, ModelKind.RATE_DIFFERENCES),
    Scale.LOGS: (ModelKind.LOGS, ModelKind.LOG_DIFFERENCES),
}
"""Between animals, and within."""


def scale_of(kind: ModelKind) -> Scale:
    """On which scale animals were compared."""
    return next(scale for scale, kinds in _KINDS.items() if kind in kinds)


def _values(first: Group, second: Group, *, is_paired: bool) -> tuple[Values, Values]:
    if not is_paired:
        return list(first.animal_means.values()), list(second.animal_means.values())
    both = [name for name in first.animal_means if name in second.animal_means]
    return [first.animal_means[name] for name in both], [second.animal_means[name] for name in both]


def _scaled(values: tuple[Values, Values], scale: Scale) -> tuple[Values, Values]:
    if scale is Scale.RATES:
        return linearised(values[0]), linearised(values[1])
    if scale is Scale.LOGS:
        return [math.log(value) for value in values[0]], [math.log(value) for value in values[1]]
    return values


def _differences(values: tuple[Values, Values]) -> Values:
    return [b - a for a, b in zip(*values, strict=True)]


def _too_few(first: Group, second: Group, animals: tuple[int, ...], *, is_paired: bool) -> str:
    if min(animals) >= LEAST_ANIMALS:
        return ""
    if is_paired:
        counts = f"{in_words(animals[0], 'animal')} in both {first.condition} and {second.condition}"
        is_one = animals[0] == 1
    else:
        few = [group for group in (first, second) if group.animals < LEAST_ANIMALS]
        counts = listed(f"{in_words(group.animals, 'animal')} of {group.condition}" for group in few)
        is_one = few[0].animals == 1
    return f"No p-value: there {'is' if is_one else 'are'} {counts}. {TOO_FEW}"


def _nothing_varies(*, is_paired: bool) -> str:
    if is_paired:
        return "No p-value: all animals change by the same, so there is nothing to hold the difference against."
    return (
        "No p-value: the animals of each condition all have the same value, so there is nothing to hold a difference "
        "against."
    )


def _estimate(values: tuple[Values, Values], *, is_paired: bool, is_plain: bool = True) -> Estimate | None:
    """None where nothing varies beyond rounding, which of logarithms is that of 1."""
    if is_paired:
        size = max((abs(value) for of in values for value in of), default=0.0)
        return welch([(1.0, _differences(values))], size=size if is_plain else max(size, 1.0))
    return welch([(-1.0, values[0]), (1.0, values[1])])


def _permuted(values: tuple[Values, Values], *, is_paired: bool) -> Permutation:
    if is_paired:
        return permute_differences(_differences(values))
    return permute_animals(*values)


def _means(values: tuple[Values, Values], scale: Scale) -> tuple[float, float | None]:
    """Difference and ratio of the animals that are compared."""
    of = _scaled(values, scale) if scale is Scale.LOGS else values
    low, high = (math.fsum(of_group) / len(of_group) for of_group in of)
    if scale is Scale.LOGS:
        low, high = math.exp(low), math.exp(high)
    return high - low, high / low if low > 0 and high >= 0 else None


def _intervals(
    values: tuple[Values, Values], found: Estimate, level: float, *, is_paired: bool, scale: Scale
) -> tuple[Interval | None, Interval | None]:
    """Of the difference and of the ratio."""
    interval = found.interval(level)
    if scale is not Scale.PLAIN:
        low, high = (math.fsum(of) / len(of) for of in _scaled(values, scale))
        middle = math.exp((low + high) / 2)
        at = [2 * middle * math.sinh(end / 2) for end in interval]
        return Interval(*at), Interval(math.exp(interval.low), math.exp(interval.high))
    alone = [welch([(1.0, of_group)]) for of_group in values]
    errors = [each.error if each else 0.0 for each in alone]
    low, high = (math.fsum(of_group) / len(of_group) for of_group in values)
    ratio = fieller(
        low,
        high,
        errors=(errors[0], errors[1]),
        covariance=covariance_of_means(*values) if is_paired else 0.0,
        quantile=found.quantile(level),
    )
    return interval, ratio
