"""What is kept of an experiment's figures is counted anew once, and only once, a row of it changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from spines.models import AnalysisImage, Cell, Condition, Dendrite, Experiment, Image, ResultRevision, Spine, Subject
from spines.selectors.labs.experiments import with_spines
from spines.selectors.results.counts import tallies
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.unchanged import states_of
from tests.factories import Study, make_measured_study

pytestmark = pytest.mark.django_db

CHANGES: dict[str, Callable[[Experiment], Any]] = {
    "a class": lambda _: Spine.objects.filter(number=1).update(reviewed_class="thin"),
    "a box taken away": lambda _: Spine.objects.filter(number=2).delete(),
    "a dendrite's length": lambda _: Dendrite.objects.filter(number=1).update(length_um=3.0),
    "a result set aside": lambda _: AnalysisImage.objects.update(grade="other_kind"),
    "an image of another cell": lambda _: Image.objects.update(cell=None),
    "a cell's name": lambda _: Cell.objects.update(name=Concat("name", Value("x"))),
    "an animal's condition": lambda _: Subject.objects.update(condition=None),
    "a condition's name": lambda _: Condition.objects.update(name=Concat("name", Value("x"))),
    "the experiment's threshold": lambda e: Experiment.objects.filter(pk=e.pk).update(score_threshold=0.5),
}


@pytest.fixture
def study() -> Study:
    return make_measured_study({"control": (0.5,), "treated": (0.5,)})


def state(study: Study) -> str:
    return states_of([study.experiment.pk])[study.experiment.pk]


@pytest.mark.parametrize("what", CHANGES)
def test_each_change_is_another_state_even_within_one_transaction(study: Study, what: str) -> None:
    elsewhere = make_measured_study({"control": (0.5,)}) if what == "the experiment's threshold" else None
    other = state(elsewhere) if elsewhere else ""
    seen = [state(study)]
    assert state(study) == seen[0]
    for _ in range(2):  # the second time nothing differs but when it was written, which is enough
        CHANGES[what](study.experiment)
        seen.append(state(study))
    assert seen[1] != seen[0]
    assert seen[2] != seen[1] or what == "a box taken away"
    if elsewhere:
        assert state(elsewhere) == other


def test_what_did_not_change_is_not_counted_again(study: Study) -> None:
    whole = tallies(study.experiment, ResultFilters())
    with CaptureQueriesContext(
        connection,
    ) as again:
        assert tallies(study.experiment, ResultFilters()) == whole
    assert len(again) == 1  # the state
    assert tallies(study.experiment, ResultFilters(classes=("thin",))) != whole
    Spine.objects.filter(number=1).update(rejected=True)
    assert sum(row.spines for row in tallies(study.experiment, ResultFilters())) == sum(r.spines for r in whole) - 4
    (counted,) = with_spines([study.experiment])
    assert vars(counted)["spines"].counted == sum(row.spines for row in whole) - 4


def test_a_result_that_goes_leaves_no_revision(study: Study) -> None:
    assert ResultRevision.objects.count() == AnalysisImage.objects.count() == 4
    Spine.objects.all().delete()
    Dendrite.objects.all().delete()
    AnalysisImage.objects.all().delete()
    assert not ResultRevision.objects.exists()
