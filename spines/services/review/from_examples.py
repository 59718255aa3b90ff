"""Classes proposed from examples: learnt as long work, applied and undone by a person, never over a person's word."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, replace

from django.db import transaction
from django.utils import timezone

from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict, NotFound
from spines.models import ExampleClassifier, Experiment, Image, Spine, User, Work, WorkKind
from spines.selectors.review.from_examples import FEATURES, described, named_spines
from spines.selectors.review.orders import open_studies_of
from spines.services import audit
from spines.services.review.queue import reviewed_experiment
from spines.services.work.asking import ask
from spines.statistics.from_examples import (
    LEAST_EXAMPLES,
    PROPOSED_FROM,
    SEED,
    learnt,
    refuse_too_few,
    validated,
)
from spines.vocabulary.classes import UNCERTAIN

APPLIED, UNDONE = "examples.applied", "examples.undone"


def _experiment(user: User, experiment_id: int) -> Experiment:
    experiment = reviewed_experiment(user, experiment_id)
    if study := open_studies_of(user, experiment).first():
        raise Conflict(
            f"You rate in {study.name}, which is open: proposed classes are hidden from you until it closes."
        )
    return experiment


def ask_to_learn(*, user: User, experiment_id: int) -> Work:
    """Put in line what learns from the classes that people named. Annotators and managers may.

    Raises
    ------
    Conflict
        Where there are too few examples.
    """
    experiment = _experiment(user, experiment_id)
    if (named := named_spines(experiment).count()) < LEAST_EXAMPLES:
        raise Conflict(
            f"People named the class of {named} spine{'s' * (named != 1)} here. Name at least {LEAST_EXAMPLES}, of two "
            "classes or more and in two animals or more, then learn from them."
        )
    return ask(user=user, kind=WorkKind.EXAMPLES, arguments={"experiment": experiment.pk}, experiment=experiment)


def learn(*, user: User, experiment_id: int, progress: Progress = UNWATCHED) -> ExampleClassifier:
    """Learn, validate by animal, and keep a version with what it proposes. It counts nowhere until it is applied.

    Raises
    ------
    Conflict
        Where there are too few examples, classes or animals, or spines cannot be compared.
    """
    experiment = _experiment(user, experiment_id)
    progress.tell(0, 3, "Reading spines")
    spines = described(experiment)
    examples = [at for at, said in enumerate(spines.said) if said]
    said, groups = [spines.said[at] for at in examples], [spines.groups[at] for at in examples]
    able = refuse_too_few(said, groups, group_word=spines.grouped_by)
    classes = [key for key in experiment.classes.answers if key in able]
    used = [at for at in examples if spines.said[at] in classes]
    features, named = spines.features[used], [spines.said[at] for at in used]
    progress.tell(1, 3, f"Testing on each {spines.grouped_by} in turn")
    of = [spines.groups[at] for at in used]
    figures, temperature = validated(features, named, of, classes, everything=spines.features)
    progress.tell(2, 3, "Learning from all")
    model = replace(learnt(features, named, classes, everything=spines.features), temperature=temperature)
    rest = [at for at, each in enumerate(spines.said) if not each]
    proposals = {}
    if rest:
        for at, row in zip(rest, model.probabilities(spines.features[rest]), strict=True):
            best = int(row.argmax())
            key = classes[best] if row[best] >= PROPOSED_FROM else UNCERTAIN.key
            proposals[str(spines.ids[at])] = [key, round(float(row[best]), 3)]
    counts = Counter(named)
    with transaction.atomic():
        Experiment.objects.select_for_update(no_key=True, of=("self",)).filter(pk=experiment.pk).first()
        last = experiment.example_classifiers.order_by("-number").values_list("number", flat=True).first() or 0
        version = ExampleClassifier.objects.create(
            experiment=experiment,
            number=last + 1,
            made_by=user,
            classifier_id=spines.classifier,
            classes={key: counts[key] for key in classes},
            examples=len(used),
            left_out=named_spines(experiment).count() - len(used),
            grouped_by=spines.grouped_by,
            features=FEATURES,
            figures=asdict(figures) | {"order": classes},
            seed=SEED,
            proposals=proposals,
        )
        audit.record(actor=user, lab=experiment.lab, action="examples.learnt", subject=version, number=version.number)
        progress.settle(version=version.pk, experiment=experiment.pk)
    return version


def _version(user: User, version_id: int) -> ExampleClassifier:
    version = ExampleClassifier.objects.select_related("experiment__project__lab").filter(pk=version_id).first()
    if version is None:
        raise NotFound("There is no such version. Reload the page.")
    _experiment(user, version.experiment_id)
    list(Image.objects.select_for_update().filter(experiment=version.experiment).order_by("pk").values_list("pk"))
    version.refresh_from_db(fields=["applied_at"])
    return version


def _clear(experiment: Experiment) -> None:
    of_it = Spine.objects.filter(analysis_image__image__experiment=experiment).exclude(proposed_class="")
    of_it.update(proposed_class="", proposed_by=None)
    experiment.example_classifiers.filter(applied_at__isnull=False).update(applied_at=None, applied_by=None)


@transaction.atomic
def apply(*, user: User, version_id: int) -> int:
    """Let the classes of a version count where no person named one, instead of those of another version.

    Returns
    -------
    int
        Of how many spines.

    Raises
    ------
    Conflict
        Where it counts already, or none of its spines is there any more.
    """
    version = _version(user, version_id)
    if version.applied_at:
        raise Conflict(f"Version {version.number} counts already. Reload the page.")
    by_class: dict[str, list[int]] = defaultdict(list)
    for pk, (key, _) in version.proposals.items():
        by_class[key].append(int(pk))
    _clear(version.experiment)
    current = Spine.objects.filter(analysis_image__is_current=True, reviewed_class="", rejected=False)
    changed = sum(
        current.filter(pk__in=ids).update(proposed_class=key, proposed_by=version) for key, ids in by_class.items()
    )
    if not changed:
        raise Conflict("None of the spines that this version names is there without a person's word. Learn anew.")
    version.applied_at, version.applied_by = timezone.now(), user
    version.save(update_fields=["applied_at", "applied_by"])
    audit.record(actor=user, lab=version.lab, action=APPLIED, subject=version, number=version.number, spines=changed)
    return changed


@transaction.atomic
def undo_applied(*, user: User, version_id: int) -> int:
    """Let the network's classes count again, of as many spines as is returned. `Conflict` where they do already."""
    version = _version(user, version_id)
    if not version.applied_at:
        raise Conflict(f"Version {version.number} does not count, so there is nothing to undo. Reload the page.")
    spines = Spine.objects.filter(proposed_by=version).count()
    _clear(version.experiment)
    audit.record(actor=user, lab=version.lab, action=UNDONE, subject=version, number=version.number, spines=spines)
    return spines
