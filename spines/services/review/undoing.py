"""Undoing what one changed in a result, one change after the other, and never over somebody else's; and redoing it.

An undoing keeps what was before and after it as any change does, so redoing is undoing it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from spines.errors import Conflict, Stale
from spines.models import AnalysisImage, AuditEvent, Spine, SpineSource, User
from spines.selectors.review import state as said
from spines.services import audit
from spines.services.analyses.spine_states import (
    SHAPE_FIELDS,
    dendrites_of,
    mark_of,
    put_back,
    put_dendrites_back,
    put_mark_back,
    put_shape,
    row_of,
    shape_of,
    state_of,
)
from spines.services.review.answers import save_said
from spines.services.review.measured_change import change_and_measure
from spines.services.review.result import locked_result, plane_of, seen_result
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
    return _take_back(
        user,
        seen,
        stated,
        said.UNDONE,
        said.undoable_changes,
        "There is no change of yours left to undo in this result.",
    )


def redo(*, user: User, image_id: int, result_id: int | None = None, stated: Stated = NOTHING) -> Undone:
    """Make the change again that the user undid last. Again, and the one undone before it. A new change ends it.

    Raises
    ------
    Conflict
        When nothing is left to redo, or somebody else changed the same since.
    Stale
        When the last undoing happened elsewhere, after this version.
    """
    seen = seen_result(user, image_id, result_id)
    nothing = "There is nothing of yours to redo in this result: you changed something since, or undid nothing."
    return _take_back(user, seen, stated, said.REDONE, said.redoable_undoings, nothing)


def _take_back(
    user: User,
    seen: AnalysisImage,
    stated: Stated,
    action: str,
    events_of: Callable[[User, AnalysisImage], list[AuditEvent]],
    nothing: str,
) -> Undone:
    """Undo the first of these events, as an event of this `action`."""
    if event := done_before(user, stated, action):
        return Undone(action=event.details["undone_action"], result=seen)
    last = events_of(user, seen)[:1]
    if not last:
        raise Conflict(nothing)
    if stated.version is not None and last[0].pk > stated.version:
        raise Stale(ELSEWHERE)
    original = _original(last[0])

    def take_back(result: AnalysisImage) -> Undone:
        if done_before(user, stated, action):
            return Undone(action=original, result=result)
        if events_of(user, result)[:1] != last:
            raise Stale(ELSEWHERE)
        return _undo(user, result, last[0], stated, action)

    if original in said.MOVES_MEASURES:
        return change_and_measure(user=user, seen=seen, plane=plane_of(seen), change=take_back)
    with transaction.atomic():
        return take_back(locked_result(user, seen.image_id, seen.pk))


def _original(event: AuditEvent) -> str:
    """What was changed: of an undoing, what it undid."""
    return event.details.get("undone_action") or event.action


def _undo(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated, action: str) -> Undone:
    original = _original(event)
    if original in said.DENDRITE_CHANGES:
        return _undo_dendrites(user, result, event, stated, action)
    if original in (said.MARKED, said.UNMARKED):
        return _undo_mark(user, result, event, stated, action)
    if original in said.OF_PARTS:
        return _undo_parts(user, result, event, stated, action)
    before, after = event.details["before"], event.details["after"]
    named = {"key": stated.key, "undoes": event.pk, "undone_action": original, "before": after, "after": before}
    if after is None:
        spine = _add_again(result, event)
        _note(user, spine, action, number=spine.number, **named)
        return Undone(action=original, result=result, spine=spine)
    assert event.subject_id is not None
    spine = result.spines.select_related("analysis_image__image__experiment__project__lab").get(pk=event.subject_id)
    if any(after[name] != value for name, value in state_of(spine).items()):
        raise Conflict(
            f"Somebody else changed spine {spine.number} after you, so your change of it cannot be undone or redone. "
            "Choose the spine and correct it by hand."
        )
    if before is None:
        # The spine goes, so that its result keeps the event.
        _note(user, result, action, number=spine.number, **named)
        removed_id = spine.pk
        spine.delete()
        return Undone(action=original, result=result, removed_id=removed_id)
    if any(after.get(name, value) != value for name, value in shape_of(spine).items()):
        raise Conflict(
            f"Box, outline or base of spine {spine.number} were set anew since, so your change cannot be undone."
        )
    put_shape(spine, before)
    spine.save(update_fields=SHAPE_FIELDS)
    _note(user, spine, action, number=spine.number, **named)
    put_back(spine, before)
    save_said(spine)
    return Undone(action=original, result=result, spine=spine)


def _add_again(result: AnalysisImage, undoing: AuditEvent) -> Spine:
    """A spine whose addition was undone, under the id that it had, so that its earlier events are its own again."""
    added = AuditEvent.objects.get(pk=undoing.details["undoes"])
    x_px, y_px, width_px, height_px = added.details["box_px"]
    number = undoing.details["number"]
    if result.spines.filter(number=number).exists():
        number = (result.spines.aggregate(last=Max("number"))["last"] or 0) + 1
    spine = Spine(
        pk=added.subject_id,
        analysis_image=result,
        number=number,
        x_px=x_px,
        y_px=y_px,
        width_px=width_px,
        height_px=height_px,
        source=SpineSource.ADDED,
    )
    put_back(spine, undoing.details["before"])
    spine.save(force_insert=True)
    return Spine.objects.select_related("analysis_image__image__experiment__project__lab").get(pk=spine.pk)


def _undo_dendrites(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated, action: str) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if dendrites_of(result) != after:
        raise Conflict(
            "Somebody else changed the dendrites of this image after you, so your change cannot be undone or redone. "
            "Correct them by hand."
        )
    put_dendrites_back(result, before)
    named = {"undoes": event.pk, "undone_action": _original(event), "numbers": event.details["numbers"]}
    _note(user, result, action, key=stated.key, **named, before=after, after=before)
    return Undone(action=_original(event), result=result)


def _undo_parts(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated, action: str) -> Undone:
    before, after = event.details["before"], event.details["after"]
    standing = {spine.pk: row_of(spine) for spine in result.spines.filter(pk__in=event.details["spine_ids"])}
    if any(standing.get(row["id"], {}) | {"number": row["number"]} != row for row in after):
        raise Conflict("Somebody else changed one of these spines after you, so this cannot be undone or redone.")
    removed = put_rows(result, before, after)
    named: dict[str, Any] = {"undoes": event.pk, "undone_action": _original(event)}
    named |= {name: event.details[name] for name in ("spine_ids", "spine_numbers")}
    _note(user, result, action, key=stated.key, **named, before=after, after=before)
    spine = result.spines.select_related("analysis_image__image__experiment__project__lab").get(pk=before[0]["id"])
    return Undone(action=_original(event), result=result, spine=spine, removed_id=removed[0] if removed else None)


def put_rows(result: AnalysisImage, rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[int]:
    """Give spines an earlier `row_of`, those that are gone under the id that they had. The ids of `others` that go."""
    removed = [row["id"] for row in others if row["id"] not in {each["id"] for each in rows}]
    result.spines.filter(pk__in=removed).delete()
    for row in rows:
        spine = result.spines.filter(pk=row["id"]).first()
        is_new = spine is None
        if spine is None:
            is_free = not result.spines.filter(number=row["number"]).exists()
            last = result.spines.aggregate(last=Max("number"))["last"] or 0
            number = row["number"] if is_free else last + 1
            spine = Spine(pk=row["id"], analysis_image=result, number=number, source=SpineSource.ADDED)
        put_back(spine, row)
        put_shape(spine, row)
        spine.uncertain = row["uncertain"]
        spine.save(force_insert=is_new)
    return removed


def _undo_mark(user: User, result: AnalysisImage, event: AuditEvent, stated: Stated, action: str) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if mark_of(result) != after:
        raise Conflict("Somebody else changed the mark of this image after you, so yours cannot be undone or redone.")
    put_mark_back(result, before)
    result.save(update_fields=["reviewed_by", "reviewed_at"])
    named = {"key": stated.key, "undoes": event.pk, "undone_action": _original(event)}
    _note(user, result, action, **named, before=after, after=before)
    return Undone(action=_original(event), result=result)


def _note(user: User, subject: AnalysisImage | Spine, action: str, **details: Any) -> None:
    result = subject if isinstance(subject, AnalysisImage) else subject.analysis_image
    audit.record(actor=user, lab=result.image.lab, action=action, subject=subject, **details)
