"""Two conditions compared, from one number an animal and from nothing else."""

from __future__ import annotations

from dataclasses import replace

from spines.statistics.litters import too_few
from spines.statistics.pair_estimates import ComparedAnimals, Values, compared_animals, differences
from spines.statistics.small_samples import (
    Permutation,
    hedges_g,
    hedges_g_of_differences,
    permute_animals,
    permute_differences,
)
from spines.statistics.types import LEAST_ANIMALS, Group, ModelKind, PairTest, Scale
from spines.vocabulary.numbers import in_words, listed

TOO_FEW = (
    f"With fewer than {LEAST_ANIMALS} animals in a group, differences between animals cannot be told from differences "
    "between conditions, however many spines there are."
)


def compare_pair(
    first: Group, second: Group, *, is_paired: bool = False, scale: Scale = Scale.PLAIN, permutes: bool = True
) -> PairTest:
    """The second condition against the first.

    Parameters
    ----------
    first, second : conditions with their animals' values, and their litters where those are taken in.
    is_paired : the same name is the same animal; those in both are held against themselves, the others are left out.
    scale : see `types.Scale`.
    permutes : give a permutation p-value too, which takes far longer than all else.

    Notes
    -----
    Between animals: Welch's t, a variance for each condition. Within animals: Student's t of the differences. Where
    animals share litters: the same by restricted maximum likelihood with a variance of litters (`litters.fit_groups`).
    On the plain scale the interval of the ratio is Fieller's with the same quantile; on the others that of the
    difference follows from the ratio's, at the geometric mean of the two. So difference, ratio and p-value never
    contradict.
    """
    shown = PairTest(first=first.condition, second=second.condition, is_paired=is_paired)
    of = compared_animals(first, second, is_paired=is_paired)
    if first.mean is None or second.mean is None or not all(of.values):
        return _of_nothing(shown, first, second, of)
    animals = (len(of.values[0]),) if is_paired else (len(of.values[0]), len(of.values[1]))
    shown = replace(
        shown,
        takes_litters=bool(of.litters),
        animals=animals,
        difference=second.mean - first.mean,
        ratio=second.mean / first.mean if first.mean > 0 and second.mean >= 0 else None,
    )
    if few := _too_few(first, second, animals, is_paired=is_paired) or (too_few(of.litters) if of.litters else ""):
        return replace(shown, no_p_because=few)
    difference, ratio = of.raw(scale)
    shown = replace(shown, difference=difference, ratio=ratio)
    if not of.vary:
        return replace(shown, no_p_because=_nothing_varies(is_paired=is_paired))
    exchanged = of.scaled(scale) if scale is Scale.LOGS else of.values
    if permutes and not of.litters:
        permuted = _permuted(exchanged, is_paired=is_paired)
        shown = replace(
            shown,
            permutation_p=permuted.p_value,
            permutation_is_exact=permuted.is_exact,
            permutation_least_p=permuted.least_p,
        )
    if none := [group.condition for group, values in zip((first, second), of.values, strict=True) if not any(values)]:
        stands = "" if of.litters else " The permutation test stands."
        return replace(
            shown,
            no_p_because=f"No p-value of a model: not one was found in {listed(none)}, and what is always zero does "
            f"not vary as animals do.{stands}",
        )
    told = of.told(scale)
    if told is None:
        return replace(shown, no_p_because=_nothing_varies(is_paired=is_paired))
    effect = hedges_g_of_differences(differences(exchanged)) if is_paired else hedges_g(*exchanged)
    if of.litters:
        difference, ratio = told.points
    of_difference, of_ratio = told.intervals(0.95)
    return replace(
        shown,
        kind=_KINDS[scale][is_paired],
        difference=difference,
        ratio=ratio,
        t=told.difference.t,
        df=told.difference.df,
        p_value=told.difference.p_value,
        difference_interval=of_difference,
        ratio_interval=of_ratio,
        hedges_g=effect[0] if effect else None,
        hedges_g_interval=effect[1] if effect else None,
    )


def corrected(pair: PairTest, first: Group, second: Group, level: float) -> PairTest:
    """The same with its intervals at this confidence, by the model that gave its p-value."""
    if pair.p_value is None or pair.kind is None:
        return pair
    told = compared_animals(first, second, is_paired=pair.is_paired).told(scale_of(pair.kind))
    assert told is not None, "there is a p-value"
    of_difference, of_ratio = told.intervals(level)
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


def _of_nothing(shown: PairTest, first: Group, second: Group, of: ComparedAnimals) -> PairTest:
    missing = [group.condition for group in (first, second) if group.mean is None]
    if missing:
        return replace(shown, no_p_because=f"No p-value: no animal of {listed(missing)} has this measure.")
    if shown.is_paired and first.litters is None:
        return replace(shown, animals=(0,), no_p_because=_too_few(first, second, (0,), is_paired=True))
    none = [group for group, values in zip((first, second), of.values, strict=True) if not values]
    return replace(
        shown,
        animals=(0,) if shown.is_paired else tuple(map(len, of.values)),
        no_p_because=f"No p-value: of no animal of {listed(group.condition for group in none)} the litter is known.",
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
    return f"No p-value: there {'is' if is_one else 'are'} {counts}. {TOO_FEW}"


def _nothing_varies(*, is_paired: bool) -> str:
    if is_paired:
        return "No p-value: all animals change by the same, so there is nothing to hold the difference against."
    return (
        "No p-value: the animals of each condition all have the same value, so there is nothing to hold a difference "
        "against."
    )


def _permuted(values: tuple[Values, Values], *, is_paired: bool) -> Permutation:
    if is_paired:
        return permute_differences(differences(values))
    return permute_animals(*values)
