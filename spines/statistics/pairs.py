"""Two conditions compared, from one number an animal and from nothing else."""

from __future__ import annotations

import math
from dataclasses import replace

from spines.statistics.contrasts import Estimate, covariance_of_means, fieller, welch
from spines.statistics.small_samples import (
    Permutation,
    hedges_g,
    hedges_g_of_differences,
    permute_animals,
    permute_differences,
)
from spines.statistics.types import LEAST_ANIMALS, Group, Interval, ModelKind, PairTest
from spines.vocabulary.numbers import in_words, listed

Values = list[float]


def compare_pair(first: Group, second: Group, *, is_paired: bool = False, by_logs: bool = False) -> PairTest:
    """The second condition against the first.

    Parameters
    ----------
    first, second : conditions with their animals' values.
    is_paired : the same name is the same animal; those in both are held against themselves, the others are left out.
    by_logs : compare logarithms, so that the ratio is what is estimated; values above zero.

    Notes
    -----
    Between animals: Welch's t, a variance for each condition. Within animals: Student's t of the differences. The
    interval of the ratio is Fieller's with the same quantile, so difference, ratio and p-value never contradict.
    """
    shown = PairTest(first=first.condition, second=second.condition, is_paired=is_paired)
    if first.mean is None or second.mean is None:
        missing = listed(group.condition for group in (first, second) if group.mean is None)
        return replace(shown, no_p_because=f"No p-value: no animal of {missing} has this measure.")
    both = [name for name in first.animal_means if name in second.animal_means] if is_paired else []
    values = (
        ([first.animal_means[name] for name in both], [second.animal_means[name] for name in both])
        if is_paired
        else (list(first.animal_means.values()), list(second.animal_means.values()))
    )
    animals = (len(both),) if is_paired else (first.animals, second.animals)
    shown = replace(
        shown,
        animals=animals,
        difference=second.mean - first.mean,
        ratio=second.mean / first.mean if first.mean > 0 and second.mean >= 0 else None,
    )
    if few := _too_few(first, second, animals, is_paired=is_paired):
        return replace(shown, no_p_because=few)
    logs = [[math.log(value) for value in of_group] for of_group in values] if by_logs else None
    compared = (logs[0], logs[1]) if logs else values
    difference, ratio = _means(compared, by_logs=by_logs)
    shown = replace(shown, difference=difference, ratio=ratio)
    found = _estimate(compared, is_paired=is_paired)
    permuted = _permuted(compared, is_paired=is_paired)
    none = [group.condition for group, of_group in zip((first, second), values, strict=True) if not any(of_group)]
    if found is not None and not (none and not by_logs):
        of_difference, of_ratio = _intervals(values, found, 0.95, is_paired=is_paired, by_logs=by_logs)
        shown = replace(
            shown,
            kind=_kind(is_paired=is_paired, by_logs=by_logs),
            t=found.t,
            df=found.df,
            p_value=found.p_value,
            difference_interval=of_difference,
            ratio_interval=of_ratio,
        )
    elif found is None:
        return replace(shown, no_p_because=_nothing_varies(is_paired=is_paired))
    else:
        shown = replace(
            shown,
            no_p_because=f"No p-value of a model: not one was found in {listed(none)}, and what is always zero does "
            "not vary as animals do. The permutation test stands.",
        )
    effect = (
        hedges_g_of_differences([b - a for a, b in zip(*compared, strict=True)]) if is_paired else hedges_g(*compared)
    )
    return replace(
        shown,
        hedges_g=effect[0] if effect and shown.p_value is not None else None,
        hedges_g_interval=effect[1] if effect and shown.p_value is not None else None,
        permutation_p=permuted.p_value,
        permutation_is_exact=permuted.is_exact,
        permutation_least_p=permuted.least_p,
    )


def corrected(pair: PairTest, first: Group, second: Group, level: float) -> PairTest:
    """The same with its intervals at this confidence, by the model that gave its p-value."""
    if pair.p_value is None or pair.kind is None:
        return pair
    by_logs = pair.kind in (ModelKind.LOGS, ModelKind.LOG_DIFFERENCES)
    names = [n for n in first.animal_means if n in second.animal_means] if pair.is_paired else None
    values = (
        [first.animal_means[n] for n in names] if names else list(first.animal_means.values()),
        [second.animal_means[n] for n in names] if names else list(second.animal_means.values()),
    )
    compared = tuple([math.log(v) for v in of_group] for of_group in values) if by_logs else values
    found = _estimate((compared[0], compared[1]), is_paired=pair.is_paired)
    assert found is not None, "there is a p-value"
    of_difference, of_ratio = _intervals(values, found, level, is_paired=pair.is_paired, by_logs=by_logs)
    return replace(
        pair,
        corrected_level=level,
        difference_interval_corrected=of_difference,
        ratio_interval_corrected=of_ratio,
    )


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
    return (
        f"No p-value: there {'is' if is_one else 'are'} {counts}. With fewer than {LEAST_ANIMALS} animals in a group, "
        "differences between animals cannot be told from differences between conditions, however many spines there are."
    )


def _nothing_varies(*, is_paired: bool) -> str:
    if is_paired:
        return "No p-value: all animals change by the same, so there is nothing to hold the difference against."
    return (
        "No p-value: the animals of each condition all have the same value, so there is nothing to hold a difference "
        "against."
    )


def _kind(*, is_paired: bool, by_logs: bool) -> ModelKind:
    if is_paired:
        return ModelKind.LOG_DIFFERENCES if by_logs else ModelKind.DIFFERENCES
    return ModelKind.LOGS if by_logs else ModelKind.ANIMALS


def _estimate(values: tuple[Values, Values], *, is_paired: bool) -> Estimate | None:
    if is_paired:
        return welch([(1.0, [b - a for a, b in zip(*values, strict=True)])])
    return welch([(-1.0, values[0]), (1.0, values[1])])


def _permuted(values: tuple[Values, Values], *, is_paired: bool) -> Permutation:
    if is_paired:
        return permute_differences([b - a for a, b in zip(*values, strict=True)])
    return permute_animals(*values)


def _means(compared: tuple[Values, Values], *, by_logs: bool) -> tuple[float, float | None]:
    """Difference and ratio of the animals that are compared."""
    low, high = (math.fsum(of_group) / len(of_group) for of_group in compared)
    if by_logs:
        low, high = math.exp(low), math.exp(high)
    return high - low, high / low if low > 0 and high >= 0 else None


def _intervals(
    values: tuple[Values, Values], found: Estimate, level: float, *, is_paired: bool, by_logs: bool
) -> tuple[Interval | None, Interval | None]:
    """Of the difference and of the ratio."""
    interval = found.interval(level)
    if by_logs:
        return None, Interval(math.exp(interval.low), math.exp(interval.high))
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
