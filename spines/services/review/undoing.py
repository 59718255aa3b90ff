"""Undoing what one changed in a result, one change after the other, and never over somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from spines.errors import Conflict, Stale
from spines.models import AnalysisImage, AuditEvent, Spine, User
from spines.selectors.analyses.thresholds import box_of
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.review.answers import save_said
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import locked_result, plane_of, seen_result
from spines.services.review.state import (
    BOX_FIELDS,
    dendrites_of,
    mark_of,
    put_back,
    put_box,
    put_dendrites_back,
    put_mark_back,
    state_of,
)
from spines.services.review.stated import NOTHING, Stated, done_before

ELSEWHERE = "You changed this image in another window meanwhile. Look at it as it is now, then undo again."


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What an undoing changed: a spine, a spine that is gone again, the mark of the image, or its dendrites.

    After `action`s of `selectors.review.state.MOVES_MEASURES` all spines were measured anew.
    """

    action: str
    result: AnalysisImage
    spine: Spine | None = None
    removed_id: int | None = None


def undo(*, user: User, image_id: int, result_id: int | None = None, stated: Stated = NOTHING) -> Undone:
    """Undo this user's last change to the image's current result. Again, and the one before is undone.

    Raises
    ------
    Conflict
        When nothing is left to undo, or somebody else changed the same since.
    Stale
        When the last change was made elsewhere, after this version.
    """
    seen = seen_result(user, image_id, result_id)
    if event := done_before(user, stated, said.UNDONE):
        return Undone(action=event.details["undone_action"], result=seen)
    last = said.undoable_changes(user, seen)[:1]
    if not last:
        raise Conflict("There is no change of yours left to undo in this result.")
    if stated.version is not None and last[0].pk > stated.version:
        raise Stale(ELSEWHERE)

    def take_back(result: AnalysisImage) -> Undone:
        if done_before(user, stated, said.UNDONE):
            return Undone(action=last[0].action, result=result)
        if said.undoable_changes(user, result)[:1] != last:
            raise Stale(ELSEWHERE)
        return _undo(user, result, last[0], stated)

    if last[0].action in said.MOVES_MEASURES:
        return change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=take_back)
    with transaction.atomic():
        return take_back(locked_result(user, image_id, seen.pk))


def _undo(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated) -> Undone:
    if event.action in said.DENDRITE_CHANGES:
        return _undo_dendrites(user, result, event, stated)
    if event.subject_type == "analysisimage":
        return _undo_mark(user, result, event, stated)
    assert event.subject_id is not None
    spine = result.spines.select_related("analysis_image__image__experiment__project__lab").get(pk=event.subject_id)
    before, after = event.details["before"], event.details["after"]
    if any(after[name] != value for name, value in state_of(spine).items()):
        raise Conflict(
            f"Somebody else changed spine {spine.number} after you, so your change of it cannot be undone. "
            "Choose the spine and correct it by hand."
        )
    named = {"key": stated.key, "undoes": event.pk, "undone_action": event.action, "before": after, "after": before}
    if before is None:
        # The spine goes, so that its result keeps the event.
        _note(user, result, number=spine.number, **named)
        removed_id = spine.pk
        spine.delete()
        return Undone(action=event.action, result=result, removed_id=removed_id)
    if event.action == said.BOX_SET:
        if box_of(spine) != tuple(after["box_px"]):
            raise Conflict(f"The box of spine {spine.number} was set anew since, so your change cannot be undone.")
        put_box(spine, before["box_px"], by_hand=before["box_by_hand"])
        spine.save(update_fields=BOX_FIELDS)
    _note(user, spine, number=spine.number, **named)
    put_back(spine, before)
    save_said(spine)
    return Undone(action=event.action, result=result, spine=spine)


def _undo_dendrites(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if dendrites_of(result) != after:
        raise Conflict(
            "Somebody else changed the dendrites of this image after you, so your change cannot be undone. "
            "Correct them by hand."
        )
    put_dendrites_back(result, before)
    named = {"undoes": event.pk, "undone_action": event.action, "numbers": event.details["numbers"]}
    _note(user, result, key=stated.key, **named, before=after, after=before)
    return Undone(action=event.action, result=result)


def _undo_mark(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if mark_of(result) != after:
        raise Conflict("Somebody else changed the mark of this image after you, so yours cannot be undone.")
    put_mark_back(result, before)
    result.save(update_fields=["reviewed_by", "reviewed_at"])
    named = {"key": stated.key, "undoes": event.pk, "undone_action": event.action}
    _note(user, result, **named, before=after, after=before)
    return Undone(action=event.action, result=result)


def _note(user: User, subject: AnalysisImage | Spine, **details: Any) -> None:
    result = subject if isinstance(subject, AnalysisImage) else subject.analysis_image
    audit.record(actor=user, lab=result.image.lab, action=said.UNDONE, subject=subject, **details)
