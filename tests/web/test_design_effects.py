"""Effects of a stated design on results and report: what is shown, of which measure, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from spines.models import StatedDesign, Subject
from spines.selectors.designs.primary_measures import primary_measures
from spines.selectors.results.comparison import comparison_of, design_to_test
from spines.selectors.results.effects import effects_of_design
from spines.selectors.results.filters import ResultFilters
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design, statement_of
from spines.statistics.design import Direction, Factor
from spines.vocabulary.compared import DENSITY
from tests.factories import Study, make_measured_study
from tests.web.results_pages import address, csv_rows, figure_of
from tests.web.three_designs import paired
from webapp.results.shown_effects import shown_effects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("undrawn")]

WT, KO = ("WT · veh", "WT · drug"), ("KO · veh", "KO · drug")
DENSITIES = {
    "KO · drug": (1.6, 1.7, 1.8),
    "WT · veh": (0.9, 1.0, 1.1),
    "KO · veh": (0.5, 0.6, 0.7),
    "WT · drug": (1.0, 1.1, 1.2),
}


@pytest.fixture
def study() -> Study:
    """Genotype and treatment crossed between animals; the drug acts in KO alone."""
    return make_measured_study(DENSITIES)


def state(study: Study, *, primary: str = "density", covariates: tuple[str, ...] = ()) -> StatedDesign:
    factors = (
        Factor(name="genotype", levels=("WT", "KO"), control="WT"),
        Factor(name="treatment", levels=("veh", "drug"), control="veh"),
    )
    cells = {pk: tuple(name.split(" · ")) for name, pk in study.experiment.conditions.values_list("name", "pk")}
    named = PrimaryStatement(measure=primary, direction=Direction.EITHER) if primary else None
    return state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=DesignStatement(factors=factors, cells=cells, covariates=covariates, primary=named),
    )


def page_of(client: Client, study: Study, name: str) -> str:
    client.force_login(study.owner)
    return client.get(reverse(name, args=[study.experiment.pk])).content.decode()


def test_main_effects_and_interaction_of_the_primary_measure_come_first(client: Client, study: Study) -> None:
    assert effects_of_design(study.experiment, ResultFilters()) is None
    state(study)
    found = effects_of_design(study.experiment, ResultFilters())
    assert found
    assert found.tests[0].measure == DENSITY
    first, others = shown_effects(found)
    rows = {row.label: row for row in first}
    # Ratios, as in the pairs: 1.7 over 0.6, and over 1.1 over 1.0.
    assert rows["treatment: drug − veh, KO"].value == "× 2.83"
    assert rows["genotype × treatment"].value == "× 2.58"
    pairs = comparison_of(study.experiment, ResultFilters()).tests[DENSITY].pairs
    pair = next(pair for pair in pairs if pair.first == KO[0])
    effect = found.tests[0].effect("treatment: drug − veh, KO")
    assert (effect.p_value, effect.ratio) == pytest.approx((pair.p_value, pair.ratio))
    assert {row.measure for row in first} == {"Density, per µm"}
    assert others
    for name in ("results:tests", "report:experiment"):
        text = page_of(client, study, name)
        assert "Effects of the design" in text
        assert "genotype × treatment" in text


def test_pairs_follow_the_design_and_the_primary_measure_is_alone_in_its_family(study: Study) -> None:
    state(study, primary="head_width_um")
    compared = comparison_of(study.experiment, ResultFilters())
    assert compared.conditions == ("WT · veh", "WT · drug", "KO · veh", "KO · drug")
    assert {name for name, test in compared.tests.items() if test.is_primary} == {"head width, µm"}
    pairs = {(pair.first, pair.second) for pair in compared.tests[DENSITY].pairs}
    assert pairs == {
        ("WT · veh", "WT · drug"),
        ("KO · veh", "KO · drug"),
        ("WT · veh", "KO · veh"),
        ("WT · drug", "KO · drug"),
    }


def test_each_primary_measure_that_can_be_named_is_a_test(study: Study) -> None:
    tests = comparison_of(study.experiment, ResultFilters()).tests
    measured = {"neck_width_um", "neck_length_um", "length_um", "area_um2", "intensity_ratio"}
    for measure in primary_measures(study.experiment):
        StatedDesign.objects.all().delete()
        state(study, primary=measure)
        design = design_to_test(study.experiment)
        assert design
        assert design.primary
        if measure not in measured:  # the made spines have head widths alone
            assert design.primary.measure in tests


def test_a_stated_covariate_is_taken_in(client: Client, study: Study) -> None:
    for at, subject in enumerate(Subject.objects.filter(experiment=study.experiment)):
        subject.age_days = 50 + 7 * at % 5
        subject.save()
    state(study)
    plain = effects_of_design(study.experiment, ResultFilters())
    StatedDesign.objects.all().delete()
    cache.clear()
    state(study, covariates=("age",))
    adjusted = effects_of_design(study.experiment, ResultFilters())
    assert plain
    assert adjusted
    label = "genotype: KO − WT"
    assert plain.tests[0].effect(label).value != adjusted.tests[0].effect(label).value
    assert "covariates taken in" in page_of(client, study, "results:tests")


def test_one_variance_for_the_whole_design_is_told_by_one_model_with_its_formula(client: Client, study: Study) -> None:
    state(study)
    each = effects_of_design(study.experiment, ResultFilters())
    stated = StatedDesign.objects.get(is_current=True)
    state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=replace(statement_of(stated), has_common_spread=True),
        seen_design_id=stated.pk,
    )
    common = effects_of_design(study.experiment, ResultFilters())
    assert each
    assert common
    label = "genotype: KO − WT"
    assert common.tests[0].effect(label).value == pytest.approx(each.tests[0].effect(label).value, rel=0.02)
    assert common.tests[0].effect(label).df != each.tests[0].effect(label).df
    for name in ("results:tests", "report:experiment"):
        text = page_of(client, study, name)
        assert "one variance for the whole design" in text
        assert "value ~ genotype * treatment + (1 | animal)" in text
        assert "spines ~ genotype * treatment + (1 | animal)" in text
        assert "Kenward and Roger" in text
    assert StatedDesign.objects.count() == 2


def test_the_design_is_drawn_with_its_animals(client: Client, study: Study) -> None:
    client.force_login(study.owner)
    assert figure_of(client, study, "by-design")["layout"]["meta"]["empty"]
    assert 'data-name="by-design"' not in client.get(address(study)).content.decode()
    state(study)
    traces = figure_of(client, study, "by-design")["data"]
    means = {trace["name"]: trace["y"] for trace in traces if trace["mode"] == "lines+markers"}
    assert means == {"WT": pytest.approx([1.0, 1.1]), "KO": pytest.approx([0.6, 1.7])}
    assert sum(len(trace["y"]) for trace in traces if trace["mode"] == "markers") == 12
    rows = csv_rows(client, address(study, "figure_csv", "by-design"))
    assert {(row["series"], row["level"]) for row in rows} == {(g, t) for g in ("WT", "KO") for t in ("veh", "drug")}
    assert 'data-name="by-design"' in client.get(address(study)).content.decode()
    assert page_of(client, study, "report:experiment").count("data:image/svg+xml;base64,") == 7


def test_animals_that_are_held_against_themselves_have_a_line_and_one_mark(client: Client) -> None:
    study = paired()
    client.force_login(study.owner)
    traces = figure_of(client, study, "density")["data"]
    lines = {trace["name"]: len(trace["y"]) for trace in traces if trace["mode"] == "lines"}
    assert lines == {f"mouse {number}": 2 for number in range(1, 5)}  # mouse 5 was there before alone
    marks = {
        (trace["name"], trace["marker"]["color"], trace["marker"]["symbol"])
        for trace in traces
        if trace["name"].startswith("mouse") and trace["mode"] == "markers"
    }
    assert len(marks) == 5
