"""A rater's answers."""

from __future__ import annotations

from django.db import transaction

from spines.access import get_reader_study
from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound
from spines.models import ReaderStudy, StudyAnswer, StudyRater, User
from spines.models.reader_studies import CANNOT_SAY, LONGEST_NOTE, NO_SPINE
from spines.services import audit


def rater_of(user: User, study: ReaderStudy) -> StudyRater:
    """The user as a rater of the study. Raises `NotAllowed` for others."""
    rater = study.raters.select_related("study").filter(user=user).first()
    if rater is None:
        raise NotAllowed(f"You are no rater of {study}. Managers of the lab assign them when they make a study.")
    return rater


@transaction.atomic
def answer_item(*, user: User, study_id: int, item_id: int, answer: str, note: str = "") -> StudyAnswer:
    """Say what an item is; said again, the last answer stands and the trail keeps the one before.

    Raises
    ------
    Conflict
        When the study was closed.
    """
    study = get_reader_study(user, study_id)
    rater = rater_of(user, study)
    locked = ReaderStudy.objects.select_for_update().get(pk=study.pk)
    if locked.closed_at is not None:
        raise Conflict(f"{study} was closed on {locked.closed_at:%-d %b %Y}: no answer is taken any more.")
    if answer not in (*study.experiment.classes.keys, NO_SPINE, CANNOT_SAY):
        raise InvalidInput("Choose one of the answers.")
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE or not note.isprintable():
        raise InvalidInput(f"A note has {LONGEST_NOTE} characters at most.")
    item = study.items.filter(pk=item_id).first()
    if item is None:
        raise NotFound("There is no such item in this study.")
    said = item.answers.filter(rater=rater).first()
    before = {"answer": said.answer, "note": said.note} if said else None
    said = said or StudyAnswer(item=item, rater=rater)
    said.answer, said.note = answer, note
    said.save()
    if before:
        audit.record(
            actor=user,
            lab=study.lab,
            action="reader_study.answer_changed",
            subject=item,
            before=before,
            after={"answer": answer, "note": note},
        )
    return said
