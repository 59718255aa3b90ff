"""What the effects of a stated design say, in hedged sentences."""

from __future__ import annotations

import math
from collections.abc import Callable

from spines.statistics.contrasts import Estimate
from spines.statistics.designed import DesignTest, EffectTest
from spines.statistics.effects import EffectKind
from spines.vocabulary.numbers import INDEX, LEVEL, Unit, confidence, count, number, p_in_words

_TOLD = (EffectKind.MAIN, EffectKind.INTERACTION, EffectKind.TREND, EffectKind.TREND_INTERACTION)
"""Effects at one level of the others are in the table."""


def read_effects(test: DesignTest, *, name: str, unit: Unit) -> list[str]:
    """A sentence an effect that has a p-value: main effects, interactions, trends.

    The interval has the confidence of the corrected p-value beside it, so that the two never contradict.

    Parameters
    ----------
    name : of the measure at the beginning of a sentence, "Spine density".
    unit : that the measure is written in.
    """
    tested = [found for found in test.effects if found.effect.kind in _TOLD and found.p_corrected is not None]
    return [_sentence(test, found, name, unit) for found in tested]


def _sentence(test: DesignTest, found: EffectTest, name: str, unit: Unit) -> str:
    assert found.p_corrected is not None
    assert found.value is not None
    numbers = f"({_size(test, found, unit)}, {p_in_words(found.p_corrected)}{_correction(test, found)})"
    effect, differs, is_up = found.effect, found.p_corrected < LEVEL, found.value > 0
    animals = " within animals" if effect.is_within_animals else ""
    if effect.kind is EffectKind.MAIN:
        over = ", averaged over the other factors" if len(test.design.factors) > 1 else ""
        said = f"was {'higher' if is_up else 'lower'}" if differs else "was not shown to differ"
        factor, _, levels = effect.label.partition(": ")
        return f"{name} {said}{animals} by {factor}, {levels}{over} {numbers}."
    if effect.kind is EffectKind.TREND:
        said = f"{'rose' if is_up else 'fell'} along" if differs else "showed no"
        return f"{name} {said} the {effect.label}{animals} {numbers}."
    said = "The effects differ" if differs else "The effects were not shown to differ"
    return f"{said} on {name[0].lower()}{name[1:]}, {effect.label}{animals} {numbers}."


def _size(test: DesignTest, found: EffectTest, unit: Unit) -> str:
    assert found.value is not None
    assert found.error is not None
    assert found.df is not None
    level = 1 - LEVEL / _times(test, found)
    low, high = Estimate(value=found.value, error=found.error, df=found.df).interval(level)
    named = f"{confidence(level)} interval"
    is_trend = found.effect.kind in (EffectKind.TREND, EffectKind.TREND_INTERACTION)
    over = (f for f in test.design.factors if found.effect.label.startswith(f"trend over {f.name}"))
    amount = next(((f.unit or "unit") for f in over), "") if is_trend else ""
    if found.ratio is not None and is_trend:
        low, high = math.exp(low), math.exp(min(high, 700.0))
        return f"ratio {number(found.ratio)} per {amount}, {named} {number(low)} to {number(high)}"
    if found.ratio is not None:
        return f"ratio {INDEX.mean(found.ratio)}, {named} {INDEX.between(math.exp(low), math.exp(min(high, 700.0)))}"
    if is_trend:
        per = f"{unit.difference_symbol} per {amount}".strip()
        return f"{_number(unit)(found.value)} {per}, {named} {_number(unit)(low)} to {_number(unit)(high)}"
    symbol = unit.difference_symbol
    return f"difference {unit.mean(found.value)} {symbol}".rstrip() + f", {named} {unit.between(low, high)}"


def _number(unit: Unit) -> Callable[[float], str]:
    return lambda value: number(value * unit.times)


def _times(test: DesignTest, found: EffectTest) -> float:
    """How many times smaller p is than its corrected one."""
    assert found.p_value is not None
    assert found.p_corrected is not None
    if found.p_corrected >= 1 or found.p_value <= 0:
        return float(_hypotheses(test, found))
    return found.p_corrected / found.p_value


def _hypotheses(test: DesignTest, found: EffectTest) -> int:
    return sum(each.effect.kind is found.effect.kind and each.p_value is not None for each in test.effects)


def _correction(test: DesignTest, found: EffectTest) -> str:
    n = _hypotheses(test, found)
    return f" corrected, as the interval is, for {count(n)} such effects" if n > 1 else ""
