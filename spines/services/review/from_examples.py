"""Classes proposed from examples: learnt as long work, and kept as a version. `applying` lets one count."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace

from django.db import transaction

from spines.background.progress import UNWATCHED, Progress
from spines.errors import Conflict
from spines.models import ExampleClassifier, Experiment, User, Work, WorkKind
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


def taught_experiment(user: User, experiment_id: int) -> Experiment:
    """An experiment that the user reviews and sees the proposed classes of."""
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
    experiment = taught_experiment(user, experiment_id)
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
    experiment = taught_experiment(user, experiment_id)
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
