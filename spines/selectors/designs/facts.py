"""What is known of an experiment's animals that a design can be made of: conditions, factors, sex, age, litter."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Count

from spines.models import Experiment, Sex, Subject
from spines.statistics.design import AnimalFacts, Covariate
from spines.statistics.proposal import AnimalInCondition, Proposal, has_litters, propose

COVARIATES: dict[str, Covariate] = {
    "sex": Covariate(name="sex", levels=tuple(sex.value for sex in Sex)),
    "age": Covariate(name="age", unit="days"),
}
"""Covariates that are stored of an animal, by the name that a stated design has them under."""
LITTER = "litter"
TAKEN_IN = (*COVARIATES, LITTER)
"""What a stated design may take in besides its factors: covariates, and that animals of a litter are alike."""


def subjects_with_images(experiment: Experiment) -> list[Subject]:
    """Animals in their conditions that have an image, by condition in the experiment's order, then by name.

    Each has `n_images`.
    """
    rows = experiment.subjects.select_related("condition").annotate(n_images=Count("cells__images"))
    return [*rows.filter(n_images__gt=0).order_by("condition__position", "condition__pk", "name")]


def animals_in_conditions(experiment: Experiment) -> list[AnimalInCondition]:
    """Every animal in every condition that it stands in, animals without a condition left out."""
    return [
        AnimalInCondition(
            animal=subject.name,
            condition=subject.condition.name,
            factors=dict(subject.factors),
            facts={name: value for name, value in _facts(subject).items() if value},
            litter=subject.litter,
        )
        for subject in subjects_with_images(experiment)
        if subject.condition
    ]


def animal_facts(experiment: Experiment) -> dict[str, AnimalFacts]:
    """By an animal's name its covariates and litter; where it stands in several conditions, as known in the first."""
    found: dict[str, dict[str, float | str]] = {}
    litters: dict[str, str] = {}
    for subject in subjects_with_images(experiment):
        of_animal = found.setdefault(subject.name, {})
        if subject.sex:
            of_animal.setdefault("sex", subject.sex)
        if subject.age_days is not None:
            of_animal.setdefault("age", float(subject.age_days))
        litters[subject.name] = litters.get(subject.name) or subject.litter
    return {
        name: AnimalFacts(name=name, covariates=covariates, litter=litters[name]) for name, covariates in found.items()
    }


def litters_of(experiment: Experiment) -> dict[str, str]:
    """By an animal's name its litter, of those whose litter is known."""
    return {name: facts.litter for name, facts in animal_facts(experiment).items() if facts.litter}


def known_covariates(rows: Sequence[AnimalInCondition]) -> tuple[str, ...]:
    """Those of `TAKEN_IN` that are known of every animal and are not alike in all, nor litters of one animal each."""
    found = []
    for name in COVARIATES:
        values = {row.facts.get(name, "") for row in rows}
        if len(values) > 1 and "" not in values:
            found.append(name)
    return (*found, LITTER) if has_litters(rows) else tuple(found)


def proposal_of(experiment: Experiment, rows: Sequence[AnimalInCondition] | None = None) -> Proposal | None:
    """A design proposed from the facts; None where there are not two conditions with an animal."""
    names = list(experiment.conditions.values_list("name", flat=True))
    return propose(animals_in_conditions(experiment) if rows is None else rows, names)


def _facts(subject: Subject) -> dict[str, str]:
    return {"sex": subject.sex, "age": "" if subject.age_days is None else str(subject.age_days)}
