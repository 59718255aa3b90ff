"""How far each animal lies from the others of its sample, and how much it weighs: diagnostics of a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from spines.statistics.pairs import scale_of
from spines.statistics.types import MeasureTest, Scale
from spines.vocabulary.numbers import LEVEL, p_in_words


@dataclass(frozen=True, kw_only=True)
class Residual:
    """One animal in one sample: a condition, or the differences within animals of a pair of conditions.

    Attributes
    ----------
    value, residual : in the measure's unit, the residual from the sample's mean; of a measure that is compared by
        logarithms, logarithms.
    distance : from the mean of the others, in standard errors of a new value beside these (externally studentised);
        None with fewer than two others, or where these do not vary.
    p_value : of that distance by Student's t, not corrected.
    leverage : the animal's part of its sample's mean, 0 to 1.
    """

    sample: str
    animal: str
    value: float
    residual: float
    distance: float | None
    p_value: float | None
    leverage: float


def residuals(test: MeasureTest) -> list[Residual]:
    """Of every sample that a p-value of the test rests on, in the order of conditions and pairs."""
    by_logs = test.kind is not None and scale_of(test.kind) is Scale.LOGS
    found: list[Residual] = []
    for name, values in _samples(test, by_logs=by_logs):
        found += _of_sample(name, values)
    return found


def residuals_in_words(found: Sequence[Residual]) -> str:
    """Whether an animal lies farther out than animals of one population do, corrected for so many (Bonferroni)."""
    tested = [(each.p_value, each) for each in found if each.p_value is not None]
    if not tested:
        return "With fewer than three animals in a sample nobody can say whether one lies apart."
    n = len(tested)
    far = [(min(1.0, n * p), each) for p, each in tested if n * p < LEVEL]
    if not far:
        return (
            "No animal lies farther from the others of its sample than chance explains (externally studentised, "
            f"corrected for {n} by Bonferroni's method)."
        )
    said = "; ".join(f"{each.animal} ({each.sample}), {p_in_words(p)}" for p, each in far)
    return (
        f"Farther from the others of its sample than chance explains, corrected for {n} by Bonferroni's method: {said}."
    )


def _samples(test: MeasureTest, *, by_logs: bool) -> Iterator[tuple[str, dict[str, float]]]:
    values = {
        group.condition: {a: math.log(v) if by_logs else v for a, v in group.animal_means.items()}
        for group in test.groups
    }
    tested = [pair for pair in test.pairs if pair.p_value is not None]
    alone = {name for pair in tested if not pair.is_paired for name in (pair.first, pair.second)}
    for condition, of_condition in values.items():
        if condition in alone:
            yield condition, of_condition
    for pair in tested:
        if pair.is_paired:
            first, second = values[pair.first], values[pair.second]
            yield (
                f"{pair.second} − {pair.first}",
                {name: second[name] - first[name] for name in first if name in second},
            )


def _of_sample(name: str, values: Mapping[str, float]) -> Iterator[Residual]:
    animals, numbers = list(values), np.array(list(values.values()), float)
    n = len(numbers)
    size = float(np.abs(numbers).max(initial=0.0))
    for place, animal in enumerate(animals):
        others = np.delete(numbers, place)
        distance = p_value = None
        if n > 2 and (sd := float(others.std(ddof=1))) > 1e-10 * size:
            distance = float(numbers[place] - others.mean()) / (sd * math.sqrt(1 + 1 / (n - 1)))
            p_value = 2 * float(student.sf(abs(distance), n - 2))
        yield Residual(
            sample=name,
            animal=animal,
            value=float(numbers[place]),
            residual=float(numbers[place] - numbers.mean()),
            distance=distance,
            p_value=p_value,
            leverage=1 / n,
        )
