"""Animals of a litter are alike: from the sheet over the design to every test that rests on it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from scipy.stats import ttest_ind

from spines.export.sample_sheet import sheet_lines
from spines.models import Image, Subject
from spines.samples.sheet_text import SampleSheetError
from spines.selectors.designs.facts import animals_in_conditions, known_covariates, proposal_of
from spines.selectors.designs.stated import design_in_words, stated_design
from spines.selectors.results import fitted_model as one_model
from spines.selectors.results.comparison import comparison_of
from spines.selectors.results.effects import effects_of_design
from spines.selectors.results.filters import ResultFilters
from spines.services.designs.stating import DesignStatement, state_design
from spines.services.samples.sources import apply_sample_sheet
from spines.statistics.compare import Plan, compare_all
from spines.statistics.design import plain_design
from spines.statistics.types import MeasureTest, Observation
from spines.vocabulary.compared import DENSITY
from tests.factories import Study, make_measured_study, placed_image

TWO = ("control", "drug")
# By litter the values of its animals: hardly apart within litters, far between them.
NESTED = {
    "control": {"A": (1.0, 1.01), "B": (1.4, 1.41), "C": (0.8, 0.81), "D": (1.2, 1.21)},
    "drug": {"E": (1.5, 1.51), "F": (1.9, 1.91), "G": (1.1, 1.11), "H": (1.6, 1.61)},
}


def compared(values: Mapping[str, Mapping[str, Sequence[float]]], *, has_litters: bool = True) -> MeasureTest:
    rows, litters = [], {}
    for condition, of_condition in values.items():
        for litter, animals in of_condition.items():
            for at, value in enumerate(animals):
                name = f"{condition} {litter} {at}"
                litters[name] = litter
                rows.append(Observation(condition=condition, animal=name, value=value))
    plan = Plan(design=replace(plain_design(TWO), has_litters=has_litters), litters=litters)
    return compare_all({"value": rows}, TWO, plan=plan)[0]


def test_of_animals_that_are_like_their_litter_the_litters_are_the_sample() -> None:
    pair = compared(NESTED).pairs[0]
    means = [[sum(of) / 2 for of in NESTED[condition].values()] for condition in TWO]
    of_litters = ttest_ind(means[1], means[0])
    assert pair.takes_litters
    assert pair.p_value == pytest.approx(of_litters.pvalue, rel=0.02)
    assert pair.df == pytest.approx(6, rel=0.02)
    assert pair.difference == pytest.approx(0.4250, abs=1e-3)
    assert pair.permutation_p is None
    assert pair.ratio_interval
    assert pair.ratio_interval.low < 1 < pair.ratio_interval.high, "as p says"
    ignored = compared(NESTED, has_litters=False).pairs[0]
    assert ignored.p_value
    assert pair.p_value
    assert ignored.p_value < 0.05 < pair.p_value


def test_litters_that_gave_animals_to_both_conditions_are_held_against_themselves() -> None:
    split = {
        "control": {"A": (1.0, 1.03), "B": (2.0, 2.04), "C": (3.0, 2.98)},
        "drug": {"A": (1.2, 1.22), "B": (2.21, 2.2), "C": (3.2, 3.23)},
    }
    pair, ignored = compared(split).pairs[0], compared(split, has_litters=False).pairs[0]
    assert pair.p_value
    assert ignored.p_value
    assert pair.p_value < 0.001
    assert ignored.p_value > 0.5


def test_two_litters_a_condition_have_no_p_value_and_two_that_are_split_have() -> None:
    nested = {"control": {"A": (1.0, 1.1), "B": (1.4, 1.5)}, "drug": {"C": (1.5, 1.7), "D": (1.9, 2.0)}}
    pair = compared(nested).pairs[0]
    assert pair.p_value is None
    assert "are of 2 litters, and 3 are needed" in pair.no_p_because
    split = {"control": {"A": (1.0, 1.1), "B": (1.4, 1.5)}, "drug": {"A": (1.5, 1.7), "B": (1.9, 2.0)}}
    assert compared(split).pairs[0].p_value


@pytest.fixture
def study(db: None) -> Study:
    """Six animals a condition, two of each litter, by a sheet that calls litters cages."""
    study = make_measured_study(
        {"control": (0.8, 0.81, 1.0, 1.01, 1.2, 1.21), "drug": (1.1, 1.12, 1.3, 1.31, 1.5, 1.52)}
    )
    lines = ["file_name,animal,cage"]
    for image in Image.objects.filter(experiment=study.experiment).select_related("cell__subject__condition"):
        assert image.cell
        subject = image.cell.subject
        assert subject.condition
        same = Subject.objects.filter(experiment=study.experiment, condition=subject.condition).order_by("name")
        at = [each.pk for each in same].index(subject.pk)
        lines.append(f"{image.original_name},{subject.name},{subject.condition.name[0]}{at // 2}")
    apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data="\n".join(lines).encode())
    return study


def state(study: Study, *covariates: str) -> None:
    proposal = proposal_of(study.experiment)
    assert proposal
    ids = dict(study.experiment.conditions.values_list("name", "pk"))
    state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=DesignStatement(
            factors=proposal.design.factors,
            cells={ids[name]: levels for name, levels in proposal.design.conditions.items()},
            covariates=covariates,
        ),
    )


def test_a_sheet_names_litters_and_the_design_asks_whether_they_are_taken_in(study: Study, client: Client) -> None:
    assert set(Subject.objects.values_list("litter", flat=True)) == {"c0", "c1", "c2", "d0", "d1", "d2"}
    assert known_covariates(animals_in_conditions(study.experiment)) == ("litter",)
    proposal = proposal_of(study.experiment)
    assert proposal
    assert proposal.design.has_litters
    assert any(question.startswith("12 animals come from 6 litters") for question in proposal.questions)
    client.force_login(study.owner)
    page = client.get(reverse("designs:design", args=[study.experiment.pk])).content.decode()
    assert re.search(r'name="covariate" value="litter"', page)
    first, *rows = "".join(sheet_lines(study.experiment)).splitlines()
    assert first.split(",")[-1] == "litter"
    assert all(row.split(",")[-1] in {"c0", "c1", "c2", "d0", "d1", "d2"} for row in rows)


def test_an_animal_has_one_litter(study: Study) -> None:
    image = Image.objects.filter(experiment=study.experiment).select_related("cell__subject").first()
    assert image
    assert image.cell
    again = placed_image(study)
    sheet = f"file_name,animal,litter\n{again.original_name},{image.cell.subject.name},elsewhere"
    with pytest.raises(SampleSheetError, match="has 2 litters"):
        apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data=sheet.encode())


def test_a_design_that_takes_litters_in_changes_pairs_effects_and_what_is_written(study: Study, client: Client) -> None:
    state(study)
    plain = comparison_of(study.experiment, ResultFilters()).tests[DENSITY].pairs[0]
    study.experiment.designs.all().delete()
    state(study, "litter")
    design = stated_design(study.experiment)
    assert design
    assert design_in_words(design).endswith("; animals of a litter alike")
    pair = comparison_of(study.experiment, ResultFilters()).tests[DENSITY].pairs[0]
    assert plain.p_value
    assert pair.p_value
    assert plain.p_value < pair.p_value
    assert pair.model.endswith("litters taken in")
    effects = effects_of_design(study.experiment, ResultFilters())
    assert effects
    of_density = next(test for test in effects.tests if test.measure == DENSITY)
    assert of_density.effects[0].p_value == pytest.approx(pair.p_value)
    client.force_login(study.owner)
    report = client.get(reverse("report:experiment", args=[study.experiment.pk])).content.decode()
    assert "restricted maximum likelihood with a variance of litters" in report
    assert "of 6 litters" in report


def test_a_model_of_too_many_cells_is_said_to_be_left_out(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_model, "MOST_CELLS", 5)
    left_out = one_model.fitted_model(study.experiment, ResultFilters())
    assert "is not given: it would have a row a cell, 24 in all, and is fitted to at most 5" in f"{left_out}"
