"""Stating a design, ordering, renaming and merging conditions: what is kept, refused, audited and put in order."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from spines.models import AuditEvent, Condition, Image, StatedDesign, Subject
from spines.selectors.designs.facts import animal_facts, animals_in_conditions, known_covariates, proposal_of
from spines.selectors.designs.primary_measures import primary_in_words
from spines.selectors.designs.stated import (
    current_design,
    design_in_words,
    design_of,
    earlier_designs,
    stated_design,
    table_of,
    telling_of,
)
from spines.selectors.results.comparison import compared_conditions
from spines.selectors.results.filters import ResultFilters
from spines.services.designs.conditions import merge_conditions, order_conditions, rename_condition
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design
from spines.services.samples.facts import SampleConflict
from spines.services.samples.sources import apply_pattern, apply_sample_sheet
from spines.statistics.design import Direction, Factor
from tests.factories import Study, current_row, make_study, placed_image

pytestmark = pytest.mark.django_db

LOWER = PrimaryStatement(measure="density", direction=Direction.LOWER)


@pytest.fixture
def study() -> Study:
    """Three animals each of KO, WT and HET, seen in this order."""
    study = make_study()
    for condition in ("KO", "WT", "HET"):
        for number in range(3):
            placed_image(study, animal=f"{condition}{number}", condition=condition)
    return study


@pytest.fixture
def paired() -> Study:
    """A sheet of six animals, three of each genotype, each before and after a treatment."""
    study = make_study()
    lines = ["file_name,animal,genotype,treatment,sex,age_days"]
    for number in range(6):
        for treatment in ("after", "before"):
            image = placed_image(study)
            name = f"m{number}_{treatment}.tif"
            Image.objects.filter(pk=image.pk).update(original_name=name)
            genotype, sex = ("KO", "f") if number % 2 else ("WT", "m" if number == 2 else "f")
            lines.append(f"{name},m{number},{genotype},{treatment},{sex},{60 + number}")
    apply_sample_sheet(
        user=study.owner, experiment_id=study.experiment.pk, data="\n".join(lines).encode(), animals_recur=True
    )
    study.experiment.refresh_from_db()
    return study


def ids(study: Study) -> dict[str, int]:
    return dict(study.experiment.conditions.values_list("name", "pk"))


def names(study: Study) -> list[str]:
    return list(study.experiment.conditions.values_list("name", flat=True))


def plain(study: Study, *levels: str, control: str = "", primary: PrimaryStatement | None = None) -> DesignStatement:
    factor = Factor(name="genotype", levels=levels, control=control)
    return DesignStatement(factors=(factor,), cells={ids(study)[name]: (name,) for name in levels}, primary=primary)


def state(study: Study, statement: DesignStatement, *, seen: StatedDesign | None = None) -> StatedDesign:
    return state_design(
        user=study.owner,
        experiment_id=study.experiment.pk,
        statement=statement,
        seen_design_id=seen.pk if seen else None,
    )


def of_proposal(study: Study, *, primary: PrimaryStatement | None = None) -> DesignStatement:
    proposal = proposal_of(study.experiment)
    assert proposal
    cells = {ids(study)[name]: levels for name, levels in proposal.design.conditions.items()}
    return DesignStatement(factors=proposal.design.factors, cells=cells, primary=primary)


def test_conditions_follow_the_stated_order_the_control_first_and_tests_compare_in_it(study: Study) -> None:
    assert names(study) == ["KO", "WT", "HET"]
    state(study, plain(study, "KO", "HET", "WT", control="WT"))
    assert names(study) == ["WT", "KO", "HET"]
    assert compared_conditions(study.experiment, ResultFilters()) == ("WT", "KO", "HET")
    design = stated_design(study.experiment)
    assert design
    assert design_in_words(design) == "genotype (WT, KO, HET) between animals; control: WT"


def test_a_statement_is_kept_with_who_when_and_whether_results_were_there(study: Study) -> None:
    first = state(study, plain(study, "WT", "KO", primary=LOWER))
    assert (first.stated_by, first.after_results, first.primary_after_results) == (study.owner, False, False)
    assert primary_in_words(first).startswith("Spine density is lower, named on ")
    assert primary_in_words(first).endswith("before any image was analysed")
    current_row(study, study.experiment.images.earliest("pk"))
    second = state(study, plain(study, "WT", "KO", "HET", primary=LOWER), seen=first)
    assert second.after_results
    assert (second.primary_at, second.primary_after_results) == (first.primary_at, False)
    higher = PrimaryStatement(measure="density", direction=Direction.HIGHER)
    third = state(study, plain(study, "WT", "KO", "HET", primary=higher), seen=second)
    assert third.primary_after_results
    assert third.primary_at != first.primary_at
    assert primary_in_words(third).endswith("after images were analysed")
    assert current_design(study.experiment) == third
    assert earlier_designs(study.experiment) == [second, first]
    event = AuditEvent.objects.filter(action="design.stated").first()
    assert event
    assert event.actor == study.owner
    assert event.details["before"]["primary"] == ["density", "is lower"]
    assert event.details["after"]["primary"] == ["density", "is higher"]


def test_the_same_said_again_changes_nothing_and_a_stale_statement_is_refused(study: Study) -> None:
    first = state(study, plain(study, "WT", "KO"))
    assert state(study, plain(study, "WT", "KO"), seen=first) == first
    with pytest.raises(Stale, match="stated this design meanwhile"):
        state(study, plain(study, "KO", "WT"))
    assert AuditEvent.objects.filter(action="design.stated").count() == 1


def test_what_contradicts_is_refused_with_a_sentence_and_nothing_is_kept(study: Study) -> None:
    other = make_study()
    placed_image(other, animal="x", condition="X")
    statements = {
        "has no condition": DesignStatement(
            factors=(Factor(name="genotype", levels=("WT", "X")),),
            cells={ids(study)["WT"]: ["WT"], ids(other)["X"]: ["X"]},
        ),
        "both stand for WT": DesignStatement(
            factors=(Factor(name="genotype", levels=("WT", "KO")),), cells={pk: ["WT"] for pk in ids(study).values()}
        ),
        "choose one of WT and KO": DesignStatement(
            factors=(Factor(name="genotype", levels=("WT", "KO")),), cells={pk: ["HET"] for pk in ids(study).values()}
        ),
        "cannot be a covariate": DesignStatement(
            factors=(Factor(name="genotype", levels=("WT", "KO")),),
            cells={ids(study)["WT"]: ["WT"], ids(study)["KO"]: ["KO"]},
            covariates=("weight",),
        ),
        "no measure beauty": plain(
            study, "WT", "KO", primary=PrimaryStatement(measure="beauty", direction=Direction.EITHER)
        ),
        "two conditions at least": DesignStatement(
            factors=(Factor(name="genotype", levels=("WT", "KO")),), cells={ids(study)["WT"]: ["WT"]}
        ),
        "has no name": DesignStatement(
            factors=(Factor(name=" ", levels=("WT", "KO")),),
            cells={ids(study)["WT"]: ["WT"], ids(study)["KO"]: ["KO"]},
        ),
    }
    for sentence, statement in statements.items():
        with pytest.raises(InvalidInput, match=sentence):
            state(study, statement)
    assert not StatedDesign.objects.exists()
    assert names(study) == ["KO", "WT", "HET"]


def test_a_viewer_states_nothing_and_a_stranger_finds_nothing(study: Study) -> None:
    pk, of = study.experiment.pk, ids(study)
    for user, error in ((study.viewer, NotAllowed), (make_study().owner, NotFound)):
        with pytest.raises(error):
            state_design(user=user, experiment_id=pk, statement=plain(study, "WT", "KO"))
        with pytest.raises(error):
            order_conditions(user=user, experiment_id=pk, condition_ids=list(of.values()))
        with pytest.raises(error):
            rename_condition(user=user, experiment_id=pk, condition_id=of["WT"], name="wild")
        with pytest.raises(error):
            merge_conditions(user=user, experiment_id=pk, into_id=of["WT"], merged_id=of["KO"])


def test_the_database_keeps_one_current_design_and_whole_primary_measures(study: Study) -> None:
    state(study, plain(study, "WT", "KO"))
    row = {"experiment": study.experiment, "factors": [{}], "cells": {}, "after_results": False}
    broken = (
        row,
        row | {"is_current": False, "factors": []},
        row | {"is_current": False, "primary_measure": "density"},
        row | {"is_current": False, "primary_direction": "is lower", "primary_at": timezone.now()},
    )
    for values in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            StatedDesign.objects.create(**values)


# ---- paired


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


# ---- order, rename, merge


def test_conditions_are_ordered_by_hand_until_a_design_orders_them(study: Study) -> None:
    of, pk = ids(study), study.experiment.pk
    order = [of["WT"], of["HET"], of["KO"]]
    assert order_conditions(user=study.owner, experiment_id=pk, condition_ids=order) == ("WT", "HET", "KO")
    assert names(study) == ["WT", "HET", "KO"]
    event = AuditEvent.objects.get(action="conditions.ordered")
    assert (event.details["before"], event.details["after"]) == (["KO", "WT", "HET"], ["WT", "HET", "KO"])
    with pytest.raises(InvalidInput, match="every condition of the experiment once"):
        order_conditions(user=study.owner, experiment_id=pk, condition_ids=order[:2])
    state(study, plain(study, "WT", "KO"))
    with pytest.raises(Conflict, match="design orders the conditions"):
        order_conditions(user=study.owner, experiment_id=pk, condition_ids=order)


def test_a_renamed_condition_is_still_meant_by_its_former_name_and_the_design_follows(study: Study) -> None:
    pk = study.experiment.pk
    first = state(study, plain(study, "WT", "KO", primary=LOWER))
    rename_condition(user=study.owner, experiment_id=pk, condition_id=ids(study)["WT"], name=" wild type ")
    assert names(study) == ["wild type", "KO", "HET"]
    now = current_design(study.experiment)
    assert now
    assert now.reason == "renamed"
    assert now.primary_at == first.primary_at
    assert design_of(now).factors[0].levels == ("wild type", "KO")
    event = AuditEvent.objects.get(action="condition.renamed")
    assert (event.details["before"], event.details["after"]) == ("WT", "wild type")
    image = placed_image(study)
    Image.objects.filter(pk=image.pk).update(original_name="WT_new_1.tif")
    apply_pattern(user=study.owner, experiment_id=pk, pattern="{condition}_{animal}_{cell}")
    assert study.experiment.subjects.get(name="new").condition == Condition.objects.get(name="wild type")
    assert "WT" not in names(study)
    with pytest.raises(Conflict, match="is a former name of wild type"):
        rename_condition(user=study.owner, experiment_id=pk, condition_id=ids(study)["KO"], name="WT")
    with pytest.raises(Conflict, match="Merge the two"):
        rename_condition(user=study.owner, experiment_id=pk, condition_id=ids(study)["KO"], name="HET")
    with pytest.raises(InvalidInput, match="needs a name"):
        rename_condition(user=study.owner, experiment_id=pk, condition_id=ids(study)["KO"], name=" ")


def test_merging_moves_the_animals_and_the_design_goes_on_with_what_is_left(study: Study) -> None:
    pk, of = study.experiment.pk, ids(study)
    state(study, plain(study, "WT", "KO", "HET", primary=LOWER))
    merged = merge_conditions(user=study.owner, experiment_id=pk, into_id=of["KO"], merged_id=of["HET"])
    assert (merged.animals, merged.design_withdrawn) == (3, False)
    assert names(study) == ["WT", "KO"]
    assert study.experiment.subjects.filter(condition=of["KO"]).count() == 6
    now = current_design(study.experiment)
    assert now
    assert (now.reason, now.primary_measure) == ("merged", "density")
    event = AuditEvent.objects.get(action="conditions.merged")
    assert (event.details["before"], event.details["after"]) == (["KO", "HET"], "KO")
    assert event.details["animals"] == ["HET0", "HET1", "HET2"]
    merged = merge_conditions(user=study.owner, experiment_id=pk, into_id=of["WT"], merged_id=of["KO"])
    assert merged.design_withdrawn
    assert current_design(study.experiment) is None
    assert len(earlier_designs(study.experiment)) == 2


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
