"""Comparing conditions, with the animal as the unit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from spines.statistics.contrasts import contrast
from spines.statistics.density import fit_counts, rates
from spines.statistics.mixed_model import fit_model
from spines.statistics.rows import comparable, groups_of, nesting, usable
from spines.statistics.small_samples import hedges_g, permute_animals
from spines.statistics.types import (
    LEAST_ANIMALS,
    FittedModel,
    Group,
    MeasureTest,
    Observation,
    PairTest,
    SpineCount,
)
from spines.vocabulary.numbers import p_in_words

MOST_CONDITIONS_ALL_PAIRS = 4


def compare(measure: str, observations: Iterable[Observation], conditions: Sequence[str]) -> MeasureTest:
    """One measure between conditions: all pairs, or each against the first where there are more than four.

    Parameters
    ----------
    measure : what it is called, with its unit.
    observations : one a dendrite, image or animal, in any order; those of conditions that are not named do not count.
    conditions : in the experiment's order, the one to compare with first.

    Notes
    -----
    One model takes all conditions with three animals or more (`mixed_model.fit_model`). The permutation test and
    Hedges' g are over animals' means. Holm's correction here is over this measure's pairs: a table of several measures
    wants `compare_all`.
    """
    return holm([_compare(measure, observations, conditions)])[0]


def compare_density(measure: str, counts: Iterable[SpineCount], conditions: Sequence[str]) -> MeasureTest:
    """Spines per µm from counts, with log(length) as offset: the ratio of densities is what is estimated.

    A negative binomial model of animals' totals (`density.fit_counts`). Means and standard deviations of the groups
    are those of animals' densities, spines over length; `model.means` are the model's.
    """
    return holm([_compare_density(measure, counts, conditions)])[0]


def compare_all(
    measures: Mapping[str, Sequence[Observation]],
    conditions: Sequence[str],
    *,
    counts: Mapping[str, Sequence[SpineCount]] | None = None,
) -> list[MeasureTest]:
    """A table: densities from `counts` first, then measures, with Holm's correction over all its p-values.

    Parameters
    ----------
    measures : observations by the measure's name, see `compare`.
    conditions : in the experiment's order, the one to compare with first.
    counts : counts by the density's name, see `compare_density`.
    """
    tests = [_compare_density(name, rows, conditions) for name, rows in (counts or {}).items()]
    return holm(tests + [_compare(name, rows, conditions) for name, rows in measures.items()])


def holm(tests: Sequence[MeasureTest]) -> list[MeasureTest]:
    """The same tests, p-values corrected for all that stand in them (Holm 1979): models' and permutations' apart."""
    pairs = [pair for test in tests for pair in test.pairs]
    by_model = iter(_holm([pair.p_value for pair in pairs]))
    by_permutation = iter(_holm([pair.permutation_p for pair in pairs]))
    return [
        replace(
            test,
            pairs=tuple(
                replace(pair, p_holm=next(by_model), permutation_p_holm=next(by_permutation)) for pair in test.pairs
            ),
        )
        for test in tests
    ]


def _holm(p_values: Sequence[float | None]) -> list[float | None]:
    # As statsmodels' multipletests, which collects garbage at every call: 80 ms of a process full of pages.
    corrected: list[float | None] = [None] * len(p_values)
    greatest = 0.0
    there = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    for smaller, (p, place) in enumerate(there):
        greatest = max(greatest, min(1.0, (len(there) - smaller) * p))
        corrected[place] = greatest
    return corrected


def _compare(measure: str, observations: Iterable[Observation], conditions: Sequence[str]) -> MeasureTest:
    rows = usable(observations, conditions)

    def fit(names: Sequence[str]) -> FittedModel | None:
        return fit_model(nesting(rows.observations, names), names)

    return _test(measure, groups_of(rows.observations, conditions), fit, rows.notes)


def _compare_density(measure: str, counts: Iterable[SpineCount], conditions: Sequence[str]) -> MeasureTest:
    rows = usable(rates(counts), conditions)

    def fit(names: Sequence[str]) -> FittedModel | None:
        return fit_counts(rows.observations, names)

    return _test(measure, groups_of(rows.observations, conditions), fit, rows.notes)


def _test(
    measure: str, groups: tuple[Group, ...], fit: Callable[[Sequence[str]], FittedModel | None], notes: list[str]
) -> MeasureTest:
    names = comparable(groups)
    model = fit(names) if len(names) > 1 else None
    if model is not None and model.why:
        notes.append(f"Fitted: {model.kind.value}, because {model.why}.")
    if len(groups) < 2:
        notes.append("There is one condition, and nothing to compare it with.")
    if len(groups) > MOST_CONDITIONS_ALL_PAIRS:
        chosen = [(groups[0], group) for group in groups[1:]]
        notes.append(f"Each condition is compared with {groups[0].condition} alone, because there are {len(groups)}.")
    else:
        chosen = list(combinations(groups, 2))
    pairs = tuple(_pair(first, second, model) for first, second in chosen)
    notes += [
        f"With so few animals the permutation test of {pair.first} and {pair.second} cannot give less than "
        f"{p_in_words(pair.permutation_least_p)}."
        for pair in pairs
        if pair.permutation_least_p is not None and pair.permutation_least_p > 0.05
    ]
    return MeasureTest(measure=measure, groups=groups, pairs=pairs, model=model, notes=tuple(notes))


def _pair(first: Group, second: Group, model: FittedModel | None) -> PairTest:
    shown = PairTest(first=first.condition, second=second.condition)
    if first.mean is None or second.mean is None:
        missing = " and ".join(group.condition for group in (first, second) if group.mean is None)
        return replace(shown, no_p_because=f"No p-value: no animal of {missing} has this measure.")
    shown = replace(
        shown,
        difference=second.mean - first.mean,
        ratio=second.mean / first.mean if first.mean > 0 and second.mean >= 0 else None,
    )
    few = [group for group in (first, second) if group.animals < LEAST_ANIMALS]
    if few:
        counts = " and ".join(
            f"{group.animals} animal{'s' * (group.animals > 1)} of {group.condition}" for group in few
        )
        return replace(
            shown,
            no_p_because=f"No p-value: there {'is' if few[0].animals == 1 else 'are'} {counts}. With fewer than "
            f"{LEAST_ANIMALS} animals in a group, differences between animals cannot be told from differences between "
            "conditions, however many spines there are.",
        )
    values = list(first.animal_means.values()), list(second.animal_means.values())
    found = contrast(model, first.condition, second.condition) if model else None
    if found is None:
        return replace(shown, no_p_because=_nothing_varies(first, second, model))
    effect = hedges_g(*values)
    permutation = permute_animals(*values)
    return replace(
        shown,
        difference=found.difference,
        difference_interval=found.difference_interval,
        ratio=found.ratio,
        ratio_interval=found.ratio_interval,
        t=found.t,
        df=model.df if model else None,
        p_value=found.p_value,
        hedges_g=effect[0] if effect else None,
        hedges_g_interval=effect[1] if effect else None,
        permutation_p=permutation.p_value,
        permutation_is_exact=permutation.is_exact,
        permutation_least_p=permutation.least_p,
    )


def _nothing_varies(first: Group, second: Group, model: FittedModel | None) -> str:
    if model is None:
        return (
            "No p-value: the animals of a condition all have the same value, so there is nothing to hold a difference "
            "against."
        )
    none = " and ".join(group.condition for group in (first, second) if not group.mean)
    return f"No p-value: no spine was counted in {none}, and a ratio to none cannot be given."
