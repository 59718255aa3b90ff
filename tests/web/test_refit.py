"""The script that goes with a package repeats its tests and effects, in R where R is there, in several designs."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from spines.export.package import write_package
from spines.models import Dendrite, Experiment, Spine, StatedDesign, Subject
from spines.selectors.results.filters import ResultFilters
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design, statement_of
from spines.statistics.design import Direction, Factor
from tests.factories import Study, make_measured_study
from tests.r import need_r, run_r
from tests.web.three_designs import paired, square, two_groups

pytestmark = [pytest.mark.django_db, pytest.mark.long]


def paired_square() -> Study:
    """Genotype between animals, sessions within them; one animal lacks a session."""
    densities = {
        "WT · before": (0.9, 1.0, 1.1, 1.25),
        "WT · after": (1.0, 1.15, 1.2, 1.4),
        "KO · before": (0.5, 0.65, 0.7, 0.6, 0.75),
        "KO · after": (1.6, 1.7, 1.8, 1.5),
    }
    study = make_measured_study(densities)
    for subject in Subject.objects.filter(experiment=study.experiment):
        subject.name = f"{subject.name[:2]} mouse {subject.name.rpartition('-')[2]}"
        subject.save()
    Experiment.objects.filter(pk=study.experiment.pk).update(animals_recur=True)
    factors = (
        Factor(name="genotype", levels=("WT", "KO")),
        Factor(name="session", levels=("before", "after"), within_animals=True),
    )
    cells = {pk: tuple(name.split(" · ")) for name, pk in study.experiment.conditions.values_list("name", "pk")}
    named = PrimaryStatement(measure="density", direction=Direction.HIGHER)
    statement = DesignStatement(factors=factors, cells=cells, covariates=(), primary=named)
    state_design(user=study.owner, experiment_id=study.experiment.pk, statement=statement)
    return study


def of_counts() -> Study:
    """The square with one variance: densities are counts in one model, head widths vary in all that nests."""
    study = square()
    random = np.random.default_rng(1)
    off = {pk: float(random.normal(0, 0.05)) for pk in Dendrite.objects.values_list("pk", flat=True)}
    spines = list(Spine.objects.exclude(dendrite=None))
    for spine in spines:
        spine.head_width_um = 0.5 + off[spine.dendrite_id or 0] + abs(float(random.normal(0, 0.1)))
    Spine.objects.bulk_update(spines, ["head_width_um"])
    stated = StatedDesign.objects.get(is_current=True)
    said = statement_of(stated)
    state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=DesignStatement(
            factors=said.factors, cells=said.cells, covariates=(), primary=said.primary, has_common_spread=True
        ),
        seen_design_id=stated.pk,
    )
    return study


@pytest.mark.parametrize(
    ("made", "effects"), [(two_groups, 0), (paired, 0), (square, 40), (paired_square, 40), (of_counts, 10)]
)
def test_r_repeats_every_figure(made: Callable[[], Study], effects: int, tmp_path: Path) -> None:
    need_r(*(["lme4"] if made is of_counts else []))
    file = io.BytesIO()
    write_package(file, experiment=made().experiment, filters=ResultFilters())
    with ZipFile(file) as archive:
        archive.extractall(tmp_path)

    said = run_r(tmp_path / "refit.R", folder=tmp_path)

    told = re.search(r"(\d+) figures of pairs, (\d+) of corrections and effects repeated; (\d+) of them differ", said)
    assert told, said
    pairs, others, apart = map(int, told.groups())
    assert apart == 0, said
    assert pairs >= 6
    assert others >= effects
