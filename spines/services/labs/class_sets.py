"""A lab's class sets, and which of them an experiment uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from spines.access import get_experiment, get_lab, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import ClassSet, Experiment, Role, Spine, User
from spines.services import audit
from spines.vocabulary.classes import DEFAULT, UNCERTAIN
from spines.vocabulary.own_classes import as_rows, class_set

LONGEST_NAME = 80


@transaction.atomic
def make_class_set(*, user: User, lab_id: int, name: str, own: Iterable[Mapping[str, str]]) -> ClassSet:
    """Make a set of the networks' classes and `own` ones (`spines.vocabulary.classes.class_set`). Managers only."""
    lab = get_lab(user, lab_id)
    require_role(user, lab, Role.MANAGER)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise InvalidInput(f"A class set needs a name of at most {LONGEST_NAME} letters.")
    classes = class_set(own)
    if not classes.own:
        raise InvalidInput(
            "This set has no class of its own: the networks' classes are there without one. Add a class."
        )
    if lab.class_sets.filter(name=name).exists():
        raise Conflict(f"{lab} has a class set named {name} already. Choose another name.")
    made = ClassSet.objects.create(lab=lab, name=name, own=as_rows(classes.own), created_by=user)
    audit.record(actor=user, lab=lab, action="class_set.made", subject=made, name=name, own=made.own)
    return made


@transaction.atomic
def choose_class_set(*, user: User, experiment_id: int, class_set_id: int | None) -> Experiment:
    """Sort an experiment's spines into the classes of a set of its lab; None for the networks' alone. Managers only.

    Refused while a person has given a spine a class that the set does not have.
    """
    experiment = get_experiment(user, experiment_id)
    lab = experiment.lab
    require_role(user, lab, Role.MANAGER)
    chosen = lab.class_sets.filter(pk=class_set_id).first() if class_set_id is not None else None
    if class_set_id is not None and chosen is None:
        raise NotFound(f"{lab} has no such class set. Choose one from its settings.")
    keys = ("", *(chosen.classes() if chosen else DEFAULT).answers)
    reviewed = Spine.objects.filter(analysis_image__image__experiment=experiment).exclude(reviewed_class__in=keys)
    if lost := sorted(reviewed.order_by().values_list("reviewed_class", flat=True).distinct()):
        n = reviewed.count()
        raise Conflict(
            f"{n} spine{'s' * (n != 1)} of this experiment {'was' if n == 1 else 'were'} called {', '.join(lost)}, "
            "which that set does not have. Give them other classes first, or choose a set with these."
        )
    of_examples = Spine.objects.filter(analysis_image__image__experiment=experiment)
    if of_examples.exclude(proposed_class__in=(*keys, UNCERTAIN.key)).exists():
        raise Conflict(
            "Classes from examples are applied in this experiment that the set does not have. Undo them on the page "
            "Classes from examples first."
        )
    before = experiment.class_set
    if before != chosen:
        experiment.class_set = chosen
        experiment.save(update_fields=["class_set", "touched_at"])
        audit.record(
            actor=user,
            lab=lab,
            action="experiment.class_set_chosen",
            subject=experiment,
            before=before.name if before else "",
            after=chosen.name if chosen else "",
        )
    return experiment
