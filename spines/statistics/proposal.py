"""A design proposed from the facts that are there already, to be confirmed or changed by the lab."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spines.statistics.design import Covariate, Design, Factor
from spines.vocabulary.numbers import in_words, listed

CONTROLS = (
    "control",
    "ctrl",
    "wt",
    "wild type",
    "wild-type",
    "wildtype",
    "+/+",
    "vehicle",
    "veh",
    "saline",
    "sham",
    "naive",
)
CONTROLS_OF_TIME = ("before", "baseline", "pre")
MOST_LEVELS = 4
"""Of a covariate that is no number: each costs a degree of freedom."""
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, kw_only=True)
class AnimalInCondition:
    """An animal in one of its conditions, with what is written of it: factors of that condition, and facts of itself.

    `facts` are of the animal (sex, age); what reads as a number may become a covariate. `litter` is empty where nobody
    knows.
    """

    animal: str
    condition: str
    factors: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    litter: str = ""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A design and the questions that go with it, each of which a person answers with yes or no."""

    design: Design
    questions: tuple[str, ...]


def propose(rows: Sequence[AnimalInCondition], conditions: Sequence[str]) -> Proposal | None:
    """Propose a design; None where there are not two conditions with an animal.

    Parameters
    ----------
    rows : every animal in every condition that it stands in.
    conditions : in the experiment's order.

    Notes
    -----
    What is written as factors makes the factors, where it tells all conditions apart; else the condition is the one
    factor. A factor of which animals have several levels is within animals. What is known of all animals and varies is
    proposed as covariate, where it is a number or has few levels.
    """
    there = [name for name in conditions if any(row.condition == name and row.animal for row in rows)]
    if len(there) < 2:
        return None
    rows = [row for row in rows if row.condition in there and row.animal]
    levels = _factors(rows, there)
    questions: list[str] = []
    factors = [_factor(name, of_condition, rows, there, questions) for name, of_condition in levels.items()]
    covariates = tuple(_covariates(rows, questions))
    cells = {name: tuple(of_condition[name] for of_condition in levels.values()) for name in there}
    litters = has_litters(rows)
    if litters:
        n_litters, n_animals = len({row.litter for row in rows}), len({row.animal for row in rows})
        questions.append(
            f"{n_animals} animals come from {n_litters} litters: is it taken in that those of one are alike?"
        )
    design = Design(factors=tuple(factors), conditions=cells, covariates=covariates, has_litters=litters)
    return Proposal(design=design, questions=tuple(questions))


def has_litters(rows: Sequence[AnimalInCondition]) -> bool:
    """Whether every animal's litter is known, there are several, and one has several animals."""
    litters = {row.animal: row.litter for row in rows}
    return "" not in litters.values() and 1 < len(set(litters.values())) < len(litters)


def control_among(levels: Sequence[str]) -> str:
    """The level that is named as controls are; the first where none or several are.

    >>> control_among(["KO", "WT"]), control_among(["a", "b"]), control_among(["after", "before"])
    ('WT', 'a', 'before')
    """
    named = [level for level in levels if level.strip().lower() in (*CONTROLS, *CONTROLS_OF_TIME)]
    return named[0] if len(named) == 1 else levels[0]


def amount_of(level: str) -> float | None:
    """The number in a level, None unless there is just one.

    >>> amount_of("3 mg/kg"), amount_of("P21"), amount_of("day 2 of 3"), amount_of("vehicle")
    (3.0, 21.0, None, None)
    """
    found = _NUMBER.findall(level)
    return float(found[0].replace(",", ".")) if len(found) == 1 else None


def _factors(rows: Sequence[AnimalInCondition], there: Sequence[str]) -> dict[str, dict[str, str]]:
    """Level by condition by factor."""
    names = list(dict.fromkeys(name for row in rows for name in row.factors))
    found: dict[str, dict[str, str]] = {}
    for name in names:
        of_condition: dict[str, set[str]] = {condition: set() for condition in there}
        for row in rows:
            of_condition[row.condition].add(row.factors.get(name, ""))
        told = {condition: next(iter(levels)) for condition, levels in of_condition.items() if len(levels) == 1}
        if len(told) == len(there) and "" not in told.values() and len(set(told.values())) > 1:
            found[name] = told
    cells = [tuple(of_condition[name] for of_condition in found.values()) for name in there]
    return found if found and len(set(cells)) == len(there) else {"condition": {name: name for name in there}}


def _factor(
    name: str,
    of_condition: Mapping[str, str],
    rows: Sequence[AnimalInCondition],
    there: Sequence[str],
    questions: list[str],
) -> Factor:
    levels = tuple(dict.fromkeys(of_condition[condition] for condition in there))
    animals: dict[str, set[str]] = {}
    for row in rows:
        animals.setdefault(row.animal, set()).add(of_condition[row.condition])
    several = [animal for animal, found in animals.items() if len(found) > 1]
    amounts = [amount_of(level) for level in levels]
    numbers = [amount for amount in amounts if amount is not None]
    is_ordered = len(levels) > 2 and len(numbers) == len(set(numbers)) == len(levels)
    if several:
        in_all = sum(len(found) == len(levels) for found in animals.values())
        each = "both" if len(levels) == 2 else "all of them"
        questions.append(
            f"{in_words(len(several), 'animal')} {'has' if len(several) == 1 else 'have'} several of "
            f"{listed(levels)}, {in_all} {each}: compared within animals?"
        )
    control = control_among(levels)
    questions.append(f"Is {control} the control of {name}?")
    if is_ordered:
        questions.append(f"Are {listed(levels)} amounts, to be tested for a trend?")
    return Factor(
        name=name,
        levels=levels,
        control=control,
        within_animals=bool(several),
        amounts=tuple(numbers) if is_ordered else (),
    )


def _covariates(rows: Sequence[AnimalInCondition], questions: list[str]) -> Iterable[Covariate]:
    for name in dict.fromkeys(name for row in rows for name in row.facts):
        texts: dict[str, set[str]] = {}
        for row in rows:
            texts.setdefault(row.animal, set()).add(row.facts.get(name, ""))
        values = [next(iter(found)) if len(found) == 1 else "" for found in texts.values()]
        if not all(values) or len(set(values)) < 2:
            continue
        numbers = [amount_of(value) for value in values]
        if None not in numbers:
            found = Covariate(name=name)
        elif len(set(values)) <= min(MOST_LEVELS, len(values) // 2):
            found = Covariate(name=name, levels=tuple(sorted(set(values))))
        else:
            continue
        questions.append(f"Does {name} matter for what is measured, so that the model should take it in?")
        yield found
