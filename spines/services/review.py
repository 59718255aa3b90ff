"""What people say of a result: this class, no spine, a spine here, all boxes right. And undoing it.

Only the current result of an image is reviewed (`spines.services.reviewed_result`). Each change is an audit event that
keeps what was before and after, which is what `undo` goes by. Dendrites are set in `spines.services.dendrites`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from spines.access import get_spine
from spines.errors import Conflict, InvalidInput
from spines.models import AnalysisImage, AuditEvent, Image, Spine, SpineClass, SpineSource, User
from spines.selectors import review as said
from spines.services import audit
from spines.services.measured_change import change_and_measure
from spines.services.measuring import forget_measures, plane_as_analysed
from spines.services.review_state import (
    dendrites_of,
    mark_of,
    put_back,
    put_dendrites_back,
    put_mark_back,
    state_of,
)
from spines.services.reviewed_result import locked_result, locked_spine, seen_result

SMALLEST_BOX_PX = 2.0
NEIGHBOURS_WITHIN_SIDES = 4.0
"""Of a box's longer side. Further away no outline ends because of it."""


@dataclass(frozen=True, kw_only=True)
class Undone:
    """What an undoing changed: a spine, a spine that is gone again, the mark of the image, or its dendrites.

    After `action`s of `selectors.review.MOVES_MEASURES` all spines were measured anew.
    """

    action: str
    result: AnalysisImage
    spine: Spine | None = None
    removed_id: int | None = None


def _known_class(spine_class: str) -> str:
    if spine_class not in SpineClass.values:
        raise InvalidInput(f"There is no class “{spine_class}”. Choose mushroom, thin, stubby or filopodia.")
    return spine_class


def _change(user: User, spine: Spine, action: str, **said_now: Any) -> Spine:
    """Write what a person says of a spine; nothing where it stands so already."""
    if all(getattr(spine, name) == value for name, value in said_now.items()):
        return spine
    before = state_of(spine)
    for name, value in said_now.items():
        setattr(spine, name, value)
    spine.reviewed_by, spine.reviewed_at = user, timezone.now()
    _save(spine)
    _record(user, spine, action, before=before, after=state_of(spine))
    return spine


def _save(spine: Spine) -> None:
    spine.save(update_fields=["reviewed_class", "rejected", "reviewed_by", "reviewed_at"])
    spine.refresh_from_db(fields=["final_class"])


def _record(user: User, spine: Spine, action: str, **details: Any) -> None:
    lab = spine.analysis_image.image.lab
    audit.record(actor=user, lab=lab, action=action, subject=spine, number=spine.number, **details)


def _standing(spine: Spine) -> Spine:
    if spine.rejected:
        raise Conflict(f"Spine {spine.number} was rejected as no spine. Restore it first, then give it a class.")
    return spine


@transaction.atomic
def relabel(*, user: User, spine_id: int, spine_class: str) -> Spine:
    """Say which class a spine has, whatever the network says."""
    spine = _standing(locked_spine(user, spine_id))
    return _change(user, spine, said.RELABELLED, reviewed_class=_known_class(spine_class))


@transaction.atomic
def accept(*, user: User, spine_id: int) -> Spine:
    """Confirm the network's likeliest class. A spine that a person gave a class keeps it."""
    spine = _standing(locked_spine(user, spine_id))
    return _change(user, spine, said.ACCEPTED, reviewed_class=spine.reviewed_class or spine.spine_class)


def reject(*, user: User, spine_id: int) -> Spine:
    """Say that this is no spine: it stays in the database and counts nowhere. Neighbours are measured anew."""
    return _turn(user, spine_id, said.REJECTED, rejected=True)


def restore(*, user: User, spine_id: int) -> Spine:
    """Take a rejection back. The spine is measured, neighbours anew."""
    return _turn(user, spine_id, said.RESTORED, rejected=False)


def _turn(user: User, spine_id: int, action: str, *, rejected: bool) -> Spine:
    spine = get_spine(user, spine_id)
    result = seen_result(user, spine.analysis_image.image_id, spine.analysis_image_id)
    if rejected and not has_neighbours(spine):
        with transaction.atomic():
            spine = locked_spine(user, spine_id)
            if not has_neighbours(spine):
                forget_measures(_change(user, spine, action, rejected=True))
                spine.refresh_from_db()
                return spine

    def turn(_: AnalysisImage) -> Spine:
        return _change(user, locked_spine(user, spine_id), action, rejected=rejected)

    spine = change_and_measure(user=user, seen=result, plane=plane_as_analysed(result), change=turn)
    spine.refresh_from_db()
    return spine


def has_neighbours(spine: Spine) -> bool:
    """Whether other spines are so near that measures of theirs may rest on this one."""
    reach = NEIGHBOURS_WITHIN_SIDES * max(spine.width_px, spine.height_px)
    x_px, y_px = spine.x_px + spine.width_px / 2, spine.y_px + spine.height_px / 2
    others = Spine.objects.filter(analysis_image=spine.analysis_image_id, rejected=False).exclude(pk=spine.pk)
    middles = others.annotate(x=F("x_px") + F("width_px") / 2, y=F("y_px") + F("height_px") / 2)
    return middles.filter(x__range=(x_px - reach, x_px + reach), y__range=(y_px - reach, y_px + reach)).exists()


