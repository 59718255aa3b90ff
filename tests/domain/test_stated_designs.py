"""Stating a design: what is kept, refused, audited and put in order."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from spines.errors import InvalidInput, NotAllowed, NotFound, Stale
from spines.models import AuditEvent, StatedDesign
from spines.selectors.designs.primary_measures import primary_in_words
from spines.selectors.designs.stated import (
    current_design,
    design_in_words,
    earlier_designs,
    stated_design,
)
from spines.selectors.results.comparison import compared_conditions
from spines.selectors.results.filters import ResultFilters
from spines.services.designs.conditions import merge_conditions, order_conditions, rename_condition
from spines.services.designs.stating import DesignStatement, PrimaryStatement, state_design
from spines.statistics.design import Direction, Factor
from tests.domain.statements import LOWER, ids, names, plain, state, three_conditions
from tests.factories import Study, current_row, make_study, placed_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Three animals each of KO, WT and HET, seen in this order."""
    return three_conditions()


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
