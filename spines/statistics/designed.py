"""A stated design analysed: each of its effects, with one number an animal and condition."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spines.statistics.adjusted import Adjusted, adjusted
from spines.statistics.animal_numbers import Numbers, animal_contrasts, are_finite, permuted_effect, vary
from spines.statistics.contrasts import welch
from spines.statistics.count_design import CountModel, fit_count_design
from spines.statistics.design import AnimalFacts, Design, Spread
from spines.statistics.effects import Effect, EffectKind, effects_of
from spines.statistics.families import holm
from spines.statistics.layout import check_between
from spines.statistics.mixed import MixedModel, fit_design
from spines.statistics.rows import groups_of, linearised, rates, usable
from spines.statistics.small_samples import Permutation
from spines.statistics.types import LEAST_ANIMALS, Group, Interval, Observation, SpineCount
from spines.vocabulary.numbers import listed


@dataclass(frozen=True, kw_only=True)
class EffectTest:
    """An effect and what was found of it, in the measure's unit (a trend: per unit of the factor's amounts).

    `animals` are those it rests on. Of a measure compared by logarithms `ratio` is what is estimated, and `value` its
    logarithm. `p_corrected` is by Holm's method over the effects of its kind: main effects; simple effects;
    interactions; trends. `no_p_because` is a sentence, empty where there is a p-value.
    """

    effect: Effect
    animals: int
    value: float | None = None
    error: float | None = None
    df: float | None = None
    interval: Interval | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    t: float | None = None
    p_value: float | None = None
    p_corrected: float | None = None
    permutation_p: float | None = None
    permutation_least_p: float | None = None
    no_p_because: str = ""


@dataclass(frozen=True, kw_only=True)
class DesignTest:
    """One measure in a stated design. `model` is there where one variance serves the whole design."""

    measure: str
    design: Design
    groups: tuple[Group, ...]
    effects: tuple[EffectTest, ...]
    model: MixedModel | CountModel | None = None
    formula: str = ""
    by_logs: bool = False
    """Animals' logarithms are compared."""
    notes: tuple[str, ...] = ()

    def effect(self, label: str) -> EffectTest:
        """By its label; KeyError for another."""
        for each in self.effects:
            if each.effect.label == label:
                return each
        raise KeyError(label)


def analyse(
    measure: str,
    observations: Sequence[Observation],
    design: Design,
    *,
    facts: Mapping[str, AnimalFacts] | None = None,
    by_logs: bool = False,
) -> DesignTest:
    """Test all effects of a design on one measure.

    Parameters
    ----------
    observations : one a dendrite, image or animal; of a density those of `rows.rates`. A name is one animal, in
        whatever conditions it stands.
    facts : by animal, its covariates and its litter, where the design has such.
    by_logs : compare logarithms of animals' values, which are above zero.

    Notes
    -----
    `Spread.EACH`: every effect is one number an animal (its contrast of what it goes through), and these are compared
    between groups of animals, each with a variance of its own (`contrasts.welch`); with covariates or litters by
    restricted maximum likelihood (`adjusted.adjusted`). So nothing is assumed of how spreads compare, nor of how levels
    within animals correlate, and conditions that an effect does not weigh do not enter it. `Spread.COMMON`: one mixed
    model of all rows (`mixed.fit_design`), as lme4 fits it.
    """
    return _analyse(measure, observations, design, facts or {}, None, by_logs=by_logs)


def analyse_counts(
    measure: str,
    counts: Sequence[SpineCount],
    design: Design,
    *,
    facts: Mapping[str, AnimalFacts] | None = None,
) -> DesignTest:
    """Test all effects of a design on a density, spines per µm.

    Effects are ratios of densities, `value` their logarithms. `Spread.EACH`: as `analyse`, of the logarithms of
    animals' mean densities (`rows.linearised`). `Spread.COMMON`: one Poisson model with the logarithm of length as
    offset (`count_design.fit_count_design`).
    """
    rows = list(rates(counts))
    return _analyse(measure, rows, design, facts or {}, counts, by_logs=False)


def _analyse(
    measure: str,
    observations: Sequence[Observation],
    design: Design,
    facts: Mapping[str, AnimalFacts],
    counts: Sequence[SpineCount] | None,
    *,
    by_logs: bool,
) -> DesignTest:
    rows = usable(observations, design.ordered)
    names: dict[str, set[str]] = {condition: set() for condition in design.ordered}
    for row in rows.observations:
        names[row.condition].add(row.animal)
    check_between(design, names)
    groups = groups_of(rows.observations, design.ordered, by_logs=by_logs)
    notes = list(rows.notes)
    values = {
        group.condition: {name: math.log(value) if by_logs else value for name, value in group.animal_means.items()}
        for group in groups
    }
    scaled = values if counts is None else {name: _linearised(of_condition) for name, of_condition in values.items()}
    effects = effects_of(design)
    model: MixedModel | CountModel | None = None
    if design.spread is Spread.COMMON:
        if counts is None:
            model = fit_design(rows.observations, design, facts, by_logs=by_logs)
        else:
            model = fit_count_design(counts, design, facts)
        notes += model.notes if model else [_NO_MODEL]
    tests = [_test(effect, values, scaled, design, facts, model) for effect in effects]
    if by_logs or counts is not None:
        tests = [_as_ratio(test) for test in tests]
    return DesignTest(
        measure=measure,
        design=design,
        groups=groups,
        effects=tuple(_corrected(tests)),
        model=model,
        formula=model.formula if model else "",
        by_logs=by_logs,
        notes=tuple(notes),
    )