def add_spine(
    *,
    user: User,
    image_id: int,
    box_px: tuple[float, float, float, float],
    spine_class: str,
    result_id: int | None = None,
) -> Spine:
    """Add a spine that the detector missed, and measure it and its neighbours.

    Parameters
    ----------
    box_px
        (x, y, width, height) in pixels of the original image, within it.
    result_id
        The result that the user looks at; a `Conflict` when another has become current meanwhile.
    """
    seen = seen_result(user, image_id, result_id)
    x_px, y_px, width_px, height_px = _box_within(box_px, seen.image)
    _known_class(spine_class)

    def add(result: AnalysisImage) -> Spine:
        last = result.spines.aggregate(last=Max("number"))["last"] or 0
        spine = Spine.objects.create(
            analysis_image=result,
            number=last + 1,
            x_px=x_px,
            y_px=y_px,
            width_px=width_px,
            height_px=height_px,
            reviewed_class=spine_class,
            reviewed_by=user,
            reviewed_at=timezone.now(),
            source=SpineSource.ADDED,
        )
        _record(user, spine, said.ADDED, before=None, after=state_of(spine), box_px=[x_px, y_px, width_px, height_px])
        return spine

    spine = change_and_measure(user=user, seen=seen, plane=plane_as_analysed(seen), change=add)
    spine.refresh_from_db()
    return spine


def _box_within(box_px: tuple[float, float, float, float], image: Image) -> tuple[float, float, float, float]:
    x_px, y_px, width_px, height_px = box_px
    if not all(math.isfinite(side) for side in box_px) or min(width_px, height_px) < SMALLEST_BOX_PX:
        raise InvalidInput(f"This box is too small. Draw one of at least {SMALLEST_BOX_PX:g} × {SMALLEST_BOX_PX:g} px.")
    if min(x_px, y_px) < 0 or x_px + width_px > image.width_px or y_px + height_px > image.height_px:
        raise InvalidInput("This box reaches outside the picture. Draw it within.")
    return box_px


@transaction.atomic
def mark_image_reviewed(*, user: User, image_id: int, reviewed: bool, result_id: int | None = None) -> AnalysisImage:
    """Say that every spine of the image has its box and every box is a spine; or take that back.

    Later changes keep the mark: they are in the history, and only a person takes it away.
    """
    result = locked_result(user, image_id, result_id)
    if bool(result.reviewed_at) == reviewed:
        return result
    before = mark_of(result)
    result.reviewed_by, result.reviewed_at = (user, timezone.now()) if reviewed else (None, None)
    result.save(update_fields=["reviewed_by", "reviewed_at"])
    action = said.MARKED if reviewed else said.UNMARKED
    _record_mark(user, result, action, before=before, after=mark_of(result))
    return result


def _record_mark(user: User, result: AnalysisImage, action: str, **details: Any) -> None:
    audit.record(actor=user, lab=result.image.lab, action=action, subject=result, **details)


def undo(*, user: User, image_id: int, result_id: int | None = None) -> Undone:
    """Undo this user's last change to the image's current result. Again, and the one before is undone.

    Raises
    ------
    Conflict
        When nothing is left to undo, or somebody else changed the same since.
    """
    seen = seen_result(user, image_id, result_id)
    last = said.undoable_changes(user, seen)[:1]
    if not last:
        raise Conflict("There is no change of yours left to undo in this result.")

    def take_back(result: AnalysisImage) -> Undone:
        if said.undoable_changes(user, result)[:1] != last:
            raise Conflict("You changed this image in another window meanwhile. Look at it there, then undo again.")
        return _undo(user, result, last[0])

    if last[0].action in said.MOVES_MEASURES:
        return change_and_measure(user=user, seen=seen, plane=plane_as_analysed(seen), change=take_back)
    with transaction.atomic():
        return take_back(locked_result(user, image_id, seen.pk))


def _undo(user: User, result: AnalysisImage, event: AuditEvent) -> Undone:
    if event.action in said.DENDRITE_CHANGES:
        return _undo_dendrites(user, result, event)
    if event.subject_type == "analysisimage":
        return _undo_mark(user, result, event)
    assert event.subject_id is not None
    spine = result.spines.select_related("analysis_image__image__experiment__project__lab").get(pk=event.subject_id)
    before, after = event.details["before"], event.details["after"]
    if state_of(spine) != after:
        raise Conflict(
            f"Somebody else changed spine {spine.number} after you, so your change of it cannot be undone. "
            "Choose the spine and correct it by hand."
        )
    _record(user, spine, said.UNDONE, undoes=event.pk, undone_action=event.action, before=after, after=before)
    if before is None:
        removed_id = spine.pk
        spine.delete()
        return Undone(action=event.action, result=result, removed_id=removed_id)
    put_back(spine, before)
    _save(spine)
    return Undone(action=event.action, result=result, spine=spine)


def _undo_dendrites(user: User, result: AnalysisImage, event: AuditEvent) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if dendrites_of(result) != after:
        raise Conflict(
            "Somebody else changed the dendrites of this image after you, so your change cannot be undone. "
            "Correct them by hand."
        )
    put_dendrites_back(result, before)
    named = {"undoes": event.pk, "undone_action": event.action, "numbers": event.details["numbers"]}
    _record_mark(user, result, said.UNDONE, **named, before=after, after=before)
    return Undone(action=event.action, result=result)


def _undo_mark(user: User, result: AnalysisImage, event: AuditEvent) -> Undone:
    before, after = event.details["before"], event.details["after"]
    if mark_of(result) != after:
        raise Conflict("Somebody else changed the mark of this image after you, so yours cannot be undone.")
    put_mark_back(result, before)
    result.save(update_fields=["reviewed_by", "reviewed_at"])
    _record_mark(user, result, said.UNDONE, undoes=event.pk, undone_action=event.action, before=after, after=before)
    return Undone(action=event.action, result=result)
