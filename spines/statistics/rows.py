"""From observations to animals that can be compared: what is left out and said, and one number an animal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spines.statistics.types import Group, Observation, SpineCount
from spines.vocabulary.densities import per_um


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
    return Usable(observations=kept, notes=notes)


def groups_of(
    observations: Sequence[Observation], conditions: Sequence[str], *, by_logs: bool = False
) -> tuple[Group, ...]:
    """One group a condition, in order, those without an animal included; `by_logs` with geometric means."""
    found = []
    for condition in conditions:
        of_condition = [row for row in observations if row.condition == condition]
        means = _animal_means(of_condition)
        values = np.array(list(means.values()))
        mean, sd = _mean_sd(np.log(values) if by_logs else values)
        if by_logs and mean is not None:
            mean = math.exp(mean)
            sd = None if sd is None else mean * sd
        spines = [row.spines for row in of_condition if row.spines is not None]
        found.append(
            Group(
                condition=condition,
                animals=len(means),
                cells=len({(row.animal, row.cell) for row in of_condition if row.cell}),
                dendrites=sum(row.dendrites for row in of_condition),
                spines=sum(spines) if len(spines) == len(of_condition) else None,
                mean=mean,
                sd=sd,
                animal_means=means,
            )
        )
    return tuple(found)


def shared_animals(groups: Sequence[Group]) -> list[str]:
    """Animals' names that stand in several conditions."""
    names = [name for group in groups for name in group.animal_means]
    return sorted({name for name in names if names.count(name) > 1})


def rates(counts: Iterable[SpineCount]) -> Iterator[Observation]:
    """Spines per µm of each row, weighted by the length: an animal's mean is then its spines over its length."""
    for row in counts:
        density = per_um(row.spines, max(row.length_um, 0))
        yield Observation(
            condition=row.condition,
            animal=row.animal,
            cell=row.cell,
            value=math.nan if density is None else density,
            weight=row.length_um,
            spines=row.spines,
            dendrites=row.dendrites,
        )


def linearised(values: Sequence[float]) -> list[float]:
    """Each as log m + (value − m) / m, m their mean: their mean is log m, and they vary as it does (delta method).

    Unlike logarithms these are there for 0 too. A mean of 0 has none: then all are −∞.
    """
    mean = math.fsum(values) / len(values)
    return [math.log(mean) + value / mean - 1 for value in values] if mean > 0 else [-math.inf] * len(values)


def _mean_sd(values: np.ndarray) -> tuple[float | None, float | None]:
    mean = float(values.mean()) if len(values) else None
    return mean, float(values.std(ddof=1)) if len(values) > 1 else None


def _animal_means(observations: Iterable[Observation]) -> dict[str, float]:
    sums: dict[str, tuple[float, float]] = {}
    for row in observations:
        total, weight = sums.get(row.animal, (0.0, 0.0))
        sums[row.animal] = (total + float(row.weight * row.value), weight + float(row.weight))
    return {animal: total / weight for animal, (total, weight) in sums.items()}


def _observations(count: int) -> str:
    return "1 observation was" if count == 1 else f"{count} observations were"
