"""Ordering, renaming and merging conditions: what follows, what the design becomes, and what is refused."""

from __future__ import annotations

import pytest

from spines.errors import Conflict, InvalidInput
from spines.models import AuditEvent, Condition, Image
from spines.selectors.designs.stated import (
    current_design,
    design_of,
    earlier_designs,
)
from spines.services.designs.conditions import merge_conditions, order_conditions, rename_condition
from spines.services.samples.sources import apply_pattern
from tests.domain.statements import LOWER, ids, names, plain, state, three_conditions
from tests.factories import Study, placed_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Three animals each of KO, WT and HET, seen in this order."""
    return three_conditions()


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
