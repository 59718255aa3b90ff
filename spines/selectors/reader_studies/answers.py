"""What a rater is asked next, how far each is, and every single answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.utils import timezone

from spines.access import Visitor, reader_studies_for
from spines.models import Lab, ReaderStudy, StudyAnswer, StudyItem, StudyRater, Task, User
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE, SPINE

HEADER = (
    *("item", "image", "picture", "again_of", "turn", "x_px", "y_px", "width_px", "height_px"),
    *("rater", "answer", "class", "outline_px", "note", "at"),
)


_DONE = Count("answers", filter=Q(answers__is_done=True, answers__item__found_in=None))


def items_in_order(rater: StudyRater) -> QuerySet[StudyItem]:
    """Shuffled by rater, the same each time."""
    seed = Concat(Value(f"{rater.study.seed}:{rater.pk}:"), Cast("pk", TextField()), output_field=TextField())
    return rater.study.items.filter(found_in=None).annotate(shuffled=MD5(seed)).order_by("shuffled")


def next_item(rater: StudyRater) -> StudyItem | None:
    """The first that the rater is not through with."""
    done = StudyAnswer.objects.filter(rater=rater, is_done=True)
    return items_in_order(rater).exclude(pk__in=done.values("item")).first()


@dataclass(frozen=True, kw_only=True)
class RaterProgress:
    """How far somebody is."""

    rater: StudyRater
    answered: int
    total: int

    @property
    def is_late(self) -> bool:
        """Whether items wait whose day has passed."""
        due_on = self.rater.study.due_on
        return bool(self.left and due_on and due_on < timezone.localdate())

    @property
    def left(self) -> int:
        """How many wait for them."""
        return self.total - self.answered


def progress_of(study: ReaderStudy) -> list[RaterProgress]:
    """Of each rater."""
    total = study.items.filter(found_in=None).count()
    rows = study.raters.select_related("user").annotate(n=_DONE)
    return [RaterProgress(rater=row, answered=row.n, total=total) for row in rows]


def progress_of_rater(rater: StudyRater) -> RaterProgress:
    """Of one."""
    answered = rater.answers.filter(is_done=True, item__found_in=None).count()
    return RaterProgress(rater=rater, answered=answered, total=rater.study.items.filter(found_in=None).count())


def waiting_for(user: Visitor) -> list[RaterProgress]:
    """Open studies in which items wait for the user, the one that is due first at the head."""
    if not isinstance(user, User):
        return []
    rows = (
        StudyRater.objects.filter(user=user, study__closed_at=None, study__in=reader_studies_for(user))
        .select_related("study__experiment__project__lab", "user")
        .annotate(n=_DONE)
        .order_by(F("study__due_on").asc(nulls_last=True), "study")
    )
    found = [
        RaterProgress(rater=row, answered=row.n, total=row.study.items.filter(found_in=None).count()) for row in rows
    ]
    return [each for each in found if each.left]


def waiting_in(lab: Lab) -> list[RaterProgress]:
    """Of every rater of the lab's open studies, the one that is due first at the head."""
    studies = ReaderStudy.objects.filter(
        experiment__project__lab=lab, experiment__trashed_at=None, experiment__project__trashed_at=None, closed_at=None
    ).order_by(F("due_on").asc(nulls_last=True), "pk")
    return [each for study in studies for each in progress_of(study)]


def answer_words(study: ReaderStudy) -> dict[str, str]:
    """Each answer that can be given or decided, and what it is called."""
    classes = study.experiment.classes
    named = {key: classes.style(key).name for key in classes.keys}
    if Task(study.task).is_of_pictures:
        named |= {SPINE: "A spine, class not said"}
    return named | {NO_SPINE: "Not a spine", CANNOT_SAY: "Cannot say"}


def answer_rows(study: ReaderStudy) -> Iterator[tuple[Any, ...]]:
    """Every single answer as a table, with its head; images by their code. Each mark that was drawn is a row."""
    yield HEADER
    rows = StudyAnswer.objects.filter(item__study=study).select_related("item__image", "rater__user")
    for row in rows.order_by("item", "rater"):
        item = row.item
        about = (item.pk, item.image.code, item.found_in_id, item.again_of_id, item.turn)
        box = (item.x_px, item.y_px, item.width_px, item.height_px)
        said = (row.rater.user.get_username(), row.answer)
        if not row.marks:
            yield (*about, *box, *said, "", "", row.note, row.at)
        for mark in row.marks:
            outline = " ".join(f"{x:g},{y:g}" for x, y in mark.get("outline_px", ()))
            yield (*about, *mark.get("box_px", box), *said, mark.get("class", ""), outline, row.note, row.at)
