"""False positives, coverage and power over many made experiments, beside the best of other tests.

False positives are of experiments without an effect; coverage and power of those with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spines.statistics.made_counts import counted
from spines.statistics.made_designs import covariate, genotype_by_session, two_by_two
from spines.statistics.made_experiments import (
    Animal,
    Make,
    Told,
    densities,
    maturity,
    paired,
    shares,
    three_conditions,
    widths,
)
from spines.statistics.made_litters import littered


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A kind of experiment. `make(random, effect)` makes one, the effect in units of the trial or 0, and asks."""

    name: str
    reference: str
    make: Make
    effect: float


DIFFERENCES = "differences of densities, a variance each"
POOLED_T, POOLED = "Student's t, one variance", "least squares, one variance"
ANIMALS_ALONE = "Student's t over animals, litters ignored"
PRIMARY = "primary density: 6 against 6, CV 0.10, 400 spines an animal, −15 %"
TRIALS = (
    Trial(name="balanced, 6 against 6", reference=POOLED_T, make=widths(), effect=0.15),
    Trial(name="unbalanced, 4 against 9", reference=POOLED_T, make=widths((4, 9)), effect=0.15),
    Trial(
        name="unequal amounts, 6 against 6",
        reference="mixed model, one variance, Kenward–Roger",
        make=widths(uneven=True, common=True),
        effect=0.15,
    ),
    Trial(name="3 of threefold spread against 8", reference=POOLED_T, make=widths((3, 8), (0.3, 0.1)), effect=0.3),
    Trial(name="one animal with ten times the spines", reference=POOLED_T, make=widths(many=True), effect=0.15),
    Trial(name="heavy tails (t, 3 df)", reference=POOLED_T, make=widths(heavy=True), effect=0.15),
    Trial(name="three conditions, spread 1 : 2 : 4", reference=POOLED_T, make=three_conditions, effect=0.1),
    Trial(name="paired, 6 animals, sessions SD 0.05", reference="paired t", make=paired(0.05), effect=0.1),
    Trial(name="paired, 6 animals that change alike", reference="paired t", make=paired(0.0), effect=0.06),
    Trial(name="2 × 2, 5 each", reference=POOLED, make=two_by_two((0.1,) * 4), effect=0.2),
    Trial(name="2 × 2, spread 1 : 1 : 2 : 3", reference=POOLED, make=two_by_two((0.1, 0.1, 0.2, 0.3)), effect=0.3),
    Trial(name="genotype × session, 6 each", reference=POOLED, make=genotype_by_session, effect=0.12),
    Trial(name="age as covariate, 6 against 6", reference=POOLED, make=covariate, effect=0.15),
    Trial(name="4 litters of 3 against 4 of 3", reference=ANIMALS_ALONE, make=littered(4, 3), effect=0.3),
    Trial(
        name="4 litters, 2 animals of each", reference=ANIMALS_ALONE, make=littered(4, 2, is_split=True), effect=0.15
    ),
    Trial(name="density: 6 against 6, CV 0.2", reference=POOLED_T, make=densities(), effect=0.3),
    Trial(
        name="density: 3 of CV 0.45 against 8 of 0.15",
        reference=POOLED_T,
        make=densities((3, 8), (0.45, 0.15)),
        effect=0.4,
    ),
    Trial(
        name="density: animals alike, counts alone vary",
        reference=POOLED_T,
        make=densities(cvs=(0.0, 0.0), animal=Animal(cell_sd=0.0)),
        effect=0.15,
    ),
    Trial(
        name="density 2 × 2, 5 each, CV 0.2",
        reference=DIFFERENCES,
        make=counted((0.2,) * 4, 5),
        effect=0.5,
    ),
    Trial(
        name="density 2 × 2, 5 each, CV 0.1, 0.1, 0.2, 0.4",
        reference=DIFFERENCES,
        make=counted((0.1, 0.1, 0.2, 0.4), 5),
        effect=0.6,
    ),
    Trial(
        name="density, genotype × treatment within 6 animals each",
        reference=DIFFERENCES,
        make=counted((0.2,) * 4, 6, is_within_animals=True),
        effect=0.25,
    ),
    Trial(name="share of 15 % of 90 spines", reference=POOLED_T, make=shares(90, 0.15), effect=0.15),
    Trial(name="share of 3 % of 90 spines", reference=POOLED_T, make=shares(90, 0.03), effect=0.1),
    Trial(name="maturity index of 60 spines", reference=POOLED_T, make=maturity, effect=0.6),
    Trial(
        name=PRIMARY,
        reference=POOLED_T,
        make=densities(cvs=(0.1, 0.1), animal=Animal(cells=5, dendrites=4, cell_sd=0.0)),
        effect=0.15,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Of one question in one kind of experiment, over so many: shares of experiments, 0 to 1."""

    trial: str
    question: str
    reference: str
    experiments: int
    false_positives: float
    coverage: float
    power: float
    reference_false_positives: float
    reference_power: float


def run(trial: Trial, *, experiments: int, seed: int = 1, level: float = 0.05) -> list[Found]:
    """Make so many experiments without the effect and so many with it; the same seed gives the same figures."""
    null: dict[str, list[Told]] = {}
    real: dict[str, list[Told]] = {}
    for number in range(experiments):
        for kept, effect, stream in ((null, 0.0, 0), (real, trial.effect, 1)):
            for told in trial.make(np.random.default_rng([seed, number, stream]), effect):
                kept.setdefault(told.question, []).append(told)
    return [
        Found(
            trial=trial.name,
            question=question,
            reference=trial.reference,
            experiments=experiments,
            false_positives=_share(told.p_value < level for told in null[question]),
            coverage=_share(told.interval.low <= told.truth <= told.interval.high for told in real[question]),
            power=_share(told.p_value < level for told in real[question]),
            reference_false_positives=_share(told.reference_p < level for told in null[question]),
            reference_power=_share(told.reference_p < level for told in real[question]),
        )
        for question in null
    ]


def _share(happened: Iterator[bool]) -> float:
    return float(np.mean(list(happened)))
