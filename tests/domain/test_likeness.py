"""Spines put in order by likeness: nearest first, outliers, two boxes on one spine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spines.errors import Conflict, InvalidInput, NotAllowed
from spines.models import Experiment, Likeness, Spine
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.likeness import ByLikeness, ordered, without_likeness
from spines.services.analyses.likeness import ask_for_likeness
from spines.statistics.likeness import BYTES, as_numbers, nearest_first, reduced
from tests.factories import Study, finish, found, queue_analysis, upload

pytestmark = pytest.mark.django_db

FEATURES = 512
SIGNS = ["---+--++-+--+-+-", "-----++-+---+---", "--++--++--+++-++"]
"""Of the first 16 numbers that each of the first three features adds to."""
RANDOM = np.random.default_rng(4)
KINDS = {name: RANDOM.gamma(0.5, 1.0, FEATURES) for name in ("mushroom", "thin")}


def looks_like(name: str, *, away: float = 0.1) -> bytes:
    """What is stored of a spine that looks like others of its kind, but for so much."""
    features = KINDS[name] + away * RANDOM.normal(size=FEATURES)
    return reduced(features[None].astype(np.float32))[0]


def test_distances_outlive_the_reduction() -> None:
    features = np.random.default_rng(1).normal(size=(60, 2048)).astype(np.float32)
    stored = reduced(features)
    assert {len(each) for each in stored} == {BYTES}
    one, other = np.triu_indices(60, 1)
    numbers = as_numbers(stored)
    kept = np.linalg.norm(numbers[one] - numbers[other], axis=1) / np.linalg.norm(
        features[one] - features[other], axis=1
    )
    assert np.abs(np.log(kept)).max() < 0.5
    assert abs(np.median(kept) - 1) < 0.02
    assert nearest_first(numbers, 7)[0] == 7


def test_the_directions_never_change() -> None:
    """What was stored before compares with what is stored now."""
    unit = np.eye(3, 2048, dtype=np.float32) * 8
    added = as_numbers(reduced(unit))[:, :16].tolist()
    assert ["".join("-" if number < 0 else "+" for number in row) for row in added] == SIGNS


@pytest.fixture
def experiment(study: Study, tmp_path: Path) -> Experiment:
    """Twelve of each kind in two rows; the last mushroom looks like none, the last thin one lies on the one before."""
    spines = []
    for name, y_px in (("mushroom", 20), ("thin", 80)):
        for n in range(12):
            away = 3.0 if (name, n) == ("mushroom", 11) else 0.1
            x_px = 10 + 30 * (n if (name, n) != ("thin", 11) else 10.2)
            spines.append(replace(found(name, box_px=(x_px, y_px, 14, 16)), likeness=looks_like(name, away=away)))
    finish(queue_analysis(study, [upload(study, tmp_path, side_px=400)]), [spines])
    return study.experiment


def numbers_of(ids: list[int]) -> list[int]:
    numbers = dict(Spine.objects.values_list("pk", "number"))
    return [numbers[pk] for pk in ids]


def test_spines_are_put_in_order_by_likeness(experiment: Experiment) -> None:
    assert Likeness.objects.count() == 24
    third = Spine.objects.get(number=3)
    near = ordered(experiment, ResultFilters(), ByLikeness.NEAR, spine_id=third.pk)
    assert numbers_of(near.ids)[0] == 3
    assert set(numbers_of(near.ids)[:11]) == set(range(1, 12))
    assert near.missing == 0
    assert numbers_of(ordered(experiment, ResultFilters(), ByLikeness.STRANGE).ids) == [12]
    assert sorted(numbers_of(ordered(experiment, ResultFilters(), ByLikeness.TWINS).ids)) == [23, 24]
    mushrooms = ResultFilters(classes=("mushroom",))
    assert ordered(experiment, mushrooms, ByLikeness.TWINS).ids == []
    with pytest.raises(InvalidInput, match="Choose a spine first"):
        ordered(experiment, ResultFilters(), ByLikeness.NEAR)


def test_spines_without_likeness_are_counted_and_can_be_asked_for(experiment: Experiment, study: Study) -> None:
    with pytest.raises(Conflict, match="can be compared already"):
        ask_for_likeness(user=study.owner, experiment_id=experiment.pk)
    Likeness.objects.filter(spine__number__lte=5).delete()
    assert without_likeness(experiment).count() == 5
    assert ordered(experiment, ResultFilters(), ByLikeness.STRANGE).missing == 5
    with pytest.raises(Conflict, match="chosen spine cannot be compared"):
        ordered(experiment, ResultFilters(), ByLikeness.NEAR, spine_id=Spine.objects.get(number=1).pk)
    with pytest.raises(NotAllowed):
        ask_for_likeness(user=study.viewer, experiment_id=experiment.pk)
    work = ask_for_likeness(user=study.owner, experiment_id=experiment.pk)
    assert ask_for_likeness(user=study.owner, experiment_id=experiment.pk) == work
    Likeness.objects.all().delete()
    with pytest.raises(Conflict, match="Choose Find likeness"):
        ordered(experiment, ResultFilters(), ByLikeness.TWINS)
