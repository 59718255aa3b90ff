"""Drawing the sample of a study, assigning its raters, closing it, and deciding what divides them."""

from __future__ import annotations

import random
import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from spines.access import get_experiment, get_reader_study, require_role
from spines.errors import Conflict, InvalidInput, NotFound
from spines.models import Experiment, Membership, ReaderStudy, Role, Spine, StudyItem, StudyRater, User
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE
from spines.selectors.results.counts import spines_of
from spines.selectors.results.filters import ResultFilters
from spines.services import audit

MOST_ITEMS = 2000
LONGEST_NAME = 120
TURNS = 8
_COPIED = ("image_id", "x_px", "y_px", "width_px", "height_px", "network_class", "animal")


@transaction.atomic
def make_reader_study(
    *,
    user: User,
    experiment_id: int,
    name: str,
    rater_ids: Iterable[int],
    per_class: int,
    again_percent: int = 10,
    due_on: date | None = None,
) -> ReaderStudy:
    """Draw up to `per_class` spines of each class that the experiment counts, and assign raters. Managers only.

    `again_percent` of them come a second time, turned and mirrored, so that each rater can be held against themselves.

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
    if not 1 <= per_class <= MOST_ITEMS or not 0 <= again_percent <= 50:
        raise InvalidInput(f"Draw 1 to {MOST_ITEMS} spines of each class, of which at most 50 % come again.")
    if ReaderStudy.objects.filter(experiment=experiment, name=name).exists():
        raise Conflict(f"This experiment has a study named {name} already. Choose another name.")
    able = Membership.objects.filter(lab=experiment.lab, role__in=(Role.ANNOTATOR, Role.MANAGER))
    raters = list(able.filter(user__in=list(rater_ids), user__is_active=True).values_list("user", flat=True))
    if len(raters) < 2:
        raise InvalidInput("Choose at least two raters among the annotators and managers of the lab.")
    study = ReaderStudy(experiment=experiment, name=name, due_on=due_on, created_by=user, seed=secrets.randbits(31))
    drawn = _draw(experiment, per_class, random.Random(study.seed))  # noqa: S311 - a sample, no secret
    if not drawn:
        raise Conflict("This experiment has no spine that counts yet, so there is nothing to draw. Analyse it first.")
    study.save()
    StudyRater.objects.bulk_create(StudyRater(study=study, user_id=rater) for rater in raters)
    _store(study, drawn, again_percent)
    audit.record(
        actor=user,
        lab=study.lab,
        action="reader_study.made",
        subject=study,
        name=name,
        items=len(drawn),
        raters=len(raters),
        again_percent=again_percent,
    )
    return study


def _draw(experiment: Experiment, per_class: int, chance: random.Random) -> list[Spine]:
    by_class: dict[str, list[int]] = defaultdict(list)
    for pk, name in spines_of(experiment, ResultFilters()).order_by("pk").values_list("pk", "final_class"):
        by_class[name].append(pk)
    chosen = [pk for _, pks in sorted(by_class.items()) for pk in chance.sample(pks, min(per_class, len(pks)))]
    if len(chosen) > MOST_ITEMS:
        raise InvalidInput(f"This would draw {len(chosen):,} spines; a study has {MOST_ITEMS:,} at most. Draw fewer.")
    chance.shuffle(chosen)
    found = Spine.objects.select_related("analysis_image__image__cell__subject").in_bulk(chosen)
    return [found[pk] for pk in chosen]


def _store(study: ReaderStudy, spines: list[Spine], again_percent: int) -> None:
    items = StudyItem.objects.bulk_create(_item(study, spine) for spine in spines)
    chance = random.Random(study.seed + 1)  # noqa: S311 - a sample, no secret
    copies = []
    for item in chance.sample(items, round(len(items) * again_percent / 100)):
        same = {name: getattr(item, name) for name in _COPIED}
        copies.append(StudyItem(study=study, again_of=item, turn=chance.randrange(1, TURNS), **same))
    StudyItem.objects.bulk_create(copies)


def _item(study: ReaderStudy, spine: Spine) -> StudyItem:
    image = spine.analysis_image.image
    return StudyItem(
        study=study,
        image=image,
        x_px=spine.x_px,
        y_px=spine.y_px,
        width_px=spine.width_px,
        height_px=spine.height_px,
        network_class=spine.spine_class,
        animal=image.cell.subject.name if image.cell else "",
    )


def _ruled_study(user: User, study_id: int) -> ReaderStudy:
    """The study, its row locked, for who manages its lab."""
    study = get_reader_study(user, study_id)
    require_role(user, study.lab, Role.MANAGER)
    ReaderStudy.objects.select_for_update().filter(pk=study.pk).first()
    return study


@transaction.atomic
def close_reader_study(*, user: User, study_id: int) -> ReaderStudy:
    """End the answering and open the results, for good. Managers only."""
    study = _ruled_study(user, study_id)
    if study.closed_at is None:
        study.closed_at = timezone.now()
        study.save(update_fields=["closed_at"])
        audit.record(actor=user, lab=study.lab, action="reader_study.closed", subject=study)
    return study


@transaction.atomic
def decide(*, user: User, study_id: int, item_id: int, answer: str) -> StudyItem:
    """Adjudicate an item of a closed study; every single answer is kept beside it. Managers only."""
    study = _ruled_study(user, study_id)
    item = study.items.filter(pk=item_id, again_of=None).first()
    if item is None:
        raise NotFound("There is no such item in this study.")
    if study.closed_at is None:
        raise Conflict("Close the study first: what divides people is not told before all have answered.")
    if answer not in (*study.experiment.classes.keys, NO_SPINE, CANNOT_SAY):
        raise InvalidInput("Choose one of the answers.")
    before, item.decided, item.decided_by = item.decided, answer, user
    item.save(update_fields=["decided", "decided_by"])
    audit.record(actor=user, lab=study.lab, action="reader_study.decided", subject=item, before=before, after=answer)
    return item
