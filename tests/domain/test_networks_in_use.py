"""Which network an experiment is analysed with: its own choice before its lab's, before everyone's; who chooses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spines.errors import Conflict, NotAllowed, NotFound, Sealed
from spines.models import Analysis, AuditEvent, Experiment, Lab, ModelKind, ModelState, ModelVersion, Reach
from spines.selectors.analyses.earlier_networks import earlier_networks
from spines.selectors.models.in_use import choices_for, network_for, networks_in_use
from spines.selectors.results.filters import ResultFilters
from spines.selectors.results.made_by import made_by, mixed_versions
from spines.selectors.results.provenance import provenance_of
from spines.services.analyses.starting import retry_analysis, start_analysis
from spines.services.models.choosing import choose_network, end_choice
from spines.services.models.versions import promote
from tests.factories import (
    Study,
    finish,
    found,
    make_annotator,
    make_study,
    make_user,
    make_versions,
    upload,
)

pytestmark = pytest.mark.django_db

KIND = ModelKind.DETECTOR


def another(letter: str = "c", *, verdict: str = "", path: str = "models/other") -> ModelVersion:
    """A candidate detector that was compared with the active one."""
    active, _ = make_versions()
    evaluation = {"verdict": verdict, "compared_with": {"id": active.pk, "name": str(active)}}
    return ModelVersion.objects.create(
        kind=KIND, name="other", version=letter, sha256=letter * 64, path=path, evaluation=evaluation
    )


@pytest.fixture
def study() -> Study:
    make_versions()
    return make_study()


def in_use(experiment: Experiment) -> tuple[ModelVersion, Reach]:
    used = network_for(experiment, KIND)
    return used.version, used.reach


def test_an_experiments_choice_comes_before_its_labs_and_that_before_everyones(study: Study) -> None:
    active, _ = make_versions()
    sibling = Experiment.objects.create(project=study.experiment.project, name="Sibling")
    elsewhere = make_study().experiment
    of_lab, of_experiment = another("c"), another("d")
    choose_network(user=study.owner, version_id=of_lab.pk, lab_id=study.lab.pk, reason="ours")
    choose_network(user=study.owner, version_id=of_experiment.pk, experiment_id=study.experiment.pk, reason="this")
    assert in_use(study.experiment) == (of_experiment, Reach.EXPERIMENT)
    assert in_use(sibling) == (of_lab, Reach.LAB)
    assert in_use(elsewhere) == (active, Reach.EVERYONE)
    assert networks_in_use(lab=study.lab)[KIND].version == of_lab
    assert networks_in_use()[KIND].version == active
    assert network_for(study.experiment, ModelKind.CLASSIFIER).reach == Reach.EVERYONE, "the other kind is untouched"

    for_all = another("e", verdict="better")
    promote(user=make_user(staff=True), version_id=for_all.pk)
    assert (in_use(sibling)[0], in_use(elsewhere)[0]) == (of_lab, for_all)
    for choice in choices_for(study.owner):
        end_choice(user=study.owner, choice_id=choice.pk)
    assert in_use(study.experiment) == in_use(sibling) == (for_all, Reach.EVERYONE)
    events = AuditEvent.objects.filter(lab=study.lab, action__startswith="model_version.")
    assert sorted(event.action for event in events) == ["model_version.choice_ended"] * 2 + ["model_version.chosen"] * 2
    first = events.earliest("pk")
    assert (first.actor, first.details["for_whom"], first.details["reason"]) == (study.owner, "lab", "ours")
    assert first.details["instead_of"] == active.pk


def test_who_may_choose(study: Study) -> None:
    admin, stranger, other = make_user(staff=True), make_study().owner, another(verdict="better")
    whoms: list[dict[str, Any]] = [{"lab_id": study.lab.pk}, {"experiment_id": study.experiment.pk}]
    for user in (make_annotator(study), study.viewer):
        for whom in whoms:
            with pytest.raises(NotAllowed, match="needs the role manager"):
                choose_network(user=user, version_id=other.pk, **whom)
    for whom in whoms:
        with pytest.raises(NotFound):
            choose_network(user=stranger, version_id=other.pk, **whom)
    with pytest.raises(NotFound):
        choose_network(user=admin, version_id=other.pk, experiment_id=study.experiment.pk)
    choice = choose_network(user=admin, version_id=other.pk, lab_id=study.lab.pk)
    assert in_use(study.experiment) == (other, Reach.LAB)
    for user, error in ((study.viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(error):
            end_choice(user=user, choice_id=choice.pk)
    end_choice(user=study.owner, choice_id=choice.pk)
    Lab.objects.filter(pk=study.lab.pk).update(archived_at="2026-01-01T00:00Z")
    with pytest.raises(NotFound, match="archived"):
        choose_network(user=admin, version_id=other.pk, lab_id=study.lab.pk)


def test_a_manager_who_rates_blind_chooses_nothing_for_the_sealed_experiment(study: Study) -> None:
    other = another(verdict="better")
    Experiment.objects.filter(pk=study.experiment.pk).update(blinded=True)
    study.experiment.blind_raters.create(user=study.owner)
    with pytest.raises(Sealed):
        choose_network(user=study.owner, version_id=other.pk, experiment_id=study.experiment.pk)


def test_it_needs_a_reason_unless_better_than_what_is_in_use_there(study: Study) -> None:
    better, worse = another("c", verdict="better"), another("d", verdict="worse")
    with pytest.raises(Conflict, match="not shown to be better"):
        choose_network(user=study.owner, version_id=worse.pk, lab_id=study.lab.pk)
    choose_network(user=study.owner, version_id=better.pk, lab_id=study.lab.pk)
    with pytest.raises(Conflict, match="compared with another version than other c"):
        choose_network(user=study.owner, version_id=worse.pk, experiment_id=study.experiment.pk)
    with pytest.raises(Conflict, match=r"chosen for .* already"):
        choose_network(user=study.owner, version_id=better.pk, lab_id=study.lab.pk)
    assert ModelVersion.objects.get(pk=better.pk).state == ModelState.CANDIDATE, "everyone's is untouched"


def test_what_is_in_use_can_be_kept_for_an_experiment_whatever_comes(study: Study) -> None:
    active, _ = make_versions()
    choose_network(user=study.owner, version_id=active.pk, experiment_id=study.experiment.pk)
    promote(user=make_user(staff=True), version_id=another(verdict="better").pk)
    assert in_use(study.experiment) == (active, Reach.EXPERIMENT)


def test_one_whose_files_went_with_a_release_is_told_before_anything_starts(study: Study, tmp_path: Path) -> None:
    other = another(verdict="better")
    choose_network(user=study.owner, version_id=other.pk, lab_id=study.lab.pk)
    ModelVersion.objects.filter(pk=other.pk).update(path="")
    upload(study, tmp_path)
    with pytest.raises(Conflict, match=r"in use for the lab, came with an earlier release.* end that choice"):
        start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    with pytest.raises(Conflict, match="came with an earlier release"):
        choose_network(user=study.owner, version_id=other.pk, experiment_id=study.experiment.pk, reason="x")


def test_analyses_results_and_report_follow_it(study: Study, tmp_path: Path) -> None:
    active, classifier = make_versions()
    image = upload(study, tmp_path)
    first = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    finish(first, [[found()]])
    assert earlier_networks(study.experiment) is None
    other = another(verdict="better")
    choose_network(user=study.owner, version_id=other.pk, lab_id=study.lab.pk)
    stale = earlier_networks(study.experiment)
    assert stale is not None
    assert (stale.images, stale.detector.version, stale.detector.reach) == (1, other, Reach.LAB)
    first.refresh_from_db()
    assert first.detector == active, "results keep the version that made them"

    second = start_analysis(user=study.owner, experiment_id=study.experiment.pk)
    assert (second.detector, second.classifier) == (other, classifier)
    second.images.update(status="failed", message="x", attempts=3)
    retry_analysis(user=study.owner, analysis_id=second.pk)
    second.refresh_from_db()
    assert second.parameters["chosen_for"] == {"detector": "lab", "classifier": "everyone"}
    finish(second, [[found()]])
    made = provenance_of(study.experiment, ResultFilters())
    assert [(used.version, used.chosen_for) for used in made.detectors] == [(other, ("lab",))]
    assert [used.chosen_for for used in made.classifiers] == [("everyone",)]
    assert earlier_networks(study.experiment) is None

    upload(study, tmp_path)
    third = Analysis.objects.create(
        experiment=study.experiment, detector=active, classifier=classifier, software_version="test"
    )
    third.images.create(image=study.experiment.images.exclude(pk=image.pk).get(), heartbeat_at="2026-01-01T00:00Z")
    finish(third, [[found()]])
    said = mixed_versions(made_by(study.experiment, ResultFilters()))
    assert any("2 detectors found the spines" in sentence for sentence in said), said
