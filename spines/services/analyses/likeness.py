"""What the classifier read of spines, written with a result, and later for those that came by another way.

Spines that a person added, that were kept from an earlier result, that a lower threshold let in or that were analysed
before likeness was kept have none until somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Exists, F, OuterRef

from spines.access import get_experiment, require_role
from spines.errors import Conflict
from spines.models import AnalysisImage, Experiment, Likeness, ResultRevision, Role, Spine, User, Work, WorkKind
from spines.selectors.results.likeness import classifier_of, without_likeness
from spines.services.work.asking import ask


def write_likeness(classifier_id: int, numbers: Mapping[int, bytes]) -> None:
    """Keep what a classifier read of spines, by their id; what stood there goes."""
    Likeness.objects.bulk_create(
        (Likeness(spine_id=pk, classifier_id=classifier_id, numbers=each) for pk, each in numbers.items()),
        update_conflicts=True,
        unique_fields=["spine"],
        update_fields=["classifier", "numbers"],
        batch_size=1000,
    )
    # What is kept of an experiment's figures asks by this whether something changed.
    of_results = Spine.objects.filter(pk__in=numbers).order_by().values("analysis_image")
    ResultRevision.objects.filter(result__in=of_results).update(revision=F("revision") + 1)


def write_what_stands(classifier_id: int, numbers: Mapping[int, bytes]) -> None:
    """The same, of those spines that are still there."""
    there = set(Spine.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    write_likeness(classifier_id, {pk: each for pk, each in numbers.items() if pk in there})


def likeness_experiment(user: User, experiment_id: int) -> Experiment:
    """The experiment, for who may have likeness made there. Raises `NotAllowed` below annotator."""
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.ANNOTATOR)
    return experiment


def ask_for_likeness(*, user: User, experiment_id: int) -> Work:
    """Put in line what reads the spines of an experiment that have no likeness yet.

    Raises
    ------
    Conflict
        Where nothing was analysed, or no spine lacks one.
    """
    experiment = likeness_experiment(user, experiment_id)
    if classifier_of(experiment) is None:
        raise Conflict("No image of this experiment was analysed, so no spines can be compared. Analyse images first.")
    if not without_likeness(experiment).exists():
        raise Conflict("All spines of this experiment can be compared already. Reload the page.")
    return ask(user=user, kind=WorkKind.LIKENESS, arguments={"experiment": experiment.pk}, experiment=experiment)


def results_without(experiment: Experiment) -> list[AnalysisImage]:
    """The current results that have spines without likeness."""
    lacking = without_likeness(experiment).filter(analysis_image=OuterRef("pk"))
    current = AnalysisImage.objects.filter(Exists(lacking), is_current=True)
    return list(current.select_related("image__experiment__project").order_by("pk"))
