"""Whether all that is said of an animal agrees, with itself and with what is known.

An animal has one condition, one level of each factor, one sex, age and litter in an experiment. Several sources can
contradict each other, so nothing is taken before all of it agrees, and every contradiction is told at once. What is
known changes only where it is said anew for all pictures of the animal: said for some of them, the others would move
along unasked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spines.samples.factors import crossed, in_order
from spines.samples.fields import LONGEST_NAME, SampleFields

MOST_NAMED = 50
_FACTOR = "factor "
_FOR_LIFE = ("sex", "age", "litter", "genotype")
_PLURALS = {"sex": "sexes", "age": "ages"}


@dataclass(frozen=True, kw_only=True)
class AnimalFacts:
    """What is known of an animal; empty where nothing is."""

    condition: str = ""
    factors: Mapping[str, str] = field(default_factory=dict)
    sex: str = ""
    age_days: int | None = None
    litter: str = ""


@dataclass(frozen=True)
class Said:
    """What is said of an animal, and where: a row of a sheet by its number, anything else by its name."""

    where: int | str
    fields: SampleFields


def agree(
    animal: str, *, said: Sequence[Said], known: AnimalFacts, others: Sequence[str]
) -> tuple[AnimalFacts, list[str]]:
    """What is known of the animal once all of `said` is taken, and a sentence for each contradiction.

    Parameters
    ----------
    animal : str
        Its name, for the sentences.
    said : sequence of Said
        Everything that is said of it at once.
    known : AnimalFacts
        What is stored.
    others : sequence of str
        Names of its pictures of which nothing is said.
    """
    stated, faults = _one_value_each(animal, said, known, others)
    levels = {name.removeprefix(_FACTOR): str(level) for name, level in stated.items() if name.startswith(_FACTOR)}
    factors = dict(known.factors) | levels
    condition, fault = _condition(animal, known, str(stated.get("condition", "")), factors)
    faults += [fault] if fault and not faults else []
    age = stated.get("age")
    facts = AnimalFacts(
        condition=condition,
        factors={name: factors[name] for name in in_order(factors)},
        sex=str(stated.get("sex", known.sex)),
        age_days=known.age_days if age is None else int(age),
        litter=str(stated.get("litter", known.litter)),
    )
    return (known if faults else facts), faults


def _facts(fields: SampleFields | AnimalFacts) -> dict[str, str | int]:
    facts: dict[str, str | int | None] = {"condition": fields.condition}
    facts |= {f"{_FACTOR}{name}": fields.factors[name] for name in in_order(fields.factors)}
    facts |= {"sex": fields.sex, "age": fields.age_days, "litter": fields.litter}
    return {name: value for name, value in facts.items() if value not in ("", None)}


def _one_value_each(
    animal: str, said: Sequence[Said], known: AnimalFacts, others: Sequence[str]
) -> tuple[dict[str, str | int], list[str]]:
    places: dict[str, dict[str | int, list[int | str]]] = defaultdict(lambda: defaultdict(list))
    for each in said:
        for name, value in _facts(each.fields).items():
            places[name][value].append(each.where)
    stored = _facts(known)
    faults = []
    for name, values in places.items():
        kept = others if name in stored and set(values) != {stored[name]} else ()
        if len(values) + bool(kept and stored[name] not in values) > 1:
            faults.append(_contradiction(animal, name, values, stored.get(name, ""), kept))
    return {name: next(iter(values)) for name, values in places.items()}, faults


def _contradiction(
    animal: str, name: str, values: Mapping[str | int, Sequence[int | str]], stored: str | int, kept: Sequence[str]
) -> str:
    told = {_shown(name, value): places_in_words(places) for value, places in values.items()}
    if kept:
        before = f"{told[_shown(name, stored)]} and " if stored in values else ""
        told[_shown(name, stored)] = f"{before}{places_in_words(kept)} as it is"
    word = name.removeprefix(_FACTOR)
    plural = _PLURALS.get(word, f"{word}s")
    begins = f"Animal {animal} {'stands in' if word == 'condition' else 'has'} {len(told)} {plural}"
    listed = "; ".join(f"{value}: {places}" for value, places in told.items())
    mend = f"Give each animal one {word}, or animals that differ in it different names."
    if word not in _FOR_LIFE:
        mend += " If it is one animal in each of them, say with the sheet that animals stand in several conditions."
    if kept:
        mend += f" To change it for {animal}, say it for all images of {animal} at once."
    return f"{begins}: {', '.join(sorted(told))}. {listed}. {mend}"


def _condition(animal: str, known: AnimalFacts, stated: str, factors: Mapping[str, str]) -> tuple[str, str]:
    """The animal's condition, and what is wrong with it if anything is.

    A condition that the factors made follows them; one that somebody named stays as it was named.
    """
    follows = known.condition in ("", crossed(known.factors))
    made = crossed(factors)
    if not stated:
        condition = made if factors and follows else known.condition
    elif known.condition and known.factors and follows and stated != made:
        return stated, _unlike_its_factors(animal, known, stated, factors)
    else:
        condition = stated
    if len(condition) > LONGEST_NAME:
        return condition, (
            f"The condition {condition[:30]}… that the factors of animal {animal} make is longer than {LONGEST_NAME} "
            "characters: shorten their levels."
        )
    return condition, ""


def _unlike_its_factors(animal: str, known: AnimalFacts, stated: str, factors: Mapping[str, str]) -> str:
    levels = " and ".join(f"{name} {factors[name]}" for name in in_order(factors))
    if stated == known.condition:
        return (
            f"Animal {animal} is given {levels}, and still the condition {stated} that its earlier factors made: "
            "leave the condition empty, and it follows from the factors."
        )
    return (
        f"Animal {animal} is given the condition {stated}, and its {levels} make the condition {crossed(factors)}: "
        f"change the {' or '.join(in_order(factors))} in a sample sheet instead, and the condition follows."
    )


def _shown(name: str, value: str | int) -> str:
    return f"{value} days" if name == "age" else str(value)


def places_in_words(places: Sequence[int | str]) -> str:
    """Rows by their numbers, runs of them shortened; other places by their names.

    >>> places_in_words([2, 3, 4, 9])
    'rows 2 to 4, 9'
    """
    rows = sorted(place for place in places if isinstance(place, int))
    names = [place for place in places if isinstance(place, str)]
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    words = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    parts = [f"row{'s' * (len(rows) > 1)} {', '.join(words)}"] if rows else []
    if len(names) > MOST_NAMED:
        names = [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED:,} more"]
    return ", ".join(parts + names)
