"""Making a study, assigning its raters, closing it, and deciding what divides them."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, get_reader_study, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Experiment, Membership, ReaderStudy, Role, StudyItem, StudyRater, Task, User
from spines.selectors.reader_studies.answers import answer_words
from spines.services import audit
from spines.services.reader_studies.drawing import MOST_ITEMS, SpinesFrom, draw_pictures, draw_spines, store_items
from spines.services.reader_studies.marked_spines import store_marked_spines

LONGEST_NAME = 120


@transaction.atomic
def make_reader_study(
    *,
    user: User,
    experiment_id: int,
    name: str,
    rater_ids: Iterable[int],
    task: Task = Task.CLASSIFY,
    spines_from: SpinesFrom = SpinesFrom.BY_CLASS,
    per_class: int = 25,
    per_animal: int = 2,
    again_percent: int = 10,
    due_on: date | None = None,
) -> ReaderStudy:
    """Draw a sample of an experiment and assign raters. Managers only.

    Parameters
    ----------
    spines_from, per_class
        Which spines, where raters judge spines one by one: so many of each class that the experiment counts, or of
        those that the network was unsure of.
    per_animal
        So many pictures of each animal, where raters mark whole pictures.
    again_percent
        Of them come a second time, turned and mirrored, so that each rater can be held against themselves.

    Raises
    ------
    InvalidInput, Conflict
        With what to change.
    """
    experiment = get_experiment(user, experiment_id)
    require_role(user, experiment.lab, Role.MANAGER)
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A study needs a name of at most {LONGEST_NAME} characters.")
    if not (1 <= per_class <= MOST_ITEMS and 1 <= per_animal <= MOST_ITEMS and 0 <= again_percent <= 50):
        raise InvalidInput(
            f"Draw 1 to {MOST_ITEMS} spines of each class or pictures of each animal, of which at most 50 % come again."
        )
    if ReaderStudy.objects.filter(experiment=experiment, name=name).exists():
        raise Conflict(f"This experiment has a study named {name} already. Choose another name.")
    raters = _raters(experiment, rater_ids)
    study = ReaderStudy(
        experiment=experiment, name=name, task=task, due_on=due_on, created_by=user, seed=secrets.randbits(31)
    )
    chance = random.Random(study.seed)  # noqa: S311 - a sample, no secret
    if Task(task).is_of_pictures:
        items, study.sample = draw_pictures(experiment, per_animal, chance)
    else:
        items, study.sample = draw_spines(experiment, SpinesFrom(spines_from), per_class, chance)
    if not items:
        raise Conflict("This experiment has nothing of this kind that counts yet, so there is nothing to draw.")
    study.save()
    StudyRater.objects.bulk_create(StudyRater(study=study, user_id=rater) for rater in raters)
    store_items(study, items, again_percent)
    audit.record(
        actor=user,
        lab=study.lab,
        action="reader_study.made",
        subject=study,
        name=name,
        task=study.task,
        items=len(items),
        raters=len(raters),
        again_percent=again_percent,
    )
    return study


def _raters(experiment: Experiment, rater_ids: Iterable[int]) -> list[int]:
    able = Membership.objects.filter(lab=experiment.lab, role__in=(Role.ANNOTATOR, Role.MANAGER))
    raters = list(able.filter(user__in=list(rater_ids), user__is_active=True).values_list("user", flat=True))
    if len(raters) < 2:
        raise InvalidInput("Choose at least two raters among the annotators and managers of the lab.")
    return raters


def ruled_study(user: User, study_id: int) -> ReaderStudy:
    """The study, its row locked, for who manages its lab. Raises `NotFound`, `NotAllowed`."""
    study = get_reader_study(user, study_id)
    require_role(user, study.lab, Role.MANAGER)
    ReaderStudy.objects.select_for_update().filter(pk=study.pk).first()
    return get_reader_study(user, study_id)


@transaction.atomic
def close_reader_study(*, user: User, study_id: int) -> ReaderStudy:
    """End the answering and open the results, for good. Managers only."""
    study = ruled_study(user, study_id)
    if study.closed_at is None:
        study.closed_at = timezone.now()
        study.save(update_fields=["closed_at"])
        if Task(study.task).is_of_pictures:
            store_marked_spines(study)
        audit.record(actor=user, lab=study.lab, action="reader_study.closed", subject=study)
    return study


@transaction.atomic
def decide(*, user: User, study_id: int, item_id: int, answer: str) -> StudyItem:
    """Adjudicate an item of a closed study; every single answer is kept beside it. Managers only."""
    study = ruled_study(user, study_id)
    if study.closed_at is None:
        raise Conflict("Close the study first: what divides people is not told before all have answered.")
    item = study.items.filter(pk=item_id, again_of=None).first()
    if item is None or (Task(study.task).is_of_pictures and item.found_in_id is None):
        raise NotFound("There is no such item in this study.")
    if study.task == Task.OUTLINE:
        raise Conflict("Outlines are compared; there is nothing to decide.")
    if answer not in answer_words(study):
        raise InvalidInput("Choose one of the answers.")
    before, item.decided, item.decided_by = item.decided, answer, user
    item.save(update_fields=["decided", "decided_by"])
    audit.record(actor=user, lab=study.lab, action="reader_study.decided", subject=item, before=before, after=answer)
    return item
