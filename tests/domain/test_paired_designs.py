"""A paired design: animals in several conditions, from the sheet that says so to what is compared within them."""

from __future__ import annotations

import pytest

from spines.errors import Conflict, InvalidInput
from spines.models import AuditEvent, Image, Subject
from spines.selectors.designs.facts import animal_facts, animals_in_conditions, known_covariates, proposal_of
from spines.selectors.designs.stated import (
    design_of,
    table_of,
    telling_of,
)
from spines.services.designs.conditions import merge_conditions
from spines.services.designs.stating import DesignStatement
from spines.services.samples.facts import SampleConflict
from spines.services.samples.sources import apply_pattern, apply_sample_sheet
from spines.statistics.design import Factor
from tests.domain.statements import LOWER, before_and_after, ids, names, of_proposal, state, three_conditions
from tests.factories import Study, placed_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Three animals each of KO, WT and HET."""
    return three_conditions()


@pytest.fixture
def paired() -> Study:
    """Six animals, three of each genotype, each before and after a treatment."""
    return before_and_after()


def test_a_sheet_puts_an_animal_into_several_conditions_and_the_proposal_asks_whether_it_is_paired(
    paired: Study,
) -> None:
    assert paired.experiment.animals_recur
    assert paired.experiment.subjects.count() == 12
    assert paired.experiment.subjects.values("name").distinct().count() == 6
    proposal = proposal_of(paired.experiment)
    assert proposal
    assert [(f.name, f.within_animals, f.control) for f in proposal.design.factors] == [
        ("genotype", False, "WT"),
        ("treatment", True, "before"),
    ]
    assert "6 animals have several of after and before, 6 both: compared within animals?" in proposal.questions
    rows = animals_in_conditions(paired.experiment)
    assert known_covariates(rows) == ("sex", "age")
    assert animal_facts(paired.experiment)["m2"].covariates == {"sex": "male", "age": 62.0}


def test_a_paired_design_tells_which_pairs_are_within_animals_and_the_least_p(paired: Study) -> None:
    made = state(paired, of_proposal(paired, primary=LOWER))
    assert names(paired) == ["WT · before", "WT · after", "KO · before", "KO · after"]
    rows = animals_in_conditions(paired.experiment)
    table = table_of(design_of(made), rows)
    assert table.rows[0] == ("m0", (True, True, False, False))
    telling = telling_of(design_of(made), rows)
    assert telling.layout
    pairs = {(p.first, p.second): (p.is_paired, p.animals, p.least_p) for p in telling.layout.pairs}
    assert pairs["WT · before", "WT · after"] == (True, (3,), 0.25)
    assert pairs["WT · before", "KO · before"] == (False, (3, 3), 0.1)


def test_a_between_factor_of_which_an_animal_has_two_levels_is_refused(paired: Study) -> None:
    statement = of_proposal(paired)
    between = tuple(Factor(name=f.name, levels=f.levels, control=f.control) for f in statement.factors)
    with pytest.raises(InvalidInput, match="stated to differ between animals"):
        state(paired, DesignStatement(factors=between, cells=statement.cells))


def test_stating_a_factor_within_animals_lets_file_names_name_an_animal_twice(study: Study) -> None:
    factor = Factor(name="time", levels=("WT", "KO"), within_animals=True)
    cells = {ids(study)[name]: (name,) for name in ("WT", "KO")}
    for name in ("WT_a_1.tif", "KO_a_1.tif"):
        image = placed_image(study)
        Image.objects.filter(pk=image.pk).update(original_name=name)
    with pytest.raises(SampleConflict):
        apply_pattern(user=study.owner, experiment_id=study.experiment.pk, pattern="{condition}_{animal}_{cell}")
    state(study, DesignStatement(factors=(factor,), cells=cells))
    apply_pattern(user=study.owner, experiment_id=study.experiment.pk, pattern="{condition}_{animal}_{cell}")
    assert set(study.experiment.subjects.filter(name="a").values_list("condition__name", flat=True)) == {"WT", "KO"}


def sheet(study: Study, *lines: str) -> None:
    apply_sample_sheet(user=study.owner, experiment_id=study.experiment.pk, data="\n".join(lines).encode())


def test_where_animals_recur_one_image_moves_alone_and_an_emptied_row_goes(paired: Study) -> None:
    sheet(paired, "file_name,animal,treatment", "m0_after.tif,m0,washout")
    of_m0 = paired.experiment.subjects.filter(name="m0")
    assert set(of_m0.values_list("condition__name", flat=True)) == {"WT · before", "WT · washout"}
    image = paired.experiment.images.select_related("cell__subject").get(original_name="m0_after.tif")
    assert image.cell
    assert image.cell.subject.factors == {"genotype": "WT", "treatment": "washout"}
    assert image.cell.subject.age_days == 60


def test_where_animals_recur_sex_and_genotype_stay_and_an_animal_alone_does_not_tell(paired: Study) -> None:
    placed = placed_image(paired)
    Image.objects.filter(pk=placed.pk).update(original_name="new.tif")
    for lines, sentence in (
        (("file_name,animal", "new.tif,m0"), "Row 2: animal m0 stands in WT · after and WT · before. Say in which"),
        (("file_name,animal,treatment,sex", "new.tif,m0,before,m"), "Animal m0 has 2 sexes: female, male"),
        (("file_name,animal,genotype,treatment", "new.tif,m0,KO,before"), "Animal m0 has 2 genotypes: KO, WT"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            sheet(paired, *lines)
    sheet(paired, "file_name,animal,treatment", "new.tif,m0,before")
    placed.refresh_from_db()
    assert placed.cell
    assert placed.cell.subject.condition
    assert placed.cell.subject.condition.name == "WT · before"
    for genotype in ("KO", "WT"):
        rows = [f"{name}.tif,m0,{genotype}" for name in ("m0_before", "m0_after", "new")]
        sheet(paired, "file_name,animal,genotype", *rows)
        assert {s.factors["genotype"] for s in Subject.objects.filter(name="m0")} == {genotype}


def test_conditions_that_an_animal_shares_are_not_merged(paired: Study) -> None:
    of = ids(paired)
    with pytest.raises(Conflict, match="m0, m2 and m4 stand in WT · before and in WT · after"):
        merge_conditions(
            user=paired.owner,
            experiment_id=paired.experiment.pk,
            into_id=of["WT · before"],
            merged_id=of["WT · after"],
        )
    assert paired.experiment.subjects.count() == 12
    assert not AuditEvent.objects.filter(action="conditions.merged").exists()
