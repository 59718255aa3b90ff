"""Classes from examples: learnt, tested on animals that were not seen, applied, undone, carried, told of."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from django.urls import reverse

from spines.background.progress import Progress, Stopped
from spines.errors import Conflict, NotAllowed
from spines.export.spine_table import spine_table_csv
from spines.models import Analysis, AuditEvent, ExampleClassifier, Experiment, Likeness, Spine, Work
from spines.selectors.results.counts import counts_by_animal
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.rows import spines_of
from spines.services.analyses.carry_over import carry_over
from spines.services.labs.class_sets import choose_class_set
from spines.services.review import answers, applying, from_examples
from spines.statistics.from_examples import folds_of, learnt, refuse_too_few, validated
from tests.factories import Study, current_row, make_study
from tests.learning import SIX, make_taught, six_kinds
from tests.work import done

RANDOM = np.random.default_rng(8)


def made_features(n: int, apart: float) -> tuple[np.ndarray, list[str], list[str]]:
    """Two kinds that lie so far apart along one of ten features, in six animals."""
    kinds = ["long" if at % 2 else "round" for at in range(n)]
    features = RANDOM.normal(size=(n, 10))
    features[:, 3] += [apart if kind == "long" else 0 for kind in kinds]
    return features, kinds, [f"animal {at // 2 % 6}" for at in range(n)]


def test_what_differs_is_learnt_and_what_does_not_is_told_to_be_chance() -> None:
    features, kinds, animals = made_features(240, apart=6.0)
    figures, temperature = validated(features, kinds, animals, ["long", "round"], everything=features)
    assert figures.accuracy > 0.97
    assert figures.accuracy_95[0] <= figures.accuracy <= figures.accuracy_95[1]
    assert sum(map(sum, figures.confusion)) == 240
    assert figures.groups == 6
    assert 0.25 <= temperature <= 4
    model = learnt(features, kinds, ["long", "round"], everything=features)
    far = np.zeros((1, 10))
    far[0, 3] = 6.0
    assert model.probabilities(far)[0, 0] > 0.9
    chance, _ = validated(*made_features(240, apart=0.0), ["long", "round"], everything=features)
    assert 0.35 < chance.accuracy < 0.65
    assert chance.called_right is None or chance.called_right < 0.7


def test_an_animal_is_never_on_both_sides() -> None:
    """Each animal has a sign of its own that tells the class within it and nothing in another."""
    animals = [f"animal {at // 20}" for at in range(160)]
    kinds = ["long" if at % 2 else "round" for at in range(160)]
    features = np.zeros((160, 8))
    for at, kind in enumerate(kinds):
        features[at, at // 20] = 5 if kind == "long" else -5
    inside, _ = validated(features, kinds, [str(at) for at in range(160)], ["long", "round"], everything=features)
    across, _ = validated(features, kinds, animals, ["long", "round"], everything=features)
    assert inside.accuracy > 0.95
    assert across.accuracy <= 0.6
    assert {len({f for f, a in zip(folds_of(animals), animals, strict=True) if a == one}) for one in animals} == {1}


@pytest.mark.parametrize(
    ("named", "groups", "sentence"),
    [
        (["long", "round"] * 9, ["a", "b"] * 9, "18 examples of 2 classes"),
        (["long"] * 30, ["a", "b"] * 15, "30 examples of 1 class"),
        (["long", "round"] * 15, ["a"] * 30, "All examples are of one animal"),
        (["long"] * 28 + ["round"] * 2, ["a", "b"] * 15, "28 examples of 1 class"),
    ],
)
def test_too_little_is_refused_with_what_is_missing(named: list[str], groups: list[str], sentence: str) -> None:
    with pytest.raises(Conflict, match=sentence):
        refuse_too_few(named, groups, group_word="animal")


def counts_of(experiment: Experiment) -> list[dict[str, int]]:
    """By class, of each animal, as every table has them."""
    return [group.by_class for group in counts_by_animal(experiment, ResultFilters())]


@pytest.fixture
def taught() -> Study:
    return make_taught()


@pytest.mark.django_db
def test_a_version_is_learnt_applied_and_undone(taught: Study) -> None:
    user, experiment = taught.owner, taught.experiment
    before = counts_of(experiment)
    version = from_examples.learn(user=user, experiment_id=experiment.pk)
    assert set(version.classes) == set(SIX)
    assert version.figures["accuracy"] > 0.8
    assert (version.grouped_by, version.figures["groups"]) == ("animal", 4)
    assert counts_of(experiment) == before
    changed = applying.apply(user=user, version_id=version.pk)
    rest = Spine.objects.filter(reviewed_class="")
    assert changed == rest.count() == len(version.proposals)
    right = sum(spine.final_class == kind for spine, kind in zip(rest.order_by("pk"), six_kinds(rest), strict=True))
    assert right > 0.8 * changed
    spoken = Spine.objects.exclude(reviewed_class="")
    assert all(spine.final_class == spine.reviewed_class for spine in spoken)
    table = list(csv.DictReader(io.StringIO("".join(spine_table_csv(spines_of(experiment, ResultFilters()))))))
    assert {(row["classed_by"], row["examples_version"]) for row in table} == {("person", ""), ("examples", "1")}
    with pytest.raises(Conflict, match="counts already"):
        applying.apply(user=user, version_id=version.pk)
    assert applying.undo_applied(user=user, version_id=version.pk) == changed
    assert counts_of(experiment) == before
    with pytest.raises(Conflict, match="nothing to undo"):
        applying.undo_applied(user=user, version_id=version.pk)
    told = AuditEvent.objects.filter(action__startswith="examples.").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["examples.learnt", "examples.applied", "examples.undone"]
    with pytest.raises(NotAllowed):
        applying.apply(user=taught.viewer, version_id=version.pk)


class Given(Progress):
    """Given up after so many times that it was told how far the act is."""

    def __init__(self, up_after: int) -> None:
        self.told: list[tuple[int, int]] = []
        self.up_after = up_after

    def tell(self, done: int, total: int, stage: str = "") -> None:
        self.told.append((done, total))
        if len(self.told) > self.up_after:
            raise Stopped


@pytest.mark.django_db
def test_what_names_many_spines_is_applied_and_undone_as_work(taught: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    user, experiment = taught.owner, taught.experiment
    monkeypatch.setattr(applying, "SECONDS_A_SPINE", 1.0)
    monkeypatch.setattr(applying, "AT_A_TIME", 20)
    before = counts_of(experiment)
    version = from_examples.learn(user=user, experiment_id=experiment.pk)
    given = Given(up_after=2)
    with pytest.raises(Stopped):
        applying.apply(user=user, version_id=version.pk, progress=given)
    assert given.told == [(0, 72), (20, 72), (40, 72)]
    assert counts_of(experiment) == before
    for act in (applying.apply_or_ask, applying.undo_or_ask):
        work = act(user=user, version_id=version.pk)
        assert isinstance(work, Work)
        ended = done(reverse("work:work", args=[work.pk]))
        assert (ended.status, ended.result["spines"]) == ("done", 72), ended.message
        assert (counts_of(experiment) == before) is (act is applying.undo_or_ask)


@pytest.mark.django_db
def test_a_person_is_never_overruled_and_a_later_version_takes_the_place(taught: Study) -> None:
    user, experiment = taught.owner, taught.experiment
    first = from_examples.learn(user=user, experiment_id=experiment.pk)
    spine = Spine.objects.filter(reviewed_class="").first()
    assert spine is not None
    answers.relabel(user=user, spine_id=spine.pk, spine_class="filopodia")
    applying.apply(user=user, version_id=first.pk)
    spine.refresh_from_db()
    assert (spine.final_class, spine.proposed_class) == ("filopodia", "")
    other = Spine.objects.filter(reviewed_class="").exclude(proposed_class="uncertain").last()
    assert other is not None
    accepted = answers.accept(user=user, spine_id=other.pk)
    assert accepted.reviewed_class == other.proposed_class == accepted.final_class
    second = from_examples.learn(user=user, experiment_id=experiment.pk)
    applying.apply(user=user, version_id=second.pk)
    first.refresh_from_db()
    assert (first.applied_at, second.number) == (None, 2)
    assert not Spine.objects.filter(proposed_by=first).exists()
    Spine.objects.exclude(reviewed_class="").update(reviewed_class="thin")
    with pytest.raises(Conflict, match="applied in this experiment"):
        choose_class_set(user=user, experiment_id=experiment.pk, class_set_id=None)


@pytest.mark.django_db
def test_a_new_analysis_keeps_what_counts(taught: Study) -> None:
    version = from_examples.learn(user=taught.owner, experiment_id=taught.experiment.pk)
    applying.apply(user=taught.owner, version_id=version.pk)
    earlier = Spine.objects.exclude(proposed_class="").earliest("pk").analysis_image
    proposed = list(earlier.spines.order_by("number").values_list("final_class", flat=True))
    earlier.is_current = False
    earlier.save()
    made = {name: getattr(earlier.analysis, name) for name in ("experiment", "detector", "classifier", "created_by")}
    analysis = Analysis.objects.create(**made, software_version="test")
    later = current_row(taught, earlier.image, analysis=analysis)
    for spine in earlier.spines.order_by("number"):
        spine.pk, spine.analysis_image, spine.reviewed_class = None, later, ""
        spine.proposed_class, spine.proposed_by = "", None
        spine.save()
    carry_over(earlier, later)
    assert list(later.spines.order_by("number").values_list("final_class", flat=True)) == proposed


@pytest.mark.django_db
def test_without_likeness_or_examples_a_sentence_says_what_to_do(taught: Study) -> None:
    Likeness.objects.all().delete()
    with pytest.raises(Conflict, match="Find likeness"):
        from_examples.learn(user=taught.owner, experiment_id=taught.experiment.pk)
    empty = make_study()
    with pytest.raises(Conflict, match="People named the class of 0 spines"):
        from_examples.ask_to_learn(user=empty.owner, experiment_id=empty.experiment.pk)
    assert not ExampleClassifier.objects.exists()
