"""What a rater is asked next, how far each is, and every single answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet, TextField, Value
from django.db.models.functions import MD5, Cast, Concat

from spines.access import Visitor, reader_studies_for
from spines.models import ReaderStudy, StudyAnswer, StudyItem, StudyRater, User
from spines.models.reader_studies import CANNOT_SAY, NO_SPINE

HEADER = ("item", "image", "again_of", "turn", "x_px", "y_px", "width_px", "height_px", "rater", "answer", "note", "at")


def items_in_order(rater: StudyRater) -> QuerySet[StudyItem]:
    """Shuffled by rater, the same each time."""
    seed = Concat(Value(f"{rater.study.seed}:{rater.pk}:"), Cast("pk", TextField()), output_field=TextField())
    return rater.study.items.annotate(shuffled=MD5(seed)).order_by("shuffled")


def next_item(rater: StudyRater) -> StudyItem | None:
    """The first that the rater has not answered."""
    return items_in_order(rater).exclude(answers__rater=rater).first()


@dataclass(frozen=True, kw_only=True)
class RaterProgress:
    """How far somebody is."""

    rater: StudyRater
    answered: int
    total: int

    @property
    def left(self) -> int:
        """How many wait for them."""
        return self.total - self.answered


def progress_of(study: ReaderStudy) -> list[RaterProgress]:
    """Of each rater."""
    total = study.items.count()
    rows = study.raters.select_related("user").annotate(n=Count("answers"))
    return [RaterProgress(rater=row, answered=row.n, total=total) for row in rows]


def waiting_for(user: Visitor) -> list[RaterProgress]:
    """Open studies in which items wait for the user, the one that is due first at the head."""
    if not isinstance(user, User):
        return []
    rows = (
        StudyRater.objects.filter(user=user, study__closed_at=None, study__in=reader_studies_for(user))
        .select_related("study__experiment__project__lab", "user")
        .annotate(n=Count("answers"))
        .order_by(F("study__due_on").asc(nulls_last=True), "study")
    )
    found = [RaterProgress(rater=row, answered=row.n, total=row.study.items.count()) for row in rows]
    return [each for each in found if each.left]


def answer_words(study: ReaderStudy) -> dict[str, str]:
    """Each answer that can be given, and what it is called."""
    classes = study.experiment.classes
    return {key: classes.style(key).name for key in classes.keys} | {
        NO_SPINE: "Not a spine",
        CANNOT_SAY: "Cannot say",
    }


def answer_rows(study: ReaderStudy) -> Iterator[tuple[Any, ...]]:
    """Every single answer as a table, with its head; images by their code."""
    yield HEADER
    rows = StudyAnswer.objects.filter(item__study=study).select_related("item__image", "rater__user")
    for row in rows.order_by("item", "rater"):
        item = row.item
        place = (item.x_px, item.y_px, item.width_px, item.height_px)
        yield (
            *(item.pk, item.image.code, item.again_of_id, item.turn, *place),
            *(row.rater.user.get_username(), row.answer, row.note, row.at),
        )