def _linearised(values: Mapping[str, float]) -> dict[str, float]:
    """Densities on the scale of logarithms (`rows.linearised`)."""
    return dict(zip(values, linearised(list(values.values())), strict=True)) if values else {}


def _test(
    effect: Effect,
    values: dict[str, dict[str, float]],
    scaled: Mapping[str, Mapping[str, float]],
    design: Design,
    facts: Mapping[str, AnimalFacts],
    model: MixedModel | CountModel | None,
) -> EffectTest:
    numbers = animal_contrasts(effect, values, design)
    animals = sum(map(len, numbers.values()))
    if few := [group for group, of_group in numbers.items() if len(of_group) < LEAST_ANIMALS]:
        has_all = " with every level" if any(len(levels) for levels in effect.within) else ""
        where = listed(", ".join(group) for group in few if group)
        said = f" of {where}" if where else ""
        return EffectTest(
            effect=effect,
            animals=animals,
            no_p_because=f"No p-value: fewer than {LEAST_ANIMALS} animals{said}{has_all}.",
        )
    compared = numbers if scaled is values else animal_contrasts(effect, scaled, design)
    adjusts = bool(design.covariates or design.has_litters)
    if not vary(numbers, _size(values)):
        return EffectTest(effect=effect, animals=animals, no_p_because=_ALIKE)
    told = _estimate(effect, compared, design, facts, model)
    found, without = told.estimate, told.left_out
    permuted = None if adjusts else _permuted(effect, numbers, values, design, is_ratio=scaled is not values)
    test = EffectTest(
        effect=effect,
        animals=animals - len(without),
        permutation_p=permuted.p_value if permuted else None,
        permutation_least_p=permuted.least_p if permuted else None,
    )
    if found is None:
        return replace(test, no_p_because=told.because or _why_none(compared, without, adjusts=adjusts))
    return replace(
        test,
        value=found.value,
        error=found.error,
        df=found.df,
        interval=found.interval(),
        t=found.t,
        p_value=found.p_value,
    )


def _permuted(
    effect: Effect,
    numbers: Numbers,
    values: dict[str, dict[str, float]],
    design: Design,
    *,
    is_ratio: bool,
) -> Permutation | None:
    """Animals exchanged. Whether effects differ depends on the scale: of ratios, animals' logarithms are dealt out."""
    if not is_ratio or effect.kind not in (EffectKind.INTERACTION, EffectKind.TREND_INTERACTION):
        return permuted_effect(effect, numbers)
    if any(value <= 0 for name in effect.weights for value in values[name].values()):
        return None
    logs = {name: {animal: math.log(value) for animal, value in values[name].items()} for name in effect.weights}
    return permuted_effect(effect, animal_contrasts(effect, values | logs, design))


_ALIKE = "No p-value: all animals of each group have the same value, so there is nothing to hold it against."
_NO_MODEL = (
    "No model of the whole design could be fitted: nothing varies, not one spine was found in a condition, or a "
    "covariate goes along with the conditions and cannot be told apart from them."
)


def _why_none(compared: Numbers, without: Sequence[str], *, adjusts: bool) -> str:
    """Why an effect with animals enough has no estimate."""
    if without:
        few = f"{listed(without[:5])}{', …' * (len(without) > 5)}"
        return f"No p-value: too few animals are left without {few}, whose covariates or litters are not known."
    if not are_finite(compared):
        return "No p-value of a model: in a group every animal has 0, which does not vary as animals do."
    if adjusts:
        return (
            "No p-value: covariates or litters go along with the conditions and cannot be told apart from them, or "
            "leave nothing to vary. State the design without them."
        )
    return "No p-value of a model: it could not be fitted to so few animals."


def _estimate(
    effect: Effect,
    numbers: Numbers,
    design: Design,
    facts: Mapping[str, AnimalFacts],
    model: MixedModel | CountModel | None,
) -> Adjusted:
    if not are_finite(numbers):
        return Adjusted(left_out=[])
    if design.spread is Spread.COMMON:
        return Adjusted(estimate=model.estimate(effect.weights) if model else None, left_out=[])
    if design.has_litters or (design.covariates and not effect.is_within_animals):
        return adjusted(effect, numbers, design, facts)
    found = welch((effect.between[group], list(of_group.values())) for group, of_group in numbers.items())
    return Adjusted(estimate=found, left_out=[])


def _size(values: Mapping[str, Mapping[str, float]]) -> float:
    return max((abs(value) for of_condition in values.values() for value in of_condition.values()), default=0.0)


def _as_ratio(test: EffectTest) -> EffectTest:
    if test.value is None or test.interval is None:
        return test
    ratio, low, high = (math.exp(min(end, 700.0)) for end in (test.value, *test.interval))
    return replace(test, ratio=ratio, ratio_interval=Interval(low, high))


def _corrected(tests: Sequence[EffectTest]) -> list[EffectTest]:
    done: dict[int, EffectTest] = {}
    for kind in EffectKind:
        places = [place for place, test in enumerate(tests) if test.effect.kind is kind]
        for place, p in zip(places, holm([tests[place].p_value for place in places]), strict=True):
            done[place] = replace(tests[place], p_corrected=p)
    return [done[place] for place in range(len(tests))]
