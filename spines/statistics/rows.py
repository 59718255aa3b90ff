"""From observations to rows that can be compared: what is left out and said, and who nests in whom."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spines.statistics.nested import Nesting
from spines.statistics.types import LEAST_ANIMALS, Group, Observation


@dataclass(frozen=True, kw_only=True)
class Usable:
    """Observations of the conditions in question that can be used, and sentences on the others."""

    observations: list[Observation]
    notes: list[str]


def usable(observations: Iterable[Observation], conditions: Sequence[str]) -> Usable:
    """Leave out what has no number, no weight or no animal; observations of other conditions do not count at all."""
    wanted = set(conditions)
    kept: list[Observation] = []
    no_animal = no_value = 0
    for observation in observations:
        if observation.condition not in wanted:
            continue
        if not observation.animal:
            no_animal += 1
        elif not math.isfinite(observation.value) or not 0 < observation.weight < math.inf:
            no_value += 1
        else:
            kept.append(observation)
    notes = []
    if no_animal:
        notes.append(f"{_observations(no_animal)} left out because no animal is named: name it to have them count.")
    if no_value:
        notes.append(f"{_observations(no_value)} left out because there was no number.")
    conditions_of: dict[str, set[str]] = {}
    for observation in kept:
        conditions_of.setdefault(observation.animal, set()).add(observation.condition)
    shared = sorted(animal for animal, of_animal in conditions_of.items() if len(of_animal) > 1)
    if shared:
        notes.append(
            f"The same animal name stands in several conditions ({', '.join(shared[:5])}{', …' if shared[5:] else ''}) "
            "and was taken for different animals. If it is one animal, this comparison does not use that it is paired."
        )
    return Usable(observations=kept, notes=notes)


def groups_of(observations: Sequence[Observation], conditions: Sequence[str]) -> tuple[Group, ...]:
    """One group a condition, in order, those without an animal included."""
    found = []
    for condition in conditions:
        of_condition = [row for row in observations if row.condition == condition]
        means = _animal_means(of_condition)
        values = np.array(list(means.values()))
        spines = [row.spines for row in of_condition if row.spines is not None]
        found.append(
            Group(
                condition=condition,
                animals=len(means),
                cells=len({(row.animal, row.cell) for row in of_condition if row.cell}),
                dendrites=sum(row.dendrites for row in of_condition),
                spines=sum(spines) if len(spines) == len(of_condition) else None,
                mean=float(values.mean()) if len(values) else None,
                sd=float(values.std(ddof=1)) if len(values) > 1 else None,
                animal_means=means,
            )
        )
    return tuple(found)


def comparable(groups: Iterable[Group]) -> list[str]:
    """Conditions with enough animals for a p-value."""
    return [group.condition for group in groups if group.animals >= LEAST_ANIMALS]


def nesting(observations: Sequence[Observation], conditions: Sequence[str]) -> Nesting:
    """Codes of the observations of these conditions. Names repeat: an animal is one within its condition alone."""
    chosen = [row for row in observations if row.condition in conditions]
    animals: dict[tuple[str, str], int] = {}
    cells: dict[tuple[str, str, str], int] = {}
    for row in chosen:
        animals.setdefault((row.condition, row.animal), len(animals))
        cells.setdefault((row.condition, row.animal, row.cell), len(cells))
    return Nesting(
        values=np.array([row.value for row in chosen]),
        weights=np.array([row.weight for row in chosen], float),
        conditions=np.array([conditions.index(row.condition) for row in chosen], np.intp),
        animals=np.array([animals[row.condition, row.animal] for row in chosen], np.intp),
        cells=np.array([cells[row.condition, row.animal, row.cell] for row in chosen], np.intp)
        if all(row.cell for row in chosen)
        else None,
    )


def _animal_means(observations: Iterable[Observation]) -> dict[str, float]:
    sums: dict[str, tuple[float, float]] = {}
    for row in observations:
        total, weight = sums.get(row.animal, (0.0, 0.0))
        sums[row.animal] = (total + float(row.weight * row.value), weight + float(row.weight))
    return {animal: total / weight for animal, (total, weight) in sums.items()}


def _observations(count: int) -> str:
    return "1 observation was" if count == 1 else f"{count} observations were"
