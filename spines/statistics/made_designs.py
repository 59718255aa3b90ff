"""Experiments of designs with two factors or a covariate, made with and without an effect, and what is said of each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import t as student

from spines.statistics.animal_numbers import animal_contrasts
from spines.statistics.design import AnimalFacts, Covariate, Design, Factor, plain_design
from spines.statistics.designed import analyse
from spines.statistics.effects import effects_of
from spines.statistics.made_experiments import TWO, Animal, Make, Rows, Told
from spines.statistics.rows import groups_of

GROUPS = ("WT vehicle", "WT drug", "KO vehicle", "KO drug")


SESSIONS = ("WT before", "WT after", "KO before", "KO after")


def two_by_two(sds: Sequence[float]) -> Make:
    """The drug does `effect` in the knockout, nothing in the wild type."""
    design = Design(
        factors=(Factor(name="genotype", levels=("WT", "KO")), Factor(name="treatment", levels=("vehicle", "drug"))),
        conditions={name: (name.split()[0], name.split()[1]) for name in GROUPS},
    )

    def make(random: np.random.Generator, effect: float) -> Iterator[Told]:
        rows: Rows = []
        for condition, sd in zip(GROUPS, sds, strict=True):
            for number in range(5):
                mean = 0.6 + effect * (condition == "KO drug") + random.normal(0, sd)
                rows += Animal().widths(random, condition, f"{condition} {number}", mean)
        truths = {
            "genotype: KO − WT": effect / 2,
            "treatment: drug − vehicle": effect / 2,
            "genotype × treatment": effect,
        }
        yield from _asked(rows, design, truths)

    return make


def genotype_by_session(random: np.random.Generator, effect: float) -> Iterator[Told]:
    """Sessions within animals, genotypes between them: the knockout changes by `effect`."""
    design = Design(
        factors=(
            Factor(name="genotype", levels=("WT", "KO")),
            Factor(name="session", levels=("before", "after"), within_animals=True),
        ),
        conditions={name: (name.split()[0], name.split()[1]) for name in SESSIONS},
    )
    rows: Rows = []
    for genotype in ("WT", "KO"):
        for number in range(6):
            of_animal = 0.6 + random.normal(0, 0.1)
            for session in ("before", "after"):
                condition = f"{genotype} {session}"
                mean = of_animal + effect * (condition == "KO after") + random.normal(0, 0.05)
                rows += Animal().widths(random, condition, f"{genotype}{number}", mean)
    truths = {"genotype: KO − WT": effect / 2, "session: after − before": effect / 2, "genotype × session": effect}
    yield from _asked(rows, design, truths)


def covariate(random: np.random.Generator, effect: float) -> Iterator[Told]:
    design = replace(plain_design(TWO), covariates=(Covariate(name="age"),))
    rows: Rows = []
    facts: dict[str, AnimalFacts] = {}
    for place, condition in enumerate(TWO):
        for number in range(6):
            name, age = f"{condition} {number}", float(random.uniform(40, 90))
            facts[name] = AnimalFacts(name=name, covariates={"age": age})
            mean = 0.6 + 0.005 * (age - 65) + place * effect + random.normal(0, 0.1)
            rows += Animal().widths(random, condition, name, mean)
    yield from _asked(rows, design, {"condition: treated − control": effect}, facts=facts)


def _asked(
    rows: Rows, design: Design, truths: Mapping[str, float], *, facts: Mapping[str, AnimalFacts] | None = None
) -> Iterator[Told]:
    test = analyse("value", rows, design, facts=facts)
    for label, truth in truths.items():
        found = test.effect(label)
        assert found.p_value is not None, "animals vary"
        assert found.interval is not None, "animals vary"
        yield Told(
            question=label,
            p_value=found.p_value,
            interval=found.interval,
            truth=truth,
            reference_p=_pooled(rows, design, label, facts or {}),
        )


def _pooled(rows: Rows, design: Design, label: str, facts: Mapping[str, AnimalFacts]) -> float:
    """Least squares with one variance, of one number an animal: analysis of variance or covariance."""
    effect = next(effect for effect in effects_of(design) if effect.label == label)
    values = {group.condition: group.animal_means for group in groups_of(rows, design.ordered)}
    numbers = animal_contrasts(effect, values, design)
    groups = list(numbers)
    names = [(group, name) for group in groups for name in numbers[group]]
    x = np.array([[group == other for other in groups] for group, _ in names], float)
    if facts:
        x = np.column_stack([x, [float(facts[name].covariates["age"]) for _, name in names]])
    y = np.array([numbers[group][name] for group, name in names])
    beta, squares, rank, _ = np.linalg.lstsq(x, y, rcond=None)
    c = np.array([*(effect.between[group] for group in groups), *([0.0] if facts else [])])
    df = len(y) - int(rank)
    error = math.sqrt(float(squares[0]) / df * float(c @ np.linalg.inv(x.T @ x) @ c))
    return 2 * float(student.sf(abs(float(c @ beta)) / error, df))
