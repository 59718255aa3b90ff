"""Effects of a stated design as pages and report write them."""

from __future__ import annotations

from dataclasses import dataclass

from spines.selectors.results.effects import DesignEffects
from spines.statistics.designed import DesignTest, EffectTest
from spines.statistics.effects import EffectKind
from spines.statistics.reading_effects import read_effects
from spines.vocabulary.compared import DENSITY
from spines.vocabulary.numbers import INDEX, LEVEL, Unit, number, p_value
from webapp.results.shown_tests import unit_of

_TRENDS = (EffectKind.TREND, EffectKind.TREND_INTERACTION)


@dataclass(frozen=True, kw_only=True)
class ShownEffect:
    """A row of the table."""

    measure: str
    label: str
    kind: str
    animals: int
    value: str
    interval: str
    p: str
    p_corrected: str
    permutation_p: str
    no_p_because: str
    is_marked: bool


def shown_effects(found: DesignEffects) -> tuple[list[ShownEffect], list[ShownEffect]]:
    """Rows of the primary measure, of density where none is named; then of all others."""
    first = found.primary or DENSITY
    rows = [(test.measure == first, _shown(test, effect)) for test in found.tests for effect in test.effects]
    return [row for is_first, row in rows if is_first], [row for is_first, row in rows if not is_first]


def effects_in_words(found: DesignEffects | None) -> list[str]:
    """Sentences on the effects of the primary measure, of density where none is named; none without a design of any."""
    first = (found.primary if found else "") or DENSITY
    test = next((test for test in found.tests if test.measure == first), None) if found else None
    if test is None:
        return []
    unit = unit_of(test.measure)
    name = "spine density" if test.measure == DENSITY else test.measure.removesuffix(f", {unit.symbol}")
    if name.startswith("share of "):
        name = f"the {name}"
    return read_effects(test, name=f"{name[0].upper()}{name[1:]}", unit=unit)


def _shown(test: DesignTest, found: EffectTest) -> ShownEffect:
    unit = unit_of(test.measure)
    value, interval = _estimate(test, found, unit)
    return ShownEffect(
        measure=f"{test.measure.removesuffix(f', {unit.symbol}').capitalize()}, {unit.symbol}".rstrip(", "),
        label=found.effect.label,
        kind=found.effect.kind.value + (", within animals" if found.effect.is_within_animals else ""),
        animals=found.animals,
        value=value,
        interval=interval,
        p=p_value(found.p_value),
        p_corrected=p_value(found.p_corrected),
        permutation_p=p_value(found.permutation_p) if found.permutation_p is not None else "",
        no_p_because=found.no_p_because,
        is_marked=found.p_corrected is not None and found.p_corrected < LEVEL,
    )


def _estimate(test: DesignTest, found: EffectTest, unit: Unit) -> tuple[str, str]:
    """The effect and its 95 % interval: a ratio, a slope per unit of the amounts, or a difference."""
    per = ""
    if found.effect.kind in _TRENDS:
        amount = next(factor.unit for factor in test.design.factors if factor.name == _trend_of(found))
        per = f" per {amount or 'unit'}"
    if found.ratio is not None and found.ratio_interval is not None:
        if not per:
            return f"× {INDEX.mean(found.ratio)}", INDEX.between(*found.ratio_interval)
        low, high = (number(bound) for bound in found.ratio_interval)
        return f"× {number(found.ratio)}{per}", f"{low} to {high}"
    if found.value is None or found.interval is None:
        return "", ""
    if per:
        low, high = (number(bound * unit.times) for bound in found.interval)
        return f"{number(found.value * unit.times)}{per}", f"{low} to {high}"
    return unit.mean(found.value), unit.between(*found.interval)


def _trend_of(found: EffectTest) -> str:
    """The factor whose amounts a trend is over: it stands in the effect's label."""
    return next(name for name in found.effect.factors if found.effect.label.startswith(f"trend over {name}"))
