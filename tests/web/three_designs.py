"""Measured studies of three designs: two groups, sessions within animals, genotype and treatment."""

from __future__ import annotations

from spines.models import Experiment, Subject
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design
from spines.statistics.design import Direction, Factor
from tests.factories import Study, make_measured_study

SQUARE = {
    "WT · veh": (0.9, 1.0, 1.1, 1.25),
    "WT · drug": (1.0, 1.15, 1.2, 1.0),
    "KO · veh": (0.5, 0.65, 0.7, 0.6),
    "KO · drug": (1.6, 1.7, 1.8, 1.5),
}


def two_groups() -> Study:
    """No design."""
    return make_measured_study({"control": (0.9, 1.0, 1.1, 1.3), "treated": (1.2, 1.5, 1.4, 1.7)})


def paired() -> Study:
    """Five animals before and after, one of them before alone."""
    study = make_measured_study({"before": (0.9, 1.0, 1.1, 1.3, 0.8), "after": (1.2, 1.25, 1.5, 1.4)})
    for subject in Subject.objects.filter(experiment=study.experiment):
        subject.name = f"mouse {subject.name.rpartition('-')[2]}"
        subject.save()
    Experiment.objects.filter(pk=study.experiment.pk).update(animals_recur=True)
    factor = Factor(name="session", levels=("before", "after"), within_animals=True)
    return _stated(study, (factor,), "head_width_um")


def square() -> Study:
    """Genotype and treatment between animals."""
    factors = (Factor(name="genotype", levels=("WT", "KO")), Factor(name="treatment", levels=("veh", "drug")))
    return _stated(make_measured_study(SQUARE), factors, "density")


def _stated(study: Study, factors: tuple[Factor, ...], primary: str) -> Study:
    cells = {pk: tuple(name.split(" · ")) for name, pk in study.experiment.conditions.values_list("name", "pk")}
    named = PrimaryStatement(measure=primary, direction=Direction.HIGHER)
    statement = DesignStatement(factors=factors, cells=cells, covariates=(), primary=named)
    state_design(user=study.owner, experiment_id=study.experiment.pk, statement=statement)
    return study
