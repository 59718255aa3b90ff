"""A rater's answers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from spines.access import get_reader_study
from spines.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from spines.models import ReaderStudy, StudyAnswer, StudyItem, StudyRater, Task, User
from spines.models.reader_studies import CANNOT_SAY, LONGEST_NOTE, NO_SPINE
from spines.services import audit
from spines.services.reader_studies.marks import Mark, checked_marks


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
    study, rater, item = _open_item(user, study_id, item_id)
    if study.task != Task.CLASSIFY or answer not in (*study.experiment.classes.keys, NO_SPINE, CANNOT_SAY):
        raise InvalidInput("Choose one of the answers.")
    note = _checked_note(note)
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


def _open_item(user: User, study_id: int, item_id: int) -> tuple[ReaderStudy, StudyRater, StudyItem]:
    """What the user is asked, the study's row locked. Raises Conflict when it was closed."""
    study = get_reader_study(user, study_id)
    rater = rater_of(user, study)
    locked = ReaderStudy.objects.select_for_update().get(pk=study.pk)
    if locked.closed_at is not None:
        raise Conflict(f"{study} was closed on {locked.closed_at:%-d %b %Y}: no answer is taken any more.")
    item = study.items.select_related("image").filter(pk=item_id, found_in=None).first()
    if item is None:
        raise NotFound("There is no such item in this study.")
    return study, rater, item


def _checked_note(note: str) -> str:
    note = " ".join(note.split())
    if len(note) > LONGEST_NOTE or not note.isprintable():
        raise InvalidInput(f"A note has {LONGEST_NOTE} characters at most.")
    return note


@transaction.atomic
def save_marks(
    *, user: User, study_id: int, item_id: int, marks: Sequence[Mark], version: int, is_done: bool, note: str = ""
) -> StudyAnswer:
    """Keep a rater's layer of marks over a picture, whole; `is_done` says that they are through with it.

    Parameters
    ----------
    marks
        As `StudyAnswer.marks`, in pixels of the image.
    version
        That of the layer which the rater changed, 0 for a new one.

    Raises
    ------
    Stale
        When the rater saved the layer elsewhere since.
    Conflict
        When the study was closed, or a spine that was to be outlined was not.
    InvalidInput
        With what to change.
    """
    study, rater, item = _open_item(user, study_id, item_id)
    if not Task(study.task).is_drawn:
        raise InvalidInput("In this study spines are given a class; there is nothing to draw.")
    kept = checked_marks(marks, study=study, image=item.image)
    said = item.answers.filter(rater=rater).first() or StudyAnswer(item=item, rater=rater)
    if said.version != version:
        raise Stale("You changed this picture in another window since. Reload the page to go on from there.")
    if is_done and study.task == Task.OUTLINE and not kept and not note.strip():
        raise Conflict("Draw the outline first, or write in the note why there is none.")
    before = len(said.marks) if said.pk and said.is_done else None
    said.marks, said.is_done, said.note, said.version = kept, is_done, _checked_note(note), version + 1
    said.save()
    if before is not None:
        after = len(kept) if is_done else None
        action = "reader_study.marks_changed"
        audit.record(actor=user, lab=study.lab, action=action, subject=item, before=before, after=after)
    return said
